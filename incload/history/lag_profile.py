"""What a history is like: how far its changes lie behind, and what a window of any size would make of it.

Everything is derived from the lags of the changes (incload.history.lag) as the syncs go by; nothing is loaded. Spans
are microseconds unless a name says otherwise.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from incload.history.lag import Change, Key, Sync, Version

WINDOWS = tuple(
    timedelta(minutes=minutes) for minutes in (0, 1, 10, 60, 6 * 60, 24 * 60, 7 * 24 * 60)
)  # fmt: skip
"""The windows that are tried when none are named."""

QUANTILES = (50, 75, 90, 95, 99, 100)
"""For which per cents of the late changes the furthest lag is reported."""

CURVE_POINTS = 200
"""How many steps the curve of lags has at most."""

_MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Lateness:
    """How the changes of a history lie to the largest timestamp that was visible at the sync before them.

    A change is what differs between two syncs; the base is none. One without a lag has no timestamp, or came before
    any.

    Attributes:
        syncs: How many syncs there were, the first load included.
        base_rows: Rows of the base.
        rows_at_end: Rows of the source at the end.
        base_read: Rows of the base whose cursor says a time.
        base_ahead: Those with a time later than the source's own clock.
        inserts, updates: Changes that left a row in the source: it was not there at the sync before, or it was.
        deletes: Rows that were there at one sync and gone at the next; no cursor shows them.
        without_timestamp: Inserts and updates whose cursor is null.
        before_any_timestamp: Those that came while no row had a timestamp yet.
        ahead_of_clock: Those with a timestamp later than the source's own clock.
        ties: Those with the very timestamp that was the largest before.
        late: Those with a smaller one.
        behind_inserts: Of ties and late ones, inserts; the rest are updates ...
        behind_untouched: ... that left the timestamp as it was ...
        behind_moved: ... or moved it, and not far enough.
        untouched: Updates that left the timestamp as it was, nulls included.
        backwards: Updates that lowered it.
        quantiles: Per cent of ties and late ones, and how far behind the furthest of them lies.
        curve: Spans from 0 up, and how many changes with a timestamp lie further behind than each.
    """

    syncs: int = 0
    base_rows: int = 0
    rows_at_end: int = 0
    base_read: int = 0
    base_ahead: int = 0
    inserts: int = 0
    updates: int = 0
    deletes: int = 0
    without_timestamp: int = 0
    before_any_timestamp: int = 0
    ahead_of_clock: int = 0
    ties: int = 0
    late: int = 0
    behind_inserts: int = 0
    behind_untouched: int = 0
    behind_moved: int = 0
    untouched: int = 0
    backwards: int = 0
    quantiles: tuple[tuple[int, int], ...] = ()
    curve: tuple[tuple[int, int], ...] = ()

    @property
    def changes(self) -> int:
        """Inserts and updates."""
        return self.inserts + self.updates

    @property
    def judged(self) -> int:
        """Changes that have a lag."""
        return self.changes - self.without_timestamp - self.before_any_timestamp

    @property
    def behind(self) -> int:
        """Changes with a lag of 0 or more: those that a strict watermark passes over."""
        return self.ties + self.late


@dataclass(frozen=True, slots=True)
class Forecast:
    """What a lookback window would make of a history, derived from the lags.

    Attributes:
        seconds: The window.
        changes_missed: Changes that lie further behind than the window, and those without a timestamp.
        keys_missed: How many rows have such a change.
        rows_ever_wrong: How many rows the copy would not have had as they were after some sync: fewer where a row came
            back as the copy still held it, more where a timestamp in the future had blinded the window.
        rows_read: Rows read over all syncs, the first load included.
    """

    seconds: float
    changes_missed: int
    keys_missed: int
    rows_ever_wrong: int
    rows_read: int


@dataclass(slots=True)
class _Cursors:
    """The timestamps of all visible rows, in order."""

    ordered: list[int] = field(default_factory=list)
    rows: int = field(init=False)

    def follow(self, sync: Sync) -> None:
        """Take in what changed."""
        self.rows = len(sync.rows)
        if sync.number == 0:
            self.ordered = sorted(row.cursor for row in sync.rows.values() if row.cursor is not None)
        for change in sync.changes:
            if change.old is not None and change.old.cursor is not None:
                del self.ordered[bisect_left(self.ordered, change.old.cursor)]
            if change.new is not None and change.new.cursor is not None:
                insort(self.ordered, change.new.cursor)

    def since(self, bound: int | None) -> int:
        """Count the rows that a query finds: those from a timestamp on, or all."""
        return self.rows if bound is None else len(self.ordered) - bisect_left(self.ordered, bound)


@dataclass(slots=True)
class PaperWindow:
    """A lookback load on paper: a dictionary for the copy, a number for the state, and no database.

    A row that the window does not reach stays out of reach until it changes, because the watermark never falls: so only
    changes have to be looked at. What `incload.history.cursor_model` says of any load over a short history, this says
    of one kind of load over a long one: its time follows the changes, and of a row the copy keeps only a hash.

    Attributes:
        window: The window.
        ever_wrong: The keys of rows that the copy did not have as they were after some sync, in that order.
        rows_read: Rows read so far.
    """

    window: int
    ever_wrong: dict[Key, None] = field(default_factory=dict)
    rows_read: int = 0
    _copy: dict[Key, int] = field(default_factory=dict)
    _watermark: int | None = None
    _missed: int = 0
    _late: set[Key] = field(default_factory=set)

    def follow(self, sync: Sync, cursors: _Cursors) -> None:
        """Do one sync."""
        bound = None if self._watermark is None else self._watermark - self.window
        self.rows_read += cursors.since(bound)
        fresh: Iterable[tuple[Key, Version | None]] = (
            sync.rows.items() if sync.number == 0 else ((change.key, change.new) for change in sync.changes)
        )
        for key, row in fresh:
            if row is not None:
                self._look(key, row, bound)
        for change in sync.changes:
            self._weigh(change)

    def _look(self, key: Key, row: Version, bound: int | None) -> None:
        if bound is None or (row.cursor is not None and row.cursor >= bound):
            self._copy[key] = hash(row.content)
            if row.cursor is not None and (self._watermark is None or row.cursor > self._watermark):
                self._watermark = row.cursor
        elif self._copy.get(key) != hash(row.content):
            self.ever_wrong.setdefault(key)

    def _weigh(self, change: Change) -> None:
        """Count a change that the lag alone, or the want of one, puts out of reach."""
        if change.new is None:
            return
        if change.new.cursor is None or (change.lag is not None and change.lag > self.window):
            self._missed += 1
            self._late.add(change.key)

    def forecast(self) -> Forecast:
        """Return what came of it."""
        seconds = self.window / 1_000_000
        return Forecast(seconds, self._missed, len(self._late), len(self.ever_wrong), self.rows_read)


class Profiler:
    """Watches the syncs of one history go by."""

    def __init__(self, windows: Sequence[timedelta] = WINDOWS) -> None:
        """Start with windows to try on paper."""
        self.windows = {window: PaperWindow(window // _MICROSECOND) for window in windows}
        self._cursors = _Cursors()
        self._counts: dict[str, int] = {}
        self._lags: list[int] = []

    def see(self, sync: Sync) -> None:
        """Take in one sync."""
        if sync.number == 0:
            self._count("base_rows", len(sync.rows))
            times = [row.cursor for row in sync.rows.values() if row.cursor is not None]
            self._count("base_read", len(times))
            self._count("base_ahead", sum(at > sync.clock for at in times))
        self._counts["rows_at_end"] = len(sync.rows)
        self._count("syncs")
        for change in sync.changes:
            self._change(change, sync.clock)
        self._cursors.follow(sync)
        for paper in self.windows.values():
            paper.follow(sync, self._cursors)

    def lateness(self) -> Lateness:
        """Return how the changes lie."""
        behind = sorted(lag for lag in self._lags if lag >= 0)
        counts: dict[str, int] = {
            "ties": sum(lag == 0 for lag in behind),
            "late": sum(lag > 0 for lag in behind),
            **self._counts,
        }
        return Lateness(**counts, quantiles=_quantiles(behind), curve=_curve(behind))

    def forecasts(self) -> tuple[Forecast, ...]:
        """Return what each window would have made of it."""
        return tuple(paper.forecast() for paper in self.windows.values())

    def _count(self, name: str, number: int = 1) -> None:
        self._counts[name] = self._counts.get(name, 0) + number

    def _change(self, change: Change, clock: int) -> None:
        old, new = change.old, change.new
        if new is None:
            self._count("deletes")
            return
        self._count("inserts" if old is None else "updates")
        if old is not None and new.cursor == old.cursor:
            self._count("untouched")
        elif old is not None and None not in (old.cursor, new.cursor) and (new.cursor or 0) < (old.cursor or 0):
            self._count("backwards")
        self._timestamp(change, new, clock)

    def _timestamp(self, change: Change, new: Version, clock: int) -> None:
        if new.cursor is None:
            self._count("without_timestamp")
            return
        if new.cursor > clock:
            self._count("ahead_of_clock")
        if change.lag is None:
            self._count("before_any_timestamp")
            return
        self._lags.append(change.lag)
        if change.lag >= 0:
            moved = "behind_moved" if change.moved else "behind_untouched"
            self._count("behind_inserts" if change.old is None else moved)


def _quantiles(behind: Sequence[int]) -> tuple[tuple[int, int], ...]:
    """Return the nearest-rank quantiles of ordered spans."""
    return tuple((per, behind[-(-len(behind) * per // 100) - 1]) for per in QUANTILES) if behind else ()


def _curve(behind: Sequence[int]) -> tuple[tuple[int, int], ...]:
    """Return how many spans are larger than each of some, thinned out evenly by rank; the largest is always there."""
    if not behind:
        return ()
    step = max(1, len(behind) // CURVE_POINTS)
    spans = dict.fromkeys([0, *behind[step - 1 :: step], behind[-1]])
    return tuple((span, len(behind) - bisect_left(behind, span + 1)) for span in spans)
