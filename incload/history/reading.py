"""Which assumptions of other loaders a history breaks: of those that page, compare text, or keep a state in seconds.

incload's own strategies need none of them (`incload.assumptions.OF_READING`), so this is measured where a loader is
compared that says what it needs. Everything comes from the syncs of `incload.history.lag`; spans are microseconds.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from incload.assumptions import Assumption
from incload.history.lag import syncs

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from incload.history.breaks import Breaks
    from incload.history.faults import Fault
    from incload.history.history import History
    from incload.history.lag import Change, Sync, Version

SECOND = 1_000_000
PERIOD = 300 * SECOND
_32_BITS = 1 << 32
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def measure_reading(history: History, faults: Sequence[Fault] = ()) -> Breaks:
    """Return what a history breaks of the assumptions of other loaders, each with its size if it has one."""
    found: Breaks = {}
    for sync in syncs(history, faults):
        for assumption, size in _of_sync(sync):
            known = found.get(assumption, timedelta())
            found[assumption] = None if size is None or known is None else max(size, known)
        if any(fault.lets_tick_in(sync.number - 1) for fault in faults) and any(not each.new for each in sync.changes):
            found[Assumption.NO_DELETE_DURING_SYNC] = None
    return found


def _of_sync(sync: Sync) -> Iterator[tuple[Assumption, timedelta | None]]:
    """Yield what one sync finds broken."""
    seen = list(sync.rows.values()) if sync.number == 0 else [each.new for each in sync.changes if each.new]
    cursors = [version.cursor for version in seen if version.cursor is not None]
    if sync.number == 0 and not sync.rows:
        yield Assumption.SOURCE_NOT_EMPTY, None
    if len(set(cursors)) < len(cursors):
        yield Assumption.NO_TIES, None
    if any(cursor % SECOND for cursor in cursors):
        yield Assumption.WHOLE_SECONDS, None
    if any(_is_wide(key) for key in sync.rows):
        yield Assumption.KEYS_IN_32_BITS, None
    for change in sync.changes if sync.number else ():
        yield from _of_content(change)
    if sync.number:
        yield from _of_cursors(sync)


def _is_wide(key: Sequence[object]) -> bool:
    return any(isinstance(part, int) and part >= _32_BITS for part in key)


def _of_cursors(sync: Sync) -> Iterator[tuple[Assumption, timedelta | None]]:
    """Yield what the cursor values of the changes break that the cursor shows."""
    moved = [each.new.cursor for each in sync.changes if each.moved and each.new and each.new.cursor is not None]
    mark = sync.watermark
    if mark is not None:
        if mark in moved and not any(cursor > mark for cursor in moved):
            yield Assumption.WATERMARK_MOVES, None
        if any(mark < cursor < mark // SECOND * SECOND + SECOND for cursor in moved):
            yield Assumption.STATE_EXACT, None
        if any(cursor > mark and _as_text(cursor) <= _as_text(mark) for cursor in moved):
            yield Assumption.TEXT_IN_ORDER, None
    for cursor in moved:
        yield from _of_clock(cursor, sync)


def _of_clock(cursor: int, sync: Sync) -> Iterator[tuple[Assumption, timedelta | None]]:
    """Yield what a cursor value breaks beside the source's clock."""
    if cursor <= sync.clock_before:
        yield Assumption.VISIBLE_AT_ONCE, None
    if cursor <= sync.clock_before // PERIOD * PERIOD:
        yield Assumption.PERIOD_CLOSED, None
    late = _end(sync.clock) - _end(cursor)
    if late:
        yield Assumption.PERIOD_CURRENT, timedelta(microseconds=late) if late > 0 else None


def _end(at: int) -> int:
    """Return the end of the period of a time; a period has its end, and not its beginning."""
    return -(-at // PERIOD) * PERIOD


def _as_text(cursor: int) -> str:
    """Write a time as text that leaves out the leading zero of the hour."""
    time = _EPOCH + timedelta(microseconds=cursor)
    return f"{time:%Y-%m-%d} {time.hour}:{time:%M:%S.%f}"


def _of_content(change: Change) -> Iterator[tuple[Assumption, timedelta | None]]:
    """Yield what the values of a changed row break."""
    if change.old is None or change.new is None:
        return
    if _put_together(change.old, str) == _put_together(change.new, str):
        yield Assumption.HASHES_DIFFER, None
    if _put_together(change.old, _delimited) == _put_together(change.new, _delimited):
        yield Assumption.NULLS_DIFFER, None


def _put_together(version: Version, write: Callable[[object], str]) -> str:
    return "".join(map(write, version.content))


def _delimited(value: object) -> str:
    return "|" + ("" if value is None else str(value))
