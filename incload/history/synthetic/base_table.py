"""The content that a history starts from, held in Arrow however large it is, and looked into one row at a time."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from incload.history.synthetic.datasets import CURSOR, KEY

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import pyarrow as pa

Value = int | float | str | bool | None
Row = dict[str, Value]
"""The content of one row by column; a timestamp is a whole number of microseconds since 1970-01-01 UTC."""


class Base:
    """The base content. To change it, give the plan another."""

    def __init__(self, rows: pa.Table) -> None:
        """Wrap rows whose keys are unique, in any order."""
        self.rows = rows
        self._columns = {name: plain(rows.column(name).combine_chunks()) for name in rows.column_names}
        self.keys: list[int] = self._columns[KEY].to_pylist()
        self._places = {key: place for place, key in enumerate(self.keys)}

    def __contains__(self, key: int) -> bool:
        """Whether there is a row of that key."""
        return key in self._places

    def row(self, key: int) -> Row | None:
        """Return the content of a row, or None when there is none of that key."""
        place = self._places.get(key)
        return None if place is None else {name: values[place].as_py() for name, values in self._columns.items()}

    def newest_first(self) -> Iterator[tuple[int, int]]:
        """Yield key and cursor value of the rows that have one, the largest value first."""
        keys, timestamps = self._columns[KEY], self._columns[CURSOR]
        for place in self._descending[: len(timestamps) - timestamps.null_count]:
            yield keys[place.as_py()].as_py(), timestamps[place.as_py()].as_py()

    def timestamps(self) -> set[int]:
        """Return all cursor values."""
        return set(self._columns[CURSOR].drop_null().to_pylist())

    def with_timestamps(self, change: Callable[[pa.Array], pa.Array]) -> Base:
        """Return a base whose cursor values, as whole numbers in the order of the rows, are what a function makes."""
        place = self.rows.column_names.index(CURSOR)
        changed = change(self._columns[CURSOR]).cast(self.rows.schema.field(place).type)
        return Base(self.rows.set_column(place, CURSOR, changed))

    @cached_property
    def _descending(self) -> pa.Array:
        import pyarrow.compute as pc

        return pc.array_sort_indices(self._columns[CURSOR], order="descending", null_placement="at_end")


def timestamp_of(row: Row) -> int | None:
    """Return the cursor value of a row."""
    timestamp = row[CURSOR]
    return timestamp if isinstance(timestamp, int) else None


def key_of(row: Row) -> int:
    """Return the key of a row."""
    key = row[KEY]
    assert isinstance(key, int)  # noqa: S101 - the keys of every dataset are whole numbers
    return key


def plain(column: pa.Array) -> pa.Array:
    """Return timestamps as whole numbers, and anything else as it is."""
    import pyarrow as pa

    return column.cast(pa.int64()) if pa.types.is_timestamp(column.type) else column
