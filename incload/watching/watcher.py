"""Looks at a table again and again, until the time is up: each look is recorded, counted and reported."""

from __future__ import annotations

import json
from collections import Counter
from contextlib import closing, suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol

from incload.auditing.compare_tables import refuse_repeated
from incload.auditing.tables import open_table
from incload.engines.digests.forms import Sides, pair
from incload.engines.driver_errors import reason
from incload.engines.registry import digests, session_type
from incload.errors import Refused, masked, unknown
from incload.watching.live import Live
from incload.watching.look import Looker, Wrong
from incload.watching.metrics import write_metrics
from incload.watching.recording import Recording, comparable
from incload.watching.seen import Seen

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from incload.auditing.tables import Opened
    from incload.engines.digests.canonical import Digests
    from incload.engines.endpoint import Endpoint
    from incload.watching.look import Found

    WrongKeys = Callable[[], dict[str, str]]


class Clock(Protocol):
    """What says how much time has passed, and lets some pass."""

    def now(self) -> float:
        """Return seconds since some moment."""

    def sleep(self, seconds: float) -> None:
        """Return after so many seconds."""


@dataclass(frozen=True, slots=True)
class Watch:
    """What is watched, and for how long.

    Attributes:
        source: The table.
        url: Its URL.
        key: Its key columns.
        cursor: Its cursor column, or None.
        unit: How many ticks per second an integer cursor counts; 0 for microseconds.
        every: Seconds from one look to the next.
        seconds: For how long; None until it is stopped.
        path: The recording.
        keeps_values: Whether the values of rows are recorded.
        metrics: A file for Prometheus; None for none.
        wrong: Returns the wrong keys of a copy and why they are wrong; None without a copy.
    """

    source: Endpoint
    url: str
    key: tuple[str, ...]
    cursor: str | None
    path: Path
    every: float = 30.0
    seconds: float | None = None
    unit: int = 0
    keeps_values: bool = False
    metrics: Path | None = None
    wrong: WrongKeys | None = None


