"""A concurrent workload: strategies sync every second beside writers, and are audited when these have stopped.

Unlike a trial nothing is acted out: transactions really overlap, keys and timestamps are really taken before others
commit, and no two runs are alike. What must hold all the same is that a strategy that follows a log or a horizon loses
nothing.
"""

from __future__ import annotations

import tempfile
import time
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from statistics import median
from threading import Thread
from typing import TYPE_CHECKING, Any

from incload.auditing.audit import audit
from incload.contenders.contender import SyncRequest
from incload.engines.abilities.application import Application
from incload.engines.abilities.trials import application, databases
from incload.engines.endpoints import locate
from incload.engines.registry import fixture, session_type
from incload.harness.concurrency import writers
from incload.harness.trials.error_timeline import counts
from incload.loading.connections import Connections
from incload.loading.opening import reopen

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from multiprocessing.process import BaseProcess

    from incload.auditing.audit import Row
    from incload.contenders.contender import Contender
    from incload.engines.session import Place, Session
    from incload.strategy import Capability
    from incload.table import Table

STRATEGIES = (
    "timestamp_watermark",
    "timestamp_watermark_inclusive",
    "composite_watermark",
    "incrementing_id",
    "lookback_window:minutes=0.1",
    "commit_horizon",
    "trigger_cdc",
    "log_cdc",
)
"""Who is tried unless others are named; the window is twice as long as a transaction stays open."""


TABLE = Application.table
"""The table that writers change."""

CURSOR = "modified_at"
"""The cursor of the table that writers change."""


