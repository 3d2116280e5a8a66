"""A contender's copy as rows of the source's columns: by declaration and by nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING

from incload.contenders.declared import BOOLEANS, TIMES
from incload.table import Kind

if TYPE_CHECKING:
    from collections.abc import Callable

    from incload.auditing.audit import Row
    from incload.contenders.declared import Declared
    from incload.table import Column, Table


class CopyReader:
    """Makes rows of the source's columns out of rows of a copy.

    Attributes:
        there: The columns of the copy that are to be read.
        key: The names of the key columns in the copy.
    """

    def __init__(self, declared: Declared, table: Table, columns: tuple[Column, ...]) -> None:
        """Match the columns of a copy to those of its source; names are the same whatever their case."""
        found = {column.name.lower(): column for column in columns}
        wanted = [found.get(declared.name(name).lower()) for name in table.names]
        self._current = found.get(declared.current.lower()) if declared.current else None
        matched = dict.fromkeys(column for column in (*wanted, self._current) if column is not None)
        self.there = tuple(matched) if any(wanted) else ()
        self.key = tuple(found[declared.name(name).lower()].name for name in table.key) if self.there else ()
        places = {column: number for number, column in enumerate(self.there)}
        self._places = [None if column is None else places[column] for column in wanted]
        self._former = None if self._current is None else places[self._current]
        self._change = [_change(declared, column.kind) for column in table.columns]
        self._is_plain = self._places == list(range(len(self.there))) and not any(self._change)

    def read(self, rows: list[Row]) -> list[Row]:
        """Return rows of the copy as rows of the source; former versions are left out."""
        if self._former is not None:
            rows = [row for row in rows if row[self._former] is None]
        return rows if self._is_plain else [self._row(row) for row in rows]

    def _row(self, row: Row) -> Row:
        """Return one row; a column that the copy does not have is null."""
        values = (None if place is None else row[place] for place in self._places)
        return tuple(
            value if change is None else change(value) for value, change in zip(values, self._change, strict=True)
        )


def _change(declared: Declared, kind: Kind) -> Callable[[object], object] | None:
    """Return what makes the source's form of a declared representation; None where nothing is declared."""
    if kind is Kind.TIMESTAMP and declared.times:
        return TIMES[declared.times]
    if kind is Kind.BOOLEAN and declared.booleans:
        known = BOOLEANS[declared.booleans]
        return lambda value: known.get(value, value)
    return None
