"""A history: the life of one source table, as a base content and the ticks that change it.

A tick is one batch of changes that become visible together. Rows travel as Arrow tables whose columns stand in the
table's order: integers as int64, reals as float64, text as string, booleans as bool, timestamps as timestamp[us]
without a zone (UTC). Ticks are applied in order; inside a tick the deletes come first, then what happens to the
columns, then the upserts, which have the columns as they then are.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pyarrow as pa

    from incload.table import Column, Table


@dataclass(frozen=True, slots=True)
class Tick:
    """One batch of changes that become visible together.

    Attributes:
        at: What the source's clock shows when the batch is visible, in microseconds since 1970-01-01 UTC.
        upserts: Whole rows as they now are, one for each key that was inserted or updated.
        deletes: The keys of the rows that disappear, the key columns only.
        adds: Columns that appear with this tick, each with the value that every row present then gets.
        widens: Columns whose type becomes the one given; old values keep their value in the new type.
    """

    at: int
    upserts: pa.Table
    deletes: pa.Table
    adds: tuple[tuple[Column, object], ...] = ()
    widens: tuple[Column, ...] = ()


@dataclass(frozen=True, slots=True)
class History:
    """The life of one source table.

    Attributes:
        table: What the table is at the start.
        started: What the source's clock shows when the base is visible, in microseconds since 1970-01-01 UTC.
        base: The rows at the start.
        ticks: What happens afterwards, oldest first. A long history may make its ticks one by one.
    """

    table: Table
    started: int
    base: pa.Table
    ticks: Iterable[Tick]

    def digest(self) -> str:
        """Return a short digest of every value of the history, the same on every platform and Python.

        Two histories with one digest hold the same rows at the same times. Only a history whose ticks are held as a
        sequence can be digested without using it up.
        """
        state = hashlib.sha256(repr((self.table.names, self.table.key, self.table.cursor, self.started)).encode())
        _absorb(state, self.base)
        for tick in self.ticks:
            state.update(str(tick.at).encode())
            _absorb(state, tick.upserts)
            _absorb(state, tick.deletes)
            for column, value in tick.adds:
                state.update(f"\x1d{column.name}\x1f{column.kind}\x1f{column.declared}\x1f{value!r}".encode())
            for column in tick.widens:
                state.update(f"\x1c{column.name}\x1f{column.kind}\x1f{column.declared}".encode())
        return state.hexdigest()[:16]


def _absorb(state: hashlib._Hash, rows: pa.Table) -> None:
    """Add the values of a table to a digest, column by column, independent of chunks and buffers."""
    import pyarrow as pa

    for name, column in zip(rows.column_names, rows.columns, strict=True):
        values = column.cast(pa.int64()) if pa.types.is_timestamp(column.type) else column
        state.update(f"\x1e{name}\x1f{len(values)}\x1f".encode())
        state.update("\x1f".join(map(repr, values.to_pylist())).encode())
