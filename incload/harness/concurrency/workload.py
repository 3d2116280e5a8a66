"""A concurrent workload: strategies sync every second beside writers, and are audited when these have stopped.

Unlike a trial nothing is acted out: transactions really overlap, keys and stamps are really taken before others commit,
and no two runs are alike. What must hold all the same is that a strategy that follows a log or a horizon loses nothing.
"""

from __future__ import annotations

import time
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from statistics import median
from threading import Thread
from typing import TYPE_CHECKING, Any

from incload.auditing.audit import audit
from incload.harness.concurrency import writers
from incload.harness.trials.error_timeline import counts
from incload.loading.connections import Connections
from incload.loading.plan import Guards, Plan
from incload.loading.sync import sync

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from incload.auditing.audit import Row
    from incload.engines.session import Place, Session
    from incload.strategy import Strategy
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


@dataclass(slots=True)
class Follower:
    """One strategy beside the writers, and what became of its copy.

    Attributes:
        strategy: The strategy.
        seconds: How long each sync took.
        read: Rows read over all syncs.
        wrong: Lost, stale, phantom and duplicated rows after the last sync.
        error: What stopped it; empty if nothing did.
    """

    strategy: Strategy
    seconds: list[float] = field(default_factory=list)
    read: int = 0
    wrong: tuple[int, int, int, int] = (0, 0, 0, 0)
    error: str = ""

    @property
    def broken(self) -> str:
        """Say which promise was broken, if one was: who follows a log or a horizon loses nothing."""
        lost, stale, phantom, _ = self.wrong
        if self.error:
            return f"{self.strategy.id} raised: {self.error}"
        if self.strategy.asks is None:
            return ""
        if lost or stale or (phantom and self.strategy.removes_rows):
            return f"{self.strategy.id} promises to lose nothing: {lost} rows lost, {stale} stale, {phantom} phantom."
        return ""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a workload showed.

    Attributes:
        work: What was written.
        committed: Transactions of the writers that commit at once.
        slow: Transactions of those that do not.
        rows: Rows of the source at the end.
        followers: The strategies.
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


def run(work: writers.Work, strategies: Sequence[Strategy], every: float, target: str = "duckdb") -> Outcome:
    """Let writers and strategies run beside each other, wait for the end, and audit.

    Args:
        work: What is written.
        strategies: Who follows it.
        every: Seconds from the beginning of one sync to that of the next.
        target: The engine of the copies.
    """
    from psycopg.conninfo import make_conninfo

    from incload.engines.postgres.fixtures import PostgresSession, locate
    from incload.engines.postgres.server import schema

    with ExitStack() as closing:
        source = locate(closing.enter_context(schema()))
        owner = PostgresSession(source, None)
        closing.callback(owner.close)
        place = writers.Place(make_conninfo("", **source.options), source.schema)
        writers.create(place, work)
        for asked in {each.asks for each in strategies if each.asks is not None}:
            kept = owner.capture(asked, "source", writers.TABLE)
            kept.install(("id",))
            closing.callback(kept.remove)
        begins = time.time() + 3.0
        processes, done = writers.start(work, place, begins)
        followers = [_Following(Follower(each), source, target, closing) for each in strategies]
        threads = [Thread(target=each.follow, args=(begins, work.seconds, every)) for each in followers]
        for thread in threads:
            thread.start()
        committed = [done.get(timeout=work.seconds + 120) for _ in processes]
        for process in processes:
            process.join()
        for thread in threads:
            thread.join()
        for following in followers:
            following.finish(owner)
        return Outcome(
            work,
            sum(count for slow, count in committed if not slow),
            sum(count for slow, count in committed if slow),
            owner.count(owner.name("source", writers.TABLE)),
            tuple(each.follower for each in followers),
        )


class _Following:
    """A strategy with a connection and a target of its own."""

    def __init__(self, follower: Follower, source: Any, target: str, closing: ExitStack) -> None:  # noqa: ANN401
        from incload.engines.postgres.fixtures import PostgresSession
        from incload.strategy import Capability

        self.follower = follower
        reading = PostgresSession(source, None)
        closing.callback(reading.close)
        writing = _target(target)
        closing.callback(writing.close)
        self._connections = Connections(reading, writing, writers.TABLE)
        cursor = "incload_transaction" if follower.strategy.asks is Capability.HORIZON else "modified_at"
        guards = Guards(allow_removals=True)
        self._plan = Plan(writers.TABLE, ("id",), cursor, follower.strategy, guards=guards)

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
        """Sync once more, now that nobody writes, and compare."""
        if self.follower.error:
            return
        self._sync()
        table = replace(self._table(owner, "source"), cursor=None)
        found = audit(self._rows(owner, "source", table), self._rows(self._connections.target, "target", table), (0,))
        self.follower.wrong = counts(found)

    def _sync(self) -> None:
        started = time.perf_counter()
        self.follower.read += sync(self._connections, self._plan).read
        self.follower.seconds.append(time.perf_counter() - started)

    @staticmethod
    def _table(session: Session, place: Place) -> Table:
        """Return what the application's own columns are: those that are kept for a strategy are nobody's content."""
        from incload.table import Table

        columns = session.columns(place, writers.TABLE) or ()
        return Table(
            writers.TABLE, ("id",), None, tuple(each for each in columns if not each.name.startswith("incload_"))
        )

    def _rows(self, session: Session, place: Place, table: Table) -> Iterator[list[Row]]:
        return session.ordered(place, replace(table, columns=self._table(session, place).columns))


def _target(engine: str) -> Session:
    if engine == "sqlite":
        from incload.engines.sqlite.session import SqliteSession

        return SqliteSession(None, None)
    from incload.engines.duckdb.session import IN_MEMORY, DuckdbSession

    return DuckdbSession(None, IN_MEMORY)


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
        figures = (len(each.seconds), f"{spent:.3f}", each.read, lost, stale, phantom, duplicated)
        lines.append(f"{each.strategy.id:<32}" + "".join(f"{figure:>10}" for figure in figures))
    return "\n".join([*lines, *outcome.broken]) + "\n"
