"""Rows that leave PostgreSQL: a binary COPY read into Arrow, a batch of rows at a time and column by column.

The driver hands over one row after the other; knowing where each begins, numpy finds the fields of all of them at once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import psycopg
import pyarrow as pa
from psycopg.pq import ExecStatus

from incload.engines.driver_errors import reason
from incload.engines.postgres.binary_copy.types import BATCH_ROWS, EPOCH_SHIFT, FOREVER, HEADER, TRAILER, arrow_type
from incload.errors import Refused

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray
    from psycopg.pq.abc import PGconn

    from incload.table import Column

    Bytes = NDArray[np.uint8]
    Numbers = NDArray[np.int64]

BATCH_BYTES = 1 << 25


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
            rows, lengths[0] = rows[len(HEADER) :], lengths[0] - len(HEADER)
            first = False
        if lengths and rows[-len(TRAILER) :] == TRAILER and lengths[-1] == len(TRAILER):
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
        why = reason(error).rstrip(".")
        raise Refused(
            f"column {field.name!r} holds a value that is no {kind} ({why}): "
            "make it null, or load from a view that casts the column to text."
        ) from error


def _since_1970(ticks: Numbers, column: str) -> Numbers:
    """Count from 1970; what lies beyond the calendar, `infinity`, stays the largest and the smallest number."""
    endless = (ticks == FOREVER) | (ticks == -FOREVER - 1)
    if (~endless & (ticks >= FOREVER - EPOCH_SHIFT)).any():
        raise Refused(
            f"column {column!r} holds a time after the year 294247, which no other engine can hold: "
            "write an earlier one, null or infinity."
        )
    return np.where(endless, np.maximum(ticks, -FOREVER), ticks + EPOCH_SHIFT)
