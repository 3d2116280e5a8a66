"""Rows into SQLite: a stream is written to a scratch file through ADBC, batch by batch, in the form that it stores."""

from __future__ import annotations

import tempfile
from typing import TYPE_CHECKING

import pyarrow as pa
from adbc_driver_manager import AdbcStatement, Error

from incload.errors import Refused
from incload.load.engines.scratch import Scratch
from incload.load.engines.sqlite_stream import connected, execute
from incload.load.engines.temporary import STAGE
from incload.load.wording import reason

if TYPE_CHECKING:
    from collections.abc import Iterator

INCOMING = "incoming.db"
"""The file in which rows wait."""
_LEAST, _MOST = -(1 << 63), (1 << 63) - 1


def _storable(reader: pa.RecordBatchReader, nulled: set[str]) -> pa.RecordBatchReader:
    """Bring a stream to what SQLite stores: stamps as the ticks that they count, truth as 0 and 1, decimals as text."""
    kinds = list(map(_storage, reader.schema.types))
    schema = pa.schema(list(zip(reader.schema.names, kinds, strict=True)))

    def batches() -> Iterator[pa.RecordBatch]:
        for batch in reader:
            _note_nan(batch, nulled)
            yield pa.record_batch([_stored(*each) for each in zip(batch.columns, kinds, strict=True)], schema)

    return pa.RecordBatchReader.from_batches(schema, batches())


def _note_nan(batch: pa.RecordBatch, nulled: set[str]) -> None:
    """Note the columns with a NaN, of which SQLite makes a null; the look is one pass of Arrow's own."""
    for column, values in zip(batch.schema, batch.columns, strict=True):
        if pa.types.is_floating(column.type) and column.name not in nulled:
            import pyarrow.compute as pc  # where no float is stored, nobody waits for it

            if pc.any(pc.is_nan(values)).as_py():
                nulled.add(column.name)


def _storage(kind: pa.DataType) -> pa.DataType:
    """Return the type in which SQLite stores values of a type."""
    if pa.types.is_timestamp(kind) or pa.types.is_boolean(kind):
        return pa.int64()
    return pa.string() if pa.types.is_decimal(kind) else kind


def _stored(values: pa.Array, kind: pa.DataType) -> pa.Array:
    """Bring values to the type in which they are stored; a time without end has no number and becomes null."""
    ticks = values.cast(kind)
    if not pa.types.is_timestamp(values.type):
        return ticks
    import pyarrow.compute as pc  # where no stamp is stored, nobody waits for it

    return pc.if_else(pc.less(pc.abs(pc.if_else(pc.equal(ticks, _LEAST), _MOST, ticks)), _MOST), ticks, None)


def scratch(reader: pa.RecordBatchReader, nulled: set[str]) -> Scratch:
    """Write a stream to a new SQLite file that nobody else knows; return its folder, which the caller removes.

    The columns with a NaN, which is null there, are added to `nulled`.
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


def _unwritten(error: Exception) -> Refused:
    """Say that rows on their way found no place; an interrupt is behind some errors and stays their cause."""
    try:
        folder = repr(tempfile.gettempdir())
    except OSError:
        folder = "the folder for temporary files"
    return Refused(
        f"rows on their way into SQLite wait in {folder}, and cannot be written there: {reason(error)} "
        "Make room, or name another folder in the variable TMPDIR."
    )
