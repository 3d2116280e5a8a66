"""The lag of every change, computed in one place, and what follows from it.

The lag of a change is how far its cursor value lies behind the largest one that was visible at the sync before. Values
that were ahead of the source's clock do not count as the largest: what they do to a load is another break. From lags
and schedule come the assumptions that a history breaks (incload.history.breaks) and the rows that a cursor strategy
will get wrong (incload.history.cursor_model). Everything here is plain Python over the rows that change; no database is
asked.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    import pyarrow as pa

    from incload.history.history import History, Tick
    from incload.table import Table


class Skipping(Protocol):
    """What may keep a sync from running, such as a fault."""

    def skips(self, sync: int) -> bool:
        """Return whether a sync does not run."""


Key = tuple[object, ...]
Content = tuple[object, ...]


@dataclass(frozen=True, slots=True)
class Version:
    """One state of a row: its cursor in microseconds, or None, and its values.

    Nulls at the end are left out: a row that was copied before a column came has a null there, and equals one that has
    a null there in the source.
    """

    cursor: int | None
    content: Content


@dataclass(frozen=True, slots=True)
class Change:
    """What happened to one row between two syncs.

    Attributes:
        key: Which row.
        old: What it was at the sync before; None for a new row.
        new: What it is now; None for a row that is gone.
        lag: How far its cursor lies behind the watermark, in microseconds; negative above it. None for a row that is
            gone or has no cursor, and while there is no watermark yet.
        tie_in_order: Whether its key is larger than every key seen at the watermark.
    """

    key: Key
    old: Version | None
    new: Version | None
    lag: int | None
    tie_in_order: bool

    @property
    def moved(self) -> bool:
        """Whether the cursor shows that something happened: the row is new, or its cursor is another."""
        return self.new is not None and (self.old is None or self.old.cursor != self.new.cursor)


@dataclass(frozen=True, slots=True)
class Sync:
    """What one sync finds.

    Attributes:
        number: Which; 0 follows the base.
        clock: What the source's clock shows, in microseconds.
        clock_before: The same at the sync before; equal to `clock` at the first.
        watermark: The largest cursor visible at any sync before that was not ahead of the clock then; None without any.
        watermark_after: The same for what is visible now as well.
        rows: Everything that is visible.
        changes: What differs from the sync before, in the order of the keys' first appearance.
        added: Whether columns came or changed their types since the sync before.
    """

    number: int
    clock: int
    clock_before: int
    watermark: int | None
    watermark_after: int | None
    rows: Mapping[Key, Version]
    changes: tuple[Change, ...]
    added: bool


def syncs(history: History, faults: Sequence[Skipping] = ()) -> Iterator[Sync]:
    """Yield what each sync of a history finds, the first load included; skipped syncs are left out."""
    state = _State(history.table, _versions(history.base, history.table))
    yield state.sync(0, history.started)
    for number, tick in enumerate(history.ticks, start=1):
        state.apply(tick)
        if not any(fault.skips(number) for fault in faults):
            yield state.sync(number, tick.at)


class _State:
    """The source as it lives on, and what the syncs so far have seen of it."""

    def __init__(self, table: Table, rows: dict[Key, Version]) -> None:
        self._table = table
        self._rows = rows
        self._width = len(table.columns)
        self._touched: dict[Key, Version | None] = {}
        self._watermark: int | None = None
        self._at_watermark: Key | None = None
        self._clock: int | None = None
        self._ahead: dict[Key, Version] = {}
        self._added = False

    def apply(self, tick: Tick) -> None:
        """Let a tick happen."""
        names = self._table.key
        for key in zip(*(tick.deletes[name].to_pylist() for name in names), strict=True):
            self._touch(key, None)
        if tick.adds or tick.widens:
            self._evolve(tuple(value for _, value in tick.adds))
        for key, version in _versions(tick.upserts, self._table).items():
            self._touch(key, version)

    def _evolve(self, values: Content) -> None:
        """Give every row the values of new columns; a widened value stays what it was."""
        self._added = True
        for key, version in list(self._rows.items()):
            if values:
                left_out = (None,) * (self._width - len(version.content))
                self._touch(key, Version(version.cursor, _content((*version.content, *left_out, *values))))
        self._width += len(values)

    def _touch(self, key: Key, version: Version | None) -> None:
        self._touched.setdefault(key, self._rows.get(key))
        if version is None:
            self._rows.pop(key, None)
        else:
            self._rows[key] = version

    def sync(self, number: int, clock: int) -> Sync:
        """Close the books on what was touched since the sync before."""
        before = self._clock if self._clock is not None else clock
        changes = tuple(self._changes()) if number else ()
        watermark, added = self._watermark, self._added
        seen = self._rows if watermark is None else {change.key: change.new for change in changes if change.new}
        self._advance(seen, clock)
        self._clock, self._touched, self._added = clock, {}, False
        return Sync(number, clock, before, watermark, self._watermark, dict(self._rows), changes, added)

    def _changes(self) -> Iterator[Change]:
        for key, old in self._touched.items():
            new = self._rows.get(key)
            if new == old:
                continue
            lag = None if new is None or new.cursor is None or self._watermark is None else self._watermark - new.cursor
            yield Change(key, old, new, lag, larger(key, self._at_watermark))

    def _advance(self, seen: Mapping[Key, Version | None], clock: int) -> None:
        """Move the watermark over what is visible now; a value that was ahead of the clock counts once it is not."""
        candidates = {**self._ahead, **seen}
        self._ahead = {}
        for key, version in candidates.items():
            if version is None or version.cursor is None or self._rows.get(key) != version:
                continue
            if version.cursor > clock:
                self._ahead[key] = version
            elif self._watermark is None or version.cursor > self._watermark:
                self._watermark, self._at_watermark = version.cursor, key
            elif version.cursor == self._watermark and larger(key, self._at_watermark):
                self._at_watermark = key


def larger(key: Key, other: Key | None) -> bool:
    """Return whether a key comes after another; everything comes after no key at all."""
    return other is None or key > other


def _versions(rows: pa.Table, table: Table) -> dict[Key, Version]:
    """Return the rows of an Arrow table by key; timestamps as microseconds."""
    import pyarrow as pa

    columns = {
        name: (rows[name].cast(pa.int64()) if pa.types.is_timestamp(rows[name].type) else rows[name]).to_pylist()
        for name in rows.column_names
    }
    keys = zip(*(columns[name] for name in table.key), strict=True)
    cursors = columns[table.cursor] if table.cursor else [None] * rows.num_rows
    contents = zip(*columns.values(), strict=True)
    return {
        key: Version(cursor, _content(content)) for key, cursor, content in zip(keys, cursors, contents, strict=True)
    }


def _content(values: Content) -> Content:
    """Leave out the nulls at the end."""
    end = len(values)
    while end and values[end - 1] is None:
        end -= 1
    return values[:end]
