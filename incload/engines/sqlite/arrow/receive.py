"""Rows into SQLite: a stream is written to a scratch file through ADBC, batch by batch, in the form that it stores."""

from __future__ import annotations

import re
import tempfile
from typing import TYPE_CHECKING

import pyarrow as pa
from adbc_driver_manager import AdbcStatement, Error

from incload.engines.driver_errors import reason
from incload.engines.sqlite.arrow.send import connected, execute
from incload.engines.stream import digits_of
from incload.engines.temporary.dirs import Scratch
from incload.engines.temporary.tables import STAGE
from incload.errors import Refused

if TYPE_CHECKING:
    from collections.abc import Iterator

INCOMING = "incoming.db"
"""The file in which rows wait."""
_LEAST, _MOST = -(1 << 63), (1 << 63) - 1


def _storable(reader: pa.RecordBatchReader, nulled: dict[str, set[str]]) -> pa.RecordBatchReader:
    """Bring a stream to what SQLite stores: timestamps as ticks, booleans as 0 and 1, decimals as text."""
    kinds = list(map(_storage, reader.schema.types))
    schema = pa.schema(list(zip(reader.schema.names, kinds, strict=True)))

    def batches() -> Iterator[pa.RecordBatch]:
        for batch in reader:
            for column, values in zip(batch.schema.names, batch.columns, strict=True):
                nulled[column] = nulled.get(column, set()) | _unstorable(values)
            yield pa.record_batch([_stored(*each) for each in zip(batch.columns, kinds, strict=True)], schema)

    return pa.RecordBatchReader.from_batches(schema, batches())


def _unstorable(values: pa.Array) -> set[str]:
    """Return what there is of which SQLite makes a null: NaN and times without end; a pass of Arrow's own."""
    if not (pa.types.is_floating(values.type) or pa.types.is_timestamp(values.type)):
        return set()
    import pyarrow.compute as pc  # imported only where a float or a timestamp is stored

    if pa.types.is_floating(values.type):
        return {"NaN"} if pc.any(pc.is_nan(values)).as_py() else set()
    found = pc.min_max(values.cast(pa.int64()))
    least, most = found["min"].as_py() or 0, found["max"].as_py() or 0
    return {*(["infinity"] if most == _MOST else []), *(["-infinity"] if least <= -_MOST else [])}


def _storage(kind: pa.DataType) -> pa.DataType:
    """Return the type in which SQLite stores values of a type."""
    if pa.types.is_timestamp(kind) or pa.types.is_boolean(kind):
        return pa.int64()
    return pa.string() if pa.types.is_decimal(kind) else kind


def _stored(values: pa.Array, kind: pa.DataType) -> pa.Array:
    """Bring values to the type in which they are stored; a time without end has no number and becomes null."""
    if pa.types.is_decimal(values.type):
        return digits_of(values)
    ticks = values.cast(kind)
    if not pa.types.is_timestamp(values.type):
        return ticks
    import pyarrow.compute as pc  # imported only where a timestamp is stored

    return pc.if_else(pc.less(pc.abs(pc.if_else(pc.equal(ticks, _LEAST), _MOST, ticks)), _MOST), ticks, None)


def scratch(reader: pa.RecordBatchReader, nulled: dict[str, set[str]]) -> Scratch:
    """Write a stream to a new SQLite file of its own; return its folder, which the caller removes.

    What is null there and was not is added to `nulled`, by its column.
    """
    try:
        room = Scratch()
    except OSError as error:
        raise _unwritten(error) from error
    try:
        with connected(str(room.folder / INCOMING)) as connection, AdbcStatement(connection) as statement:
            execute(connection, "PRAGMA synchronous = OFF")
            statement.set_options(**{"adbc.ingest.target_table": STAGE})
            statement.bind_stream(_storable(reader, nulled))
            statement.execute_update()
    except BaseException as error:
        room.remove()
        if isinstance(error, Error):
            raise _unwritten(error) from error
        raise
    return room


_UNREAD = re.compile(r".*Failed to get next parameter batch: (?:\(\d+\) )?(?:Invalid argument: )?", re.DOTALL)
"""How ADBC begins to say that the stream which it was to write broke off."""


def _unwritten(error: Exception) -> Refused:
    """Say that rows on their way found no place, or that there is none to read; an interrupt stays an error's cause."""
    unread, said = _UNREAD.subn("", str(error))
    if said:
        return Refused(f"the source broke off on the way into SQLite: {reason(Exception(unread))}")
    try:
        folder = repr(tempfile.gettempdir())
    except OSError:
        folder = "the folder for temporary files"
    return Refused(
        f"rows on their way into SQLite wait in {folder}, and cannot be written there: {reason(error)} "
        "Make room, or name another folder in the variable TMPDIR."
    )
