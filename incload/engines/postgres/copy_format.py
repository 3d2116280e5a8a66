"""PostgreSQL's binary COPY format, to Arrow and back, a batch of rows at a time and column by column.

A row is a count of its fields and for each field its length, -1 for a null, and its bytes, numbers in network order.
The driver hands over one row after the other; knowing where each begins, numpy finds the fields of all of them at once.
This keeps rows, staging and state in one transaction of one connection, which a second driver could not share.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import psycopg
import pyarrow as pa
from psycopg.pq import ExecStatus

from incload.engines.driver_errors import reason
from incload.engines.postgres.columns import shared_types
from incload.engines.session import Query
from incload.errors import Refused
from incload.table import Kind

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray
    from psycopg.pq.abc import PGconn

    from incload.table import Column

    Bytes = NDArray[np.uint8]
    Numbers = NDArray[np.int64]

BATCH_ROWS = 65_536
BATCH_BYTES = 1 << 25
_SIGNATURE = b"PGCOPY\n\xff\r\n\0"
_HEADER = _SIGNATURE + bytes(8)
_TRAILER = b"\xff\xff"
_EPOCH_SHIFT = 946_684_800_000_000
"""Microseconds from 1970, where Arrow counts from, to 2000, where PostgreSQL does."""
_FOREVER = np.iinfo(np.int64).max
_ARROW = {
    Kind.INTEGER: pa.int64(),
    Kind.REAL: pa.float64(),
    Kind.BOOLEAN: pa.bool_(),
    Kind.TIMESTAMP: pa.timestamp("us"),
    Kind.BLOB: pa.binary(),
}
_CASTS = {Kind.INTEGER: "bigint", Kind.REAL: "float8", Kind.BOOLEAN: "boolean", Kind.BLOB: "bytea"}
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


def crossing(name: str, column: Column) -> str:
    """Return the expression that brings a column into the type in which it is read."""
    if column.kind is Kind.TIMESTAMP:
        return f"{name}::timestamp" if column.dated else name
    if column.declared == "xid8":
        return f"{name}::text::bigint"
    if column.shared:
        return shared_types.written(name, column)
    if column.kind is Kind.OTHER and not column.stays and (column.declared.endswith("[]") or column.own == "row"):
        return f"to_json({name})::text"
    return f"{name}::{_CASTS.get(column.kind, 'text')}"


def arrow_type(column: Column) -> pa.DataType:
    """Return the Arrow type in which a column travels."""
    if column.kind is Kind.DECIMAL:
        return pa.decimal128(*column.digits)
    if column.kind is Kind.TIMESTAMP and column.zoned:
        return pa.timestamp("us", "UTC")
    return _ARROW.get(column.kind, pa.string())


def read(connection: psycopg.Connection[Any], sql: str, columns: tuple[Column, ...]) -> pa.RecordBatchReader:
    """Stream the rows of a query whose columns are as `crossing` makes them."""
    schema = pa.schema([(column.name, arrow_type(column)) for column in columns])
    return pa.RecordBatchReader.from_batches(schema, _batches(connection.pgconn, sql, schema))


def _batches(connection: PGconn, sql: str, schema: pa.Schema) -> Iterator[pa.RecordBatch]:
    result = connection.exec_(f"COPY ({sql}) TO STDOUT (FORMAT binary)".encode())
    if result.status != ExecStatus.COPY_OUT:
        raise psycopg.errors.error_from_result(result)
    first = True
    while True:
        rows, lengths, more = _gathered(connection)
        if first and lengths:  # without one the server has failed, which it says at the end
            rows, lengths[0] = rows[len(_HEADER) :], lengths[0] - len(_HEADER)
            first = False
        if lengths and rows[-len(_TRAILER) :] == _TRAILER and lengths[-1] == len(_TRAILER):
            lengths.pop()
        lengths = lengths if lengths[:1] != [0] else lengths[1:]
        if lengths:
            yield _decoded(np.frombuffer(rows, np.uint8), np.asarray(lengths, np.int64), schema)
        if not more:
            break
    _finish(connection)


def _gathered(connection: PGconn) -> tuple[bytearray, list[int], bool]:
    """Collect the rows of a batch, one behind the other; return them, the length of each, and whether more follow."""
    rows, lengths = bytearray(), list[int]()
    take = connection.get_copy_data
    while len(lengths) < BATCH_ROWS and len(rows) < BATCH_BYTES:
        length, row = take(0)
        if length < 0:
            return rows, lengths, False
        rows += row
        lengths.append(length)
    return rows, lengths, True


def _finish(connection: PGconn) -> None:
    """Take the results that end a COPY; raise what the server says went wrong."""
    failed = None
    while (result := connection.get_result()) is not None:
        if result.status == ExecStatus.FATAL_ERROR:
            failed = result
    if failed is not None:
        raise psycopg.errors.error_from_result(failed)


def abandon(connection: psycopg.Connection[Any]) -> None:
    """End a COPY that is not read to its end, so that the connection can be used again."""
    if connection.pgconn.transaction_status != psycopg.pq.TransactionStatus.ACTIVE:
        return
    connection.cancel_safe()
    try:
        while connection.pgconn.get_copy_data(0)[0] >= 0:
            pass
    except psycopg.Error:
        pass  # the server reports the cancelled COPY
    while connection.pgconn.get_result() is not None:
        pass


def _decoded(rows: Bytes, lengths: Numbers, schema: pa.Schema) -> pa.RecordBatch:
    """Take the columns out of rows that stand one behind the other."""
    place = np.cumsum(lengths) - lengths + 2
    arrays = []
    for field in schema:
        size = _numbers(rows, place, ">i4").astype(np.int64)
        place += 4
        valid = size >= 0
        size[~valid] = 0
        arrays.append(_array(rows, np.where(valid, place, 0), size, valid, field))
        place += size
    return pa.RecordBatch.from_arrays(arrays, schema=schema)


def _numbers(rows: Bytes, place: Numbers, kind: str) -> NDArray[Any]:
    """Read a number at each place."""
    numbers: NDArray[Any] = rows[place[:, None] + np.arange(int(kind[-1]))].view(kind)[:, 0]
    return numbers


def _array(rows: Bytes, place: Numbers, size: Numbers, valid: NDArray[np.bool_], field: pa.Field) -> pa.Array:
    """Build one column from the places and sizes of its values."""
    kind, mask = field.type, None if valid.all() else ~valid
    if pa.types.is_boolean(kind):
        return pa.array(rows[place] == 1, kind, mask=mask)
    if pa.types.is_float64(kind):
        return pa.array(_numbers(rows, place, ">f8").astype(np.float64), kind, mask=mask, from_pandas=False)
    if pa.types.is_int64(kind):
        return pa.array(_numbers(rows, place, ">i8").astype(np.int64), kind, mask=mask)
    if pa.types.is_timestamp(kind):
        ticks = _numbers(rows, place, ">i8").astype(np.int64)
        return pa.array(_since_1970(np.where(valid, ticks, 0), field.name), pa.int64(), mask=mask).cast(kind)
    ends = np.cumsum(size)
    starts = ends - size
    data = rows[np.repeat(place - starts, size) + np.arange(ends[-1])]
    offsets = np.concatenate([[0], ends]).astype(np.int32)
    nulls = None if mask is None else pa.py_buffer(np.packbits(valid, bitorder="little"))
    buffers = [nulls, pa.py_buffer(offsets), pa.py_buffer(data)]
    if not pa.types.is_decimal(kind):
        return pa.Array.from_buffers(kind, len(size), buffers)
    try:
        return pa.Array.from_buffers(pa.string(), len(size), buffers).cast(kind)
    except pa.ArrowInvalid as error:  # NaN
        raise Refused(f"column {field.name!r} holds a value that is no {kind}: {reason(error)}") from error


def _since_1970(ticks: Numbers, column: str) -> Numbers:
    """Count from 1970; what lies beyond the calendar, `infinity`, stays the largest and the smallest number."""
    endless = (ticks == _FOREVER) | (ticks == -_FOREVER - 1)
    if (~endless & (ticks >= _FOREVER - _EPOCH_SHIFT)).any():
        raise Refused(
            f"column {column!r} holds a time after the year 294247, which no other engine can hold: "
            "write an earlier one, null or infinity."
        )
    return np.where(endless, np.maximum(ticks, -_FOREVER), ticks + _EPOCH_SHIFT)


def _since_2000(ticks: Numbers) -> Numbers:
    """Count from 2000, the other way round."""
    endless = np.abs(ticks) == _FOREVER
    return np.where(endless, np.where(ticks > 0, _FOREVER, -_FOREVER - 1), ticks - _EPOCH_SHIFT)


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
            copy.write(_HEADER)
            for batch in self.reader:
                for start in range(0, batch.num_rows, BATCH_ROWS):
                    part = batch.slice(start, BATCH_ROWS)
                    copy.write(_encoded(_typed(part, schema)))
                rows += batch.num_rows
            copy.write(_TRAILER)
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
            raise Refused(
                f"column {field.name!r} holds a value that PostgreSQL cannot hold exactly: {reason(error)}"
            ) from error
    return pa.RecordBatch.from_arrays(arrays, schema=schema)


def _coarser(array: pa.Array, kind: pa.DataType) -> pa.Array:
    """Cast, and let a time without end in nanoseconds, the largest number, be one in microseconds."""
    if not (pa.types.is_timestamp(array.type) and array.type.unit == "ns"):
        return array.cast(kind)
    import pyarrow.compute as pc  # imported only where a timestamp of nanoseconds is written

    ticks = array.cast(pa.int64())
    above, below = pc.equal(ticks, _FOREVER), pc.equal(ticks, -_FOREVER)
    finite = pc.if_else(pc.or_(above, below), pa.scalar(None, pa.int64()), ticks).cast(array.type).cast(kind)
    endless = pc.if_else(above, _FOREVER, pc.if_else(below, -_FOREVER, finite.cast(pa.int64())))
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
    array = array.cast(pa.string()) if pa.types.is_decimal(array.type) else array
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
