"""What the tests of histories share: a second opinion on what happens in one, and on which assumptions it breaks.

Histories are replayed here row by row over a dictionary, by code that shares nothing with what builds or measures them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pyarrow as pa
import pytest

from incload.assumptions import Assumption

if TYPE_CHECKING:
    from incload.history.faults import Fault
    from incload.history.history import History

Row = dict[str, object]
Rows = dict[int, Row]

Changes = Callable[["History"], "list[Change]"]
"""From a history to the changes of its ticks, in order."""

Syncs = Callable[["History", "Sequence[Fault]"], "list[Sync]"]
"""From a history and what happens to its loader to what its syncs find."""

Broken = Callable[["History", "Sequence[Fault]"], dict[Assumption, set[int]]]
"""From a history and what happens to its loader to the broken assumptions and the numbers of the syncs that show it."""

ByKey = Callable[[pa.Table], Rows]
"""From an Arrow table to its rows by key, timestamps as whole numbers."""


@dataclass(frozen=True)
class Change:
    """One row at one sync beside what it was at the sync before: `row` is None for a delete, `old` for an insert."""

    sync: int
    at: int
    key: int
    row: Row | None
    old: Row | None
    watermark: int
    largest_key_at_watermark: int
    largest_key_ever: int

    @property
    def timestamp(self) -> int | None:
        """The cursor value that the change leaves the row with."""
        return None if self.row is None else timestamp_of(self.row)

    @property
    def was(self) -> int | None:
        """The cursor value that the row had before."""
        return None if self.old is None else timestamp_of(self.old)

    @property
    def lag(self) -> int | None:
        """How far the cursor value that the change shows lies behind the watermark; None when it shows none."""
        if self.timestamp is None or (self.old is not None and self.was == self.timestamp):
            return None
        return self.watermark - self.timestamp


@dataclass(frozen=True)
class Sync:
    """What one sync can see: its number, the clock, all rows, and whether the columns are others than before."""

    number: int
    at: int
    rows: Rows
    drifted: bool


def timestamp_of(row: Row) -> int | None:
    """Return the timestamp of a row in microseconds."""
    timestamp = row["modified_at"]
    assert timestamp is None or isinstance(timestamp, int)
    return timestamp


def _by_key(rows: pa.Table) -> Rows:
    """Return rows by key, timestamps as whole numbers; keys must be unique."""
    timestamps = [name for name in rows.column_names if pa.types.is_timestamp(rows.schema.field(name).type)]
    for name in timestamps:
        rows = rows.set_column(rows.column_names.index(name), name, rows.column(name).cast(pa.int64()))
    listed = rows.to_pylist()
    keyed = {row["id"]: row for row in listed}
    assert len(keyed) == len(listed)
    return keyed


def _syncs(history: History, faults: Sequence[Fault] = ()) -> Iterator[Sync]:
    """Replay a history and yield what each sync that runs can see."""
    skipped = {fault.sync for fault in faults if fault.kind == "skip_sync"}
    rows, drifted = _by_key(history.base), False
    yield Sync(0, history.started, dict(rows), drifted)
    for number, tick in enumerate(history.ticks, start=1):
        for key in tick.deletes.column("id").to_pylist():
            del rows[key]
        for column, value in tick.adds:
            rows = {key: {**row, column.name: value} for key, row in rows.items()}
        rows |= _by_key(tick.upserts)
        drifted = drifted or bool(tick.adds) or bool(tick.widens)
        if number not in skipped:
            yield Sync(number, tick.at, dict(rows), drifted)
            drifted = False


def _changes(history: History, faults: Sequence[Fault] = ()) -> Iterator[Change]:
    """Yield what differs between each two syncs."""
    before: Rows = {}
    top, ever = (0, 0), 0
    for sync in _syncs(history, faults):
        if sync.number:
            for key in before.keys() | sync.rows.keys():
                row, old = sync.rows.get(key), before.get(key)
                if row != old:
                    yield Change(sync.number, sync.at, key, row, old, *top, ever)
        with_timestamp = ((timestamp_of(row), key) for key, row in sync.rows.items())
        top = max(
            top,
            *((timestamp, key) for timestamp, key in with_timestamp if timestamp is not None and timestamp <= sync.at),
        )
        before, ever = sync.rows, max(ever, *sync.rows)


_SIGNS: dict[Assumption, Callable[[Change], bool]] = {
    Assumption.UNIQUE_CURSOR: lambda change: change.lag == 0,
    Assumption.TIES_IN_KEY_ORDER: lambda change: change.lag == 0 and change.key <= change.largest_key_at_watermark,
    Assumption.LAG_WITHIN: lambda change: change.lag is not None and change.lag > 0,
    Assumption.CURSOR_MOVES_ON_UPDATE: lambda change: change.timestamp is not None and change.timestamp == change.was,
    Assumption.CURSOR_PRESENT: lambda change: change.row is not None and change.timestamp is None,
    Assumption.CURSOR_NOT_IN_FUTURE: lambda change: change.timestamp is not None and change.timestamp > change.at,
    Assumption.KEYS_IN_COMMIT_ORDER: lambda change: change.old is None and change.key <= change.largest_key_ever,
    Assumption.INSERT_ONLY: lambda change: change.row is not None and change.old is not None,
    Assumption.NO_HARD_DELETES: lambda change: change.row is None,
    Assumption.VERSIONS_IN_ORDER: lambda change: (
        change.timestamp is not None and change.was is not None and change.timestamp < change.was
    ),
}
"""For every assumption that the rows alone can break, how a change shows it."""

_ACCIDENTS = {
    "skip_sync": set(),
    "lose_state": {Assumption.READ_ONCE},
    "roll_back_state": {Assumption.READ_ONCE, Assumption.STATE_KEPT},
    "truncate_state": {Assumption.READ_ONCE},
    "crash_after_rows": {Assumption.READ_ONCE},
    "crash_after_state": {Assumption.ATOMIC_COMMIT},
    "partial_read": {Assumption.COMPLETE_READ},
    "round_up_state": {Assumption.STATE_NOT_AHEAD},
    "cut_log": {Assumption.LOG_KEPT},
}
"""What happens to a loader, and what that breaks."""


def _broken(history: History, faults: Sequence[Fault] = ()) -> dict[Assumption, set[int]]:
    """Return the assumptions that a history and its faults break, with the syncs that show it; -1 for every one."""
    found: dict[Assumption, set[int]] = {}
    for change in _changes(history, faults):
        for sign, shows in _SIGNS.items():
            if shows(change):
                found.setdefault(sign, set()).add(change.sync)
    for sync in _syncs(history, faults):
        if sync.drifted:
            found.setdefault(Assumption.FIXED_SCHEMA, set()).add(sync.number)
    for fault in faults:
        for broken in _ACCIDENTS[fault.kind]:
            found.setdefault(broken, set()).add(-1 if fault.sync is None else fault.sync)
    return found


@pytest.fixture(scope="session")
def by_key() -> ByKey:
    """Return what turns an Arrow table into rows by key."""
    return _by_key


@pytest.fixture(scope="session")
def syncs() -> Syncs:
    """Return what replays a history sync by sync."""
    return lambda history, faults=(): list(_syncs(history, faults))


@pytest.fixture(scope="session")
def changes() -> Changes:
    """Return what lists the changes of a history whose every sync runs."""
    return lambda history: list(_changes(history))


@pytest.fixture(scope="session")
def broken() -> Broken:
    """Return what finds the assumptions that a history breaks."""
    return lambda history, faults=(): _broken(history, faults)
