"""Rows that come into PostgreSQL: a stream of Arrow written as a binary COPY, a batch at a time, column by column."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from incload.engines.driver_errors import reason
from incload.engines.postgres.binary_copy.types import BATCH_ROWS, EPOCH_SHIFT, FOREVER, HEADER, TRAILER, arrow_type
from incload.engines.sql import Query
from incload.engines.stream import digits_of
from incload.errors import Refused
from incload.table import Kind

if TYPE_CHECKING:
    from collections.abc import Sequence

    import psycopg
    from numpy.typing import NDArray

    from incload.table import Column

    Bytes = NDArray[np.uint8]
    Numbers = NDArray[np.int64]

_SPOKEN = {
    Kind.INTEGER: ("bigint",),
    Kind.REAL: ("double precision",),
    Kind.TEXT: ("text", "character varying"),
    Kind.BOOLEAN: ("boolean",),
    Kind.TIMESTAMP: ("timestamp without time zone", "timestamp with time zone"),
    Kind.BLOB: ("bytea",),
    Kind.DECIMAL: ("text",),
    Kind.OTHER: ("text",),
}
"""The types whose binary form is written for a kind; the first is that of the temporary table otherwise."""
_NO_QUERY = Query("")


@dataclass(frozen=True, slots=True)
class Incoming:
    """A stream on its way into a table.

    Attributes:
        reader: The stream.
        columns: Its columns, declared as the table that it is meant for declares them.
        all: The query by which the whole of it is asked for.
    """

    reader: pa.RecordBatchReader
    columns: tuple[Column, ...]
    all: Query = _NO_QUERY

    @property
    def types(self) -> list[str]:
        """The types of a table that binary COPY can fill from it."""
        return [
            column.declared if _spoken(column, column.declared) else _SPOKEN[column.kind][0] for column in self.columns
        ]

    def fits(self, declared: Sequence[str]) -> bool:
        """Return whether a table of these types can be filled directly."""
        return all(_spoken(column, kind) for column, kind in zip(self.columns, declared, strict=True))

    def copy(self, connection: psycopg.Connection[Any], table: str) -> int:
        """Copy the whole stream into a table that is named with its columns; return the number of rows."""
        schema = pa.schema([(column.name, arrow_type(column)) for column in self.columns])
        rows = 0
        with connection.cursor() as cursor, cursor.copy(f"COPY {table} FROM STDIN (FORMAT binary)".encode()) as copy:
            copy.write(HEADER)
            for batch in self.reader:
                for start in range(0, batch.num_rows, BATCH_ROWS):
                    part = batch.slice(start, BATCH_ROWS)
                    copy.write(_encoded(_typed(part, schema)))
                rows += batch.num_rows
            copy.write(TRAILER)
        return rows


def _spoken(column: Column, declared: str) -> bool:
    """Return whether the binary form that is written for a column is that of a type."""
    return declared.partition("(")[0] in _SPOKEN[column.kind]


def _typed(batch: pa.RecordBatch, schema: pa.Schema) -> pa.RecordBatch:
    """Bring every column to the type in which it is written; refuse a value that would be bent by it."""
    arrays = []
    for field, array in zip(schema, batch.columns, strict=True):
        try:
            arrays.append(array if array.type == field.type else _coarser(array, field.type))
        except pa.ArrowInvalid as error:
            why = reason(error).rstrip(".")
            raise Refused(
                f"column {field.name!r} holds a value that PostgreSQL cannot hold exactly ({why}): "
                "round it in a view of the source, or load into another engine."
            ) from error
    return pa.RecordBatch.from_arrays(arrays, schema=schema)


def _coarser(array: pa.Array, kind: pa.DataType) -> pa.Array:
    """Cast, and let a time without end in nanoseconds, the largest number, be one in microseconds."""
    if not (pa.types.is_timestamp(array.type) and array.type.unit == "ns"):
        return array.cast(kind)
    import pyarrow.compute as pc  # imported only where a timestamp of nanoseconds is written

    ticks = array.cast(pa.int64())
    above, below = pc.equal(ticks, FOREVER), pc.equal(ticks, -FOREVER)
    finite = pc.if_else(pc.or_(above, below), pa.scalar(None, pa.int64()), ticks).cast(array.type).cast(kind)
    endless = pc.if_else(above, FOREVER, pc.if_else(below, -FOREVER, finite.cast(pa.int64())))
    return endless.cast(kind)


def _encoded(batch: pa.RecordBatch) -> bytes:
    """Write rows one behind the other."""
    fields = [_field(array) for array in batch.columns]
    lengths = np.full(batch.num_rows, 2, np.int64)
    for _, size, _ in fields:
        lengths += 4 + np.maximum(size, 0)
    place = np.cumsum(lengths) - lengths
    rows = np.zeros(int(lengths.sum()), np.uint8)
    _put(rows, place, np.full(batch.num_rows, len(fields), ">i2"))
    place += 2
    for values, size, starts in fields:
        _put(rows, place, size.astype(">i4"))
        place += 4
        taken = np.maximum(size, 0)
        if starts is None:
            present = size >= 0
            _put(rows, place[present], values[present])
        else:
            ends = np.cumsum(taken)
            steps = np.arange(ends[-1])
            before = ends - taken
            rows[np.repeat(place - before, taken) + steps] = values[np.repeat(starts - before, taken) + steps]
        place += taken
    return rows.tobytes()


def _put(rows: Bytes, place: Numbers, values: NDArray[Any]) -> None:
    """Write a number at each place."""
    width = values.dtype.itemsize
    rows[place[:, None] + np.arange(width)] = np.ascontiguousarray(values).view(np.uint8).reshape(-1, width)


def _field(array: pa.Array) -> tuple[NDArray[Any], Numbers, Numbers | None]:
    """Return a column's values, the size of each or -1, and for values of any size where each starts."""
    valid = np.asarray(array.is_valid())
    array = digits_of(array) if pa.types.is_decimal(array.type) else array
    kind = array.type
    if not (pa.types.is_string(kind) or pa.types.is_binary(kind)):
        values = _fixed(array)
        return values, np.where(valid, values.dtype.itemsize, -1), None
    offsets = np.frombuffer(array.buffers()[1], np.int32)[array.offset : array.offset + len(array) + 1].astype(np.int64)
    data = array.buffers()[2]
    values = np.frombuffer(data, np.uint8) if data is not None and data.size else np.zeros(0, np.uint8)
    return values, np.where(valid, np.diff(offsets), -1), offsets[:-1]


def _fixed(array: pa.Array) -> NDArray[Any]:
    """Return the values of a column of one width, in network order; nulls as anything."""
    if pa.types.is_boolean(array.type):
        return np.asarray(array.fill_null(False)).astype(np.uint8)  # noqa: FBT003 - the value of a null
    if pa.types.is_floating(array.type):
        return np.asarray(array.fill_null(0.0)).astype(">f8")
    numbers = np.asarray(array.cast(pa.int64()).fill_null(0))
    return (_since_2000(numbers) if pa.types.is_timestamp(array.type) else numbers).astype(">i8")


def _since_2000(ticks: Numbers) -> Numbers:
    """Count from 2000, the other way round."""
    endless = np.abs(ticks) == FOREVER
    return np.where(endless, np.where(ticks > 0, FOREVER, -FOREVER - 1), ticks - EPOCH_SHIFT)