@dataclass(slots=True)
class Follower:
    """One contender beside the writers, and what became of its copy.

    Attributes:
        contender: Who.
        seconds: How long each sync took.
        read: Rows read over all syncs; None when that is not counted.
        wrong: Lost, stale, phantom and duplicated rows after the last sync.
        error: What stopped it; empty if nothing did.
    """

    contender: Contender
    seconds: list[float] = field(default_factory=list)
    read: int | None = 0
    wrong: tuple[int, int, int, int] = (0, 0, 0, 0)
    error: str = ""

    @property
    def broken(self) -> str:
        """Say which promise was broken, if one was: who follows a log or a horizon loses nothing."""
        lost, stale, phantom, _ = self.wrong
        if self.error:
            return f"{self.contender.id} raised: {self.error}"
        if self.contender.capabilities.asks is None:
            return ""
        claims = self.contender.claims
        if lost or stale or (phantom and claims and claims.removes_rows):
            return f"{self.contender.id} promises to lose nothing: {lost} rows lost, {stale} stale, {phantom} phantom."
        return ""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a workload showed.

    Attributes:
        work: What was written.
        committed: Transactions of the writers that commit at once.
        slow: Transactions of those that do not.
        rows: Rows of the source at the end.
        followers: The contenders.
    """

    work: writers.Work
    committed: int
    slow: int
    rows: int
    followers: tuple[Follower, ...]

    @property
    def broken(self) -> tuple[str, ...]:
        """Every promise that was broken, a sentence each."""
        return tuple(filter(None, (follower.broken for follower in self.followers)))


def run(work: writers.Work, contenders: Sequence[Contender], every: float, target: str = "duckdb") -> Outcome:
    """Let writers and contenders run beside each other, wait for the end, and audit.

    Args:
        work: What is written.
        contenders: Who follows it.
        every: Seconds from the beginning of one sync to that of the next.
        target: The engine of the copies.
    """
    with ExitStack() as closing:
        folder = Path(closing.enter_context(tempfile.TemporaryDirectory(prefix="incload-")))
        url = databases(writers.ENGINE).url(folder, "source", closing)
        owner = _reading(url, closing)
        client = application(writers.ENGINE, url)
        closing.callback(client.close)
        client.create(work.rows)
        asked = {each.capabilities.asks for each in contenders} - {None}
        cursors = {each: _keep(owner, each, closing) for each in asked}
        begins = time.time() + 3.0
        running = writers.start(work, url, begins)
        followers = [
            _Following(Follower(each), _request(url, target, folder / str(place), cursors.get(each.capabilities.asks)))
            for place, each in enumerate(contenders)
        ]
        for following in followers:
            following.open(target, closing)
        threads = [Thread(target=each.follow, args=(begins, work.seconds, every)) for each in followers]
        committed = _beside(threads, running, work.seconds)
        for following in followers:
            following.finish(owner)
        return Outcome(
            work,
            sum(count for slow, count in committed if not slow),
            sum(count for slow, count in committed if slow),
            owner.count(owner.name("source", TABLE)),
            tuple(each.follower for each in followers),
        )


def _beside(
    threads: Sequence[Thread], running: tuple[list[BaseProcess], Any], seconds: float
) -> list[tuple[bool, int]]:
    """Let followers run beside the writers until all have ended; return what each writer has committed."""
    processes, done = running
    for thread in threads:
        thread.start()
    committed = [done.get(timeout=seconds + 120) for _ in processes]
    for process in processes:
        process.join()
    for thread in threads:
        thread.join()
    return committed


def _reading(url: str, closing: ExitStack) -> Session:
    """Open the source to read it; closed in the end."""
    session = session_type(writers.ENGINE).open(locate(url), None)
    closing.callback(session.close)
    return session


def _keep(owner: Session, asked: Capability | None, closing: ExitStack) -> str:
    """Have the source keep what contenders ask for; return the cursor by which it is followed."""
    assert asked is not None  # noqa: S101 - it was taken out of the set
    kept = owner.logs.capture(asked, "source", TABLE)
    kept.install(("id",))
    closing.callback(kept.remove)
    described = kept.kept()
    return (described.cursor if described else None) or CURSOR


def _request(source_url: str, target: str, folder: Path, cursor: str | None) -> SyncRequest:
    """Return what a contender is asked at its first sync."""
    folder.mkdir()
    (folder / "state").mkdir()
    target_url = f"{target}:///{folder}/copy.{target}"
    return SyncRequest(source_url, target_url, TABLE, ("id",), cursor or CURSOR, folder / "state", now=None, number=0)


class _Following:
    """A contender with a target of its own, and, if it works in this process, with connections of its own."""

    def __init__(self, follower: Follower, request: SyncRequest) -> None:
        self.follower = follower
        self._request = request
        self._contender = follower.contender
        self._target: Session | None = None

    def open(self, target: str, closing: ExitStack) -> None:
        """Give a contender of this process its connections; another one opens its own."""
        if not self._contender.capabilities.in_process:
            return
        reading = _reading(self._request.source_url, closing)
        self._target = databases(target).target(self._request.state_dir.parent, closing)
        self._contender = self._contender.within(Connections(reading, self._target, TABLE))

    def follow(self, begins: float, seconds: float, every: float) -> None:
        """Sync so often until the writers have stopped; what is raised ends it."""
        due = begins
        try:
            while due < begins + seconds:
                time.sleep(max(0.0, due - time.time()))
                self._sync()
                due = max(due + every, time.time())
        except Exception as error:  # noqa: BLE001 - an error is what the follower showed
            self.follower.error = " ".join(f"{type(error).__name__}: {error}".split())

    def finish(self, owner: Session) -> None:
        """Sync once more, after the last write, and compare."""
        if self.follower.error:
            return
        self._sync()
        target = self._target or reopen(locate(self._request.target_url))
        try:
            table = replace(self._table(owner, "source"), cursor=None)
            found = audit(self._rows(owner, "source", table), self._rows(target, "target", table), (0,))
            self.follower.wrong = counts(found)
        finally:
            if self._target is None:
                target.close()

    def _sync(self) -> None:
        started = time.perf_counter()
        result = self._contender.sync(self._request)
        self.follower.seconds.append(time.perf_counter() - started)
        self._request = replace(self._request, number=self._request.number + 1)
        read, total = result.counters.read if result.counters else None, self.follower.read
        self.follower.read = None if read is None or total is None else total + read

    @staticmethod
    def _table(session: Session, place: Place) -> Table:
        """Return what the application's own columns are: those that are kept for a strategy are no content."""
        from incload.table import Table

        columns = session.columns(place, TABLE) or ()
        return Table(TABLE, ("id",), None, tuple(each for each in columns if not each.name.startswith("incload_")))

    def _rows(self, session: Session, place: Place, table: Table) -> Iterator[list[Row]]:
        return fixture(session).ordered(place, replace(table, columns=self._table(session, place).columns))


def format_summary(outcome: Outcome) -> str:
    """Return the outcome as lines of text."""
    work = outcome.work
    each_second = outcome.committed / work.seconds
    heads = ("syncs", "median s", "rows read", "lost", "stale", "phantom", "dupl.")
    lines = [
        f"{outcome.committed} commits of {work.writers} writers in {work.seconds:g} s: {each_second:.0f} a second.",
        f"{outcome.slow} more that stayed open for up to {work.slow_seconds:g} s.",
        f"{outcome.rows} rows at the end, seed {work.seed}.",
        f"{'strategy':<32}" + "".join(f"{head:>10}" for head in heads),
    ]
    for each in outcome.followers:
        lost, stale, phantom, duplicated = each.wrong
        spent = median(each.seconds) if each.seconds else 0.0
        figures = (
            len(each.seconds),
            f"{spent:.3f}",
            "-" if each.read is None else each.read,
            lost,
            stale,
            phantom,
            duplicated,
        )
        lines.append(f"{each.contender.id:<32}" + "".join(f"{figure:>10}" for figure in figures))
    return "\n".join([*lines, *outcome.broken]) + "\n"
