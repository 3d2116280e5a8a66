"""Which assumptions a history breaks, and by how much: measured from the lags and the faults, never intended.

A size is a span of time: how far the worst change lies behind the watermark, the state or the clock. An assumption
that is broken in a way that has no size maps to None.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from datetime import timedelta
from itertools import chain
from typing import TYPE_CHECKING

from incload.assumptions import Assumption
from incload.history.lag import larger, syncs

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from incload.history.faults import Fault
    from incload.history.history import History
    from incload.history.lag import Change, Key, Sync

Breaks = dict[Assumption, timedelta | None]

_BEHIND = "any history, by as much as its changes are behind the clock"
_PASSED = "any history whose keys become visible out of order, by as much as they do"
BY_SIZE = {
    Assumption.ON_SCHEDULE: _BEHIND,
    Assumption.COMMIT_WITHIN: _BEHIND,
    Assumption.KEYS_WITHIN: _PASSED,
    Assumption.KEYS_NEAR: _PASSED,
}
"""Assumptions that are broken by some size wherever there is one, which only says something beside a bound: by what.

How far keys lie apart depends on how many rows a history has; the bound of `KEYS_NEAR` stands in its own sentence.
"""

SIZES_ONLY = frozenset(BY_SIZE)

NEAR = 1_000
"""How far below the largest key a smaller one is near; the sentence of the assumption says it too."""


def measure(history: History, faults: Sequence[Fault] = ()) -> Breaks:
    """Return every assumption that a history and its faults break, with its size."""
    measured = Measured(faults)
    for sync in syncs(history, faults):
        measured.see(sync)
    return measured.breaks


class Measured:
    """What the syncs of a history break, as they go by.

    Attributes:
        breaks: Every assumption that was broken so far, with the largest size.
        times: How often each was broken: once for each change that broke it, or for each sync where no change did.
    """

    def __init__(self, faults: Sequence[Fault] = ()) -> None:
        """Begin with what faults break by themselves; one of a sync that another one skips never happens."""
        skipped = {fault.sync for fault in faults if fault.sync is not None and fault.skips(fault.sync)}
        happening = [fault for fault in faults if fault.sync is None or fault.sync not in skipped]
        self.breaks: Breaks = dict.fromkeys(broken for fault in happening for broken in fault.breaks)
        self.times: Counter[Assumption] = Counter()
        self._faults, self._keys = faults, _Keys()

    def see(self, sync: Sync) -> None:
        """Take in one sync."""
        for assumption, microseconds in chain(_of_sync(sync, self._keys), _of_faults(sync, self._faults)):
            self.times[assumption] += 1
            _enter(self.breaks, assumption, microseconds)


def _enter(found: Breaks, assumption: Assumption, microseconds: int | None) -> None:
    """Keep the largest size."""
    size = None if microseconds is None else timedelta(microseconds=microseconds)
    known = found.get(assumption)
    if assumption not in found or (size is not None and known is not None and size > known):
        found[assumption] = size


class _Keys:
    """The largest key ever visible, and what it was after each sync at which it was raised."""

    def __init__(self) -> None:
        self.largest: Key | None = None
        self._tops: list[Key] = []
        self._clocks: list[int] = []

    def see(self, keys: Iterable[Key], clock: int) -> None:
        """Enter the keys that one sync finds."""
        top = max(keys, default=None)
        if top is not None and larger(top, self.largest):
            self.largest = top
            self._tops.append(top)
            self._clocks.append(clock)

    def passed(self, key: Key, clock: int) -> Iterator[tuple[Assumption, int | None]]:
        """Yield what a new key breaks that may not be the largest: how long it was passed over, and from how far."""
        place = bisect_right(self._tops, key)
        if place == len(self._tops):
            return
        yield Assumption.KEYS_WITHIN, clock - self._clocks[place]
        one, largest = key[0], self._tops[-1][0]
        if len(key) == 1 and isinstance(one, int) and isinstance(largest, int) and largest - one > NEAR:
            yield Assumption.KEYS_NEAR, None


def _of_sync(sync: Sync, keys: _Keys) -> Iterator[tuple[Assumption, int | None]]:
    """Yield what the changes of one sync break."""
    if sync.added:
        yield Assumption.FIXED_SCHEMA, None
    if sync.number == 0:
        keys.see(sync.rows, sync.clock)
        for version in sync.rows.values():
            if version.cursor is not None and version.cursor > sync.clock:
                yield Assumption.CURSOR_NOT_IN_FUTURE, None
        return
    # Keys that became visible together have no order among themselves.
    new = [change.key for change in sync.changes if change.old is None]
    if any(not larger(key, keys.largest) for key in new):
        yield Assumption.KEYS_IN_COMMIT_ORDER, None
    for key in new:
        yield from keys.passed(key, sync.clock)
    keys.see(new, sync.clock)
    for change in sync.changes:
        yield from _of_change(change)
        yield from _of_timestamp(change, sync)


def _of_change(change: Change) -> Iterator[tuple[Assumption, int | None]]:
    """Yield what a change breaks whatever its timestamp."""
    if change.new is None:
        yield Assumption.NO_HARD_DELETES, None
        return
    if change.new.cursor is None:
        yield Assumption.CURSOR_PRESENT, None
    if change.old is None:
        return
    yield Assumption.INSERT_ONLY, None
    if not change.moved and change.new.cursor is not None:
        yield Assumption.CURSOR_MOVES_ON_UPDATE, max(change.lag or 0, 0)
    old, new = change.old.cursor, change.new.cursor
    if old is not None and new is not None and new < old:
        yield Assumption.VERSIONS_IN_ORDER, None


def _of_timestamp(change: Change, sync: Sync) -> Iterator[tuple[Assumption, int | None]]:
    """Yield what the timestamp of a change breaks that the cursor shows."""
    if change.new is None or change.new.cursor is None or not change.moved:
        return
    timestamp = change.new.cursor
    if timestamp > sync.clock:
        yield Assumption.CURSOR_NOT_IN_FUTURE, None
    if change.lag is not None and change.lag > 0:
        yield Assumption.LAG_WITHIN, change.lag
    if change.lag == 0:
        yield Assumption.UNIQUE_CURSOR, None
        if not change.tie_in_order:
            yield Assumption.TIES_IN_KEY_ORDER, None
    if timestamp < sync.clock:
        yield Assumption.ON_SCHEDULE, sync.clock - timestamp
    # A change that is not behind the watermark is not behind one that trails the clock either.
    if timestamp < sync.clock_before and change.lag is not None and change.lag > 0:
        yield Assumption.COMMIT_WITHIN, sync.clock_before - timestamp


def _of_faults(sync: Sync, faults: Sequence[Fault]) -> Iterator[tuple[Assumption, int | None]]:
    """Yield what faults break at a sync, and what a watermark breaks that never gets anywhere."""
    for fault in faults:
        yield from fault.broken_by(sync, faults)
    old = len(sync.rows) - sum(change.old is None for change in sync.changes)
    if sync.number and sync.watermark is None and old:
        yield Assumption.READ_ONCE, None  # without a watermark every sync starts from the beginning
