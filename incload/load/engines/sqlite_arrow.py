"""Arrow streams in and out of SQLite, through ADBC; imported only when rows cross from one engine to another.

ADBC guesses a column's type from its first rows. Every read therefore starts with one row of the declared types, which
is dropped again; a value that does not fit its declared type is refused, never bent.
"""

from __future__ import annotations

import re
import shutil
import tempfile
from contextlib import contextmanager
from pathlib import Path
from struct import pack
from typing import TYPE_CHECKING
from urllib.parse import quote

import adbc_driver_sqlite
import pyarrow as pa
from adbc_driver_manager import AdbcConnection, AdbcStatement, Error

from incload.errors import Refused
from incload.load.engines.base import Query, Session
from incload.load.engines.temporary import STAGE
from incload.load.wording import reason
from incload.table import Column, Kind

if TYPE_CHECKING:
    from collections.abc import Iterator

BATCH_ROWS = 65_536
_EXAMPLE = {Kind.INTEGER: "-1", Kind.REAL: "0.5", Kind.TEXT: "''", Kind.BOOLEAN: "0", Kind.BLOB: "x'00'"}
_LEAST, _MOST = -(1 << 63), (1 << 63) - 1
_EXACT = 1 << 53
"""Up to here every integer is a float."""
_BENT = {
    Kind.TEXT: "{0} < '' OR {0} >= x''",
    Kind.BLOB: "{0} < x''",
    Kind.REAL: f"typeof({{0}}) = 'integer' AND {{0}} NOT BETWEEN -{_EXACT} AND {_EXACT}",
}
"""When a value is none of its column's kind and ADBC would not say so; SQLite sorts numbers, then texts, then bytes."""
_SAID, _QUOTE = "incload: ", "'"
_STORED = {Kind.INTEGER: pa.int64(), Kind.REAL: pa.float64(), Kind.TEXT: pa.string(), Kind.BLOB: pa.binary()}


def read(source: Path, query: Query, columns: tuple[Column, ...], lock_seconds: float) -> pa.RecordBatchReader:
    """Stream the rows of a query on a SQLite file whose tables the query names under `source`.

    A file that somebody writes is waited for, so many seconds.
    """
    schema = pa.schema([(column.name, _STORED[column.kind]) for column in columns])
    return pa.RecordBatchReader.from_batches(schema, _batches(source, query, schema, columns, lock_seconds))


def _batches(
    source: Path, query: Query, schema: pa.Schema, columns: tuple[Column, ...], lock_seconds: float
) -> Iterator[pa.RecordBatch]:
    example = ", ".join(f"{_EXAMPLE[column.kind]} AS {Session.quote(column.name)}" for column in columns)
    values = ", ".join(map(_held, columns))
    sql = f"SELECT * FROM (SELECT {example}) UNION ALL SELECT {values} FROM ({query.sql})"
    with _connected(":memory:") as connection:
        _run(connection, f"PRAGMA busy_timeout = {lock_seconds * 1000:.0f}")
        try:
            _run(connection, f"ATTACH 'file:{quote(str(source))}?mode=ro' AS source")
            with AdbcStatement(connection) as statement:
                statement.set_options(**{"adbc.sqlite.query.batch_rows": str(BATCH_ROWS)})
                statement.set_sql_query(sql)
                if query.params:
                    names = [str(place) for place in range(len(query.params))]
                    statement.bind(pa.RecordBatch.from_arrays(list(map(_bound, query.params)), names))
                handle, _ = statement.execute_query()
                yield from _typed(pa.RecordBatchReader.from_stream(handle), schema)
        except (pa.ArrowException, OSError, Error) as error:
            raise _refusal(source, columns, error) from error


def _bound(value: object) -> pa.Array:
    """Return a parameter as an array of one value, made of bytes: to take a Python value, pyarrow imports pandas."""
    match value:
        case int():
            return pa.Array.from_buffers(pa.int64(), 1, [None, pa.py_buffer(pack("=q", value))])
        case float():
            return pa.Array.from_buffers(pa.float64(), 1, [None, pa.py_buffer(pack("=d", value))])
        case str():
            text = value.encode()
            return pa.Array.from_buffers(pa.string(), 1, [None, *map(pa.py_buffer, (pack("=ii", 0, len(text)), text))])
        case bytes():
            ends = pack("=ii", 0, len(value))
            return pa.Array.from_buffers(pa.binary(), 1, [None, *map(pa.py_buffer, (ends, value))])
    raise TypeError(f"{value!r} is no parameter of SQLite")