class Watcher:
    """Watches one table."""

    def __init__(self, watch: Watch) -> None:
        """Look at the table once to see that it can be watched, and open the recording.

        Raises:
            Refused: For a table, key or column that is not there, and a recording of something else.
        """
        self._watch, self._live, self._since = watch, Live(), dict[str, int]()
        self._failures, self._metrics_failures, self._at = 0, 0, 0
        opened = open_table(watch.source, None, "source")
        with closing(opened.session):
            table, place = self._digests(opened)
            is_promised = opened.session.unique("source", opened.table, watch.key)
            refuse_repeated(table, watch.key, is_promised=is_promised)
        meta = {"url": masked(watch.url), "table": opened.table}
        meta |= {"key": json.dumps(list(watch.key)), "cursor": watch.cursor or ""}
        self._recording = Recording(watch.path, meta)
        self._looker = Looker(place, watch.unit, watch.keeps_values, self._recording.known())
        self._resume()

    def _resume(self) -> None:
        """Take in what the recording holds already."""
        for at, changed in self._recording.looks():
            self._live.see(at, changed)
            self._at = at

    def _digests(self, opened: Opened) -> tuple[Digests, int | None]:
        """Return the table as its engine digests it, and the place of the cursor; refuse a table without them."""
        watch, named = self._watch, {each.name: each for each in opened.columns}
        for name in (*watch.key, *filter(None, [watch.cursor])):
            if name not in named:
                raise unknown("column", name, opened.names)
        first = [*watch.key, *([watch.cursor] if watch.cursor and watch.cursor not in watch.key else [])]
        names = [*first, *(name for name in named if name not in first)]
        session = opened.session
        sides = Sides((session.engine, session.engine), {})
        held = [pair(named[name], named[name], sides).source for name in names]
        place = names.index(watch.cursor) if watch.cursor else None
        return digests(session, session.relation("source", opened.table), held, range(len(watch.key))), place

    def run(self, clock: Clock, report: Callable[[Seen], None]) -> Seen:
        """Look until the time is up; return what the last look has shown."""
        started, number = clock.now(), 0
        try:
            while True:
                seen = self.look()
                report(seen)
                number += 1
                due = number * self._watch.every
                if self._watch.seconds is not None and due > self._watch.seconds:
                    return seen
                clock.sleep(max(started + due - clock.now(), 0.0))
        finally:
            self._recording.close()

    def look(self) -> Seen:
        """Look once; a look that fails is recorded as one, and the next opens a new connection."""
        errors = (session_type(self._watch.source.engine).error, Refused, OSError)
        try:
            seen = self._looked()
        except errors as error:
            self._failures += 1
            failure = _said(error)
            seen = Seen(self._recording.next, self._at, failure=failure, failures=self._failures)
            self._recording.fail(self._at, failure)
        if self._watch.metrics:
            self._write_metrics(seen, self._watch.metrics)
        return seen

    def _write_metrics(self, seen: Seen, path: Path) -> None:
        """Write the metrics; where that fails, count it, say so in the look and go on."""
        try:
            write_metrics(seen, path)
        except OSError as error:
            self._metrics_failures += 1
            seen.metrics_failure = reason(error)
        seen.metrics_failures = self._metrics_failures

    def _looked(self) -> Seen:
        opened = open_table(self._watch.source, None, "source")
        with closing(opened.session):
            at, before = opened.session.now(), self._recording.columns
            columns = tuple(f"{each.name} {each.declared or each.kind}" for each in opened.columns)
            is_changed = before is not None and columns != before
            if is_changed:
                self._looker.begin_again()
            found = self._looker.look(self._digests(opened)[0])
        copy = self._copy(at)
        look, self._at = self._recording.next, at
        changed = comparable(found.changed, self._looker.known) if is_changed else found.changed
        self._recording.enter(at, found, columns, copy)
        self._looker.keep(found)
        seen = self._seen(look, at, replace(found, changed=changed), copy if isinstance(copy, Wrong) else None)
        seen.columns_changed, seen.copy_failure = is_changed, copy if isinstance(copy, str) else ""
        return seen

    def _copy(self, at: int) -> Wrong | str | None:
        """Return what is wrong with the copy, or why that cannot be known: it costs no look at the source."""
        try:
            return self._wrong(at)
        except (Refused, OSError) as error:
            return _said(error)

    def _wrong(self, at: int) -> Wrong | None:
        if self._watch.wrong is None:
            return None
        keys = self._watch.wrong()
        self._since = {key: self._since.get(key, at) for key in keys}
        longest = max((at - since for since in self._since.values()), default=0)
        return Wrong(len(keys), dict(Counter(keys.values())), longest)

    def _seen(self, look: int, at: int, found: Found, wrong: Wrong | None) -> Seen:
        sync = self._live.see(at, found.changed)
        lateness = self._live.lateness()
        changes = sync.changes
        return Seen(
            look=look,
            at=at,
            rows=found.rows,
            appeared=sum(each.old is None for each in changes),
            changed=sum(each.old is not None and each.new is not None for each in changes),
            vanished=sum(each.new is None for each in changes),
            untouched=sum(each.old is not None and each.new is not None and not each.moved for each in changes),
            late=lateness.late,
            lag_seconds={str(per): lag / 1e6 for per, lag in lateness.quantiles},
            wrong=wrong.rows if wrong else None,
            wrong_causes=wrong.causes if wrong else {},
            wrong_longest_seconds=wrong.longest / 1e6 if wrong else None,
            fetched=found.fetched,
            failures=self._failures,
        )

    def close(self) -> None:
        """Close the recording."""
        with suppress(Exception):
            self._recording.close()


def _said(error: BaseException) -> str:
    """Return what failed, without passwords."""
    return masked(reason(error) if not isinstance(error, Refused) else str(error))
