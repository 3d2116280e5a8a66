"""Which assumptions a history breaks, and by how much: measured from the lags and the conditions, never intended.

A size is a span of time: how far the worst change lies behind the watermark, the memory or the clock. An assumption
that is broken in a way that has no size maps to None.
"""

from __future__ import annotations

from datetime import timedelta
from itertools import chain
from typing import TYPE_CHECKING

from incload.assumptions import Assumption
from incload.history.lag import larger, syncs

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from incload.history.history import History
    from incload.history.lag import Change, Key, Sync, Version
    from incload.history.scenarios import Condition

Breaks = dict[Assumption, timedelta | None]

SIZES_ONLY = frozenset({Assumption.ON_SCHEDULE, Assumption.COMMIT_WITHIN})
"""Assumptions that every history breaks by some size, which only says something beside a bound."""

_OF_CONDITION = {
    "lose_memory": (Assumption.READ_ONCE,),
    "roll_back_memory": (Assumption.READ_ONCE, Assumption.MEMORY_KEPT),
    "truncate_memory": (Assumption.READ_ONCE,),
    "crash_after_rows": (Assumption.READ_ONCE,),
    "partial_read": (Assumption.COMPLETE_READ,),
}


def measure(history: History, conditions: Sequence[Condition] = ()) -> Breaks:
    """Return every assumption that a history and its conditions break, with its size."""
    found: Breaks = dict.fromkeys(broken for each in conditions for broken in _OF_CONDITION.get(each.kind, ()))
    keys = _Keys()
    for sync in syncs(history, conditions):
        for assumption, microseconds in chain(_of_sync(sync, keys), _of_memory(sync, conditions)):
            _enter(found, assumption, microseconds)
    return found


def _enter(found: Breaks, assumption: Assumption, microseconds: int | None) -> None:
    """Keep the largest size."""
    size = None if microseconds is None else timedelta(microseconds=microseconds)
    known = found.get(assumption)
    if assumption not in found or (size is not None and known is not None and size > known):
        found[assumption] = size


class _Keys:
    """The largest key ever visible."""

    def __init__(self) -> None:
        self.largest: Key | None = None

    def see(self, key: Key) -> bool:
        """Enter a key; tell whether it is larger than all before."""
        after = larger(key, self.largest)
        if after:
            self.largest = key
        return after


def _of_sync(sync: Sync, keys: _Keys) -> Iterator[tuple[Assumption, int | None]]:
    """Yield what the changes of one sync break."""
    if sync.added:
        yield Assumption.FIXED_SCHEMA, None
    if sync.number == 0:
        for key, version in sync.rows.items():
            keys.see(key)
            if version.cursor is not None and version.cursor > sync.clock:
                yield Assumption.CURSOR_NOT_IN_FUTURE, None
        return
    # Keys that became visible together have no order among themselves.
    new = [change.key for change in sync.changes if change.old is None]
    if any(not larger(key, keys.largest) for key in new):
        yield Assumption.KEYS_IN_COMMIT_ORDER, None
    for key in new:
        keys.see(key)
    for change in sync.changes:
        yield from _of_change(change)
        yield from _of_stamp(change, sync)


def _of_change(change: Change) -> Iterator[tuple[Assumption, int | None]]:
    """Yield what a change breaks whatever its stamp."""
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


def _of_stamp(change: Change, sync: Sync) -> Iterator[tuple[Assumption, int | None]]:
    """Yield what the stamp of a change breaks that the cursor shows."""
    if change.new is None or change.new.cursor is None or not change.moved:
        return
    stamp = change.new.cursor
    if stamp > sync.clock:
        yield Assumption.CURSOR_NOT_IN_FUTURE, None
    if change.lag is not None and change.lag > 0:
        yield Assumption.LAG_WITHIN, change.lag
    if change.lag == 0:
        yield Assumption.UNIQUE_CURSOR, None
        if not change.tie_in_order:
            yield Assumption.TIES_IN_KEY_ORDER, None
    if stamp < sync.clock:
        yield Assumption.ON_SCHEDULE, sync.clock - stamp
    # A change that is not behind the watermark is not behind one that trails the clock either.
    if stamp < sync.clock_before and change.lag is not None and change.lag > 0:
        yield Assumption.COMMIT_WITHIN, sync.clock_before - stamp


def _of_memory(sync: Sync, conditions: Sequence[Condition]) -> Iterator[tuple[Assumption, int | None]]:
    """Yield what a memory or a log breaks that lies ahead of the rows, is cut off, or never gets anywhere."""
    for condition in conditions:
        if condition.kind == "round_up_memory":
            yield from _of_rounding(sync, condition.unit)
        if condition.kind == "cut_log" and condition.sync in {None, sync.number} and sync.changes:
            yield Assumption.LOG_KEPT, None
        if condition.kind == "crash_after_memory" and condition.sync in {None, sync.number}:
            yield from _of_crash(sync, conditions)
    old = len(sync.rows) - sum(change.old is None for change in sync.changes)
    if sync.number and sync.watermark is None and old:
        yield Assumption.READ_ONCE, None  # without a watermark every sync starts from the beginning


def _of_rounding(sync: Sync, unit: int) -> Iterator[tuple[Assumption, int | None]]:
    """Yield how far changes lie behind a memory that is rounded up."""
    # A strategy whose watermark trails the clock may round up any stamp, not only the largest.
    if any(version.cursor is not None and version.cursor % unit for version in sync.rows.values()):
        yield Assumption.MEMORY_NOT_AHEAD, 0
    ahead = _rounded_up(sync.watermark, unit)
    if ahead is not None and ahead != sync.watermark:
        behind = [ahead - stamp for stamp in _stamps(change.new for change in sync.changes)]
        yield Assumption.MEMORY_NOT_AHEAD, max([0, *behind])


def _of_crash(sync: Sync, conditions: Sequence[Condition]) -> Iterator[tuple[Assumption, int | None]]:
    """Yield how far the rows that a crash lost lie behind the memory that it kept."""
    lost = [change.new for change in sync.changes] if sync.number else list(sync.rows.values())
    memory = sync.watermark_after
    for unit in (condition.unit for condition in conditions if condition.kind == "round_up_memory"):
        memory = _rounded_up(memory, unit)
    yield Assumption.ATOMIC_COMMIT, max([0, *(memory - stamp for stamp in _stamps(lost) if memory is not None)])
    if sync.number == 0:
        # After a first load that got lost the rows of the base are changes like any other, and old ones.
        if any(version is not None and version.cursor is None for version in lost):
            yield Assumption.CURSOR_PRESENT, None
        yield from ((Assumption.ON_SCHEDULE, sync.clock - stamp) for stamp in _stamps(lost) if stamp < sync.clock)


def _rounded_up(position: int | None, unit: int) -> int | None:
    return None if position is None else -(-position // unit) * unit


def _stamps(versions: Iterable[Version | None]) -> list[int]:
    return [version.cursor for version in versions if version is not None and version.cursor is not None]