@contextmanager
def _connected(uri: str) -> Iterator[AdbcConnection]:
    """Connect through the low level of ADBC: the one above would import pandas, to which nobody here has a use."""
    with adbc_driver_sqlite.connect(uri) as database, AdbcConnection(database) as connection:
        yield connection


def _run(connection: AdbcConnection, sql: str) -> None:
    with AdbcStatement(connection) as statement:
        statement.set_sql_query(sql)
        statement.execute_update()


def _held(column: Column) -> str:
    """Return a column's expression, which fails on a value that would otherwise be bent to fit the column's type."""
    name = Session.quote(column.name)
    bent = _BENT.get(column.kind, "").format(name)
    if not bent:
        return name
    said = f"{_SAID}column {column.name!r} of the SQLite source is of kind {column.kind} and holds a value of type "
    # SQLite has no function that just fails; this one fails on a path that is none, and repeats it.
    failure = f"json_extract('{{}}', '{said.replace(_QUOTE, 2 * _QUOTE)}' || typeof({name}))"
    return f"CASE WHEN {bent} THEN {failure} ELSE {name} END"


def _typed(reader: pa.RecordBatchReader, schema: pa.Schema) -> Iterator[pa.RecordBatch]:
    """Drop the example row and hold every batch to the schema."""
    skip = 1
    for batch in reader:
        if batch.schema.types != schema.types:
            raise Refused(_misfit(batch.schema, schema))
        yield pa.RecordBatch.from_arrays(batch.slice(skip).columns, schema=schema)
        skip = 0


def _refusal(source: Path, columns: tuple[Column, ...], error: Exception) -> Refused:
    """Say what broke a stream off: a value that `_held` or the driver found, or anything else."""
    held = re.search(rf"'{_SAID}(.*)'", str(error))
    if held:
        return Refused(f"{held[1].replace(2 * _QUOTE, _QUOTE)}: give it one type.")
    typed = re.search(r"Type mismatch in column (\d+): (.*)", str(error))
    if typed:
        name = columns[int(typed[1])].name
        return Refused(f"column {name!r} of the SQLite source is not of one type ({typed[2]}): give it one type.")
    return Refused(f"{str(source)!r} cannot be read: {reason(error)}")


def _misfit(found: pa.Schema, schema: pa.Schema) -> str:
    name, got, wanted = next(
        (field.name, field.type, want.type)
        for field, want in zip(found, schema, strict=True)
        if field.type != want.type
    )
    return f"column {name!r} of the SQLite source holds {got} values beside its declared {wanted}: give it one type."


def _storable(reader: pa.RecordBatchReader) -> pa.RecordBatchReader:
    """Bring a stream to what SQLite stores: stamps as the ticks that they count, truth as 0 and 1, decimals as text."""
    kinds = list(map(_storage, reader.schema.types))
    schema = pa.schema(list(zip(reader.schema.names, kinds, strict=True)))
    batches = ([_stored(*each) for each in zip(batch.columns, kinds, strict=True)] for batch in reader)
    return pa.RecordBatchReader.from_batches(schema, (pa.record_batch(columns, schema) for columns in batches))


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


def scratch(reader: pa.RecordBatchReader) -> Path:
    """Write a stream to a new SQLite file that nobody else knows; return its path. The caller deletes the folder."""
    path = Path(tempfile.mkdtemp(prefix="incload-")) / "incoming.db"
    try:
        with _connected(str(path)) as connection, AdbcStatement(connection) as statement:
            _run(connection, "PRAGMA synchronous = OFF")
            statement.set_options(**{"adbc.ingest.target_table": STAGE})
            statement.bind_stream(_storable(reader))
            statement.execute_update()
    except BaseException as error:
        shutil.rmtree(path.parent)
        if isinstance(error, Error):
            raise _unwritten(error) from error
        raise
    return path


def _unwritten(error: Exception) -> Refused:
    """Say that rows on their way found no place; an interrupt is behind some errors and stays their cause."""
    folder = tempfile.gettempdir()
    return Refused(
        f"rows on their way into SQLite wait in {folder!r}, and cannot be written there: {reason(error)} "
        "Make room, or name another folder in the variable TMPDIR."
    )
