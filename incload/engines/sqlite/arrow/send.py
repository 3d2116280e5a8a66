"""Rows out of SQLite as an Arrow stream, through the low level of ADBC: neither it nor this imports pyarrow.

ADBC guesses a column's type from its first rows. Every stream therefore starts with an example, a row of the declared
types, which its reader leaves out. A marker shows it: by its place it is known only to those who read in order,
as DuckDB does at the price of a fifth of an insert. A value that does not fit its declared type is refused, never bent.
Parameters are bound as the stream of another query, which selects them: as bound values they have no affinity, whatever
the expression that made them.
"""

from __future__ import annotations

import re
from contextlib import ExitStack, contextmanager
from math import frexp, isinf
from typing import TYPE_CHECKING
from urllib.parse import quote

import adbc_driver_sqlite
from adbc_driver_manager import AdbcConnection, AdbcStatement, Error

from incload.engines.dialect import Dialect
from incload.engines.driver_errors import reason
from incload.engines.sqlite.arrow.schema import formats
from incload.engines.sqlite.limits import MOST_COLUMNS
from incload.engines.stream import Stream
from incload.errors import Refused
from incload.table import Column, Kind

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import pyarrow as pa
    from adbc_driver_manager._lib import ArrowArrayStreamHandle

    from incload.engines.sql import Query

BATCH_ROWS = 65_536
_EXAMPLE = {Kind.INTEGER: "-1", Kind.REAL: "0.5", Kind.TEXT: "''", Kind.BLOB: "x'00'"}
_EXACT = 1 << 53
"""Up to here every integer is a float."""
_STEP = 62
"""So many powers of two at once: SQLite writes them as one integer."""
_BENT = {
    Kind.TEXT: "{0} < '' OR {0} >= x''",
    Kind.BLOB: "{0} < x''",
    Kind.REAL: f"typeof({{0}}) = 'integer' AND {{0}} NOT BETWEEN -{_EXACT} AND {_EXACT}",
}
"""When a value is none of its column's kind and ADBC would not say so; SQLite sorts numbers, then texts, then bytes."""
_SAID, _QUOTE = "incload: ", "'"
_FORMATS = {Kind.INTEGER: "l", Kind.REAL: "g", Kind.TEXT: "u", Kind.BLOB: "z"}
_NAMES = {"l": "int64", "g": "double", "u": "string", "z": "binary"}
"""Arrow's own names of the types in which ADBC reads, by what its C interface writes."""


class SqliteStream(Stream):
    """The rows of one query; it has to be closed, and not before its reader is done."""

    def __init__(self, connection: AdbcConnection, source: Path, query: Query, columns: tuple[Column, ...]) -> None:
        """Run a query on a connection to which its file is attached; read the first batch.

        Raises `Refused` for what cannot be read.
        """
        super().__init__()
        self._source, self._columns = source, columns
        self._refusal: Refused | None = None
        self.marker = _marker(columns)
        self._opened = ExitStack()
        try:
            self._handle = self._run(connection, query)
            self._refuse_other_types()
        except BaseException as error:
            self.close()
            if isinstance(error, Error):
                raise self._said(str(error)) from error
            raise

    def _run(self, connection: AdbcConnection, query: Query) -> ArrowArrayStreamHandle:
        binding, statement = (self._opened.enter_context(AdbcStatement(connection)) for _ in range(2))
        statement.set_options(**{"adbc.sqlite.query.batch_rows": str(BATCH_ROWS)})
        statement.set_sql_query(self._sql(query))
        if query.params:
            binding.set_sql_query(f"SELECT {', '.join(map(_literal, query.params))}")
            statement.bind_stream(binding.execute_query()[0])
        handle: ArrowArrayStreamHandle = statement.execute_query()[0]
        self._opened.callback(handle.release)  # what the statement gave must go before it
        return handle

    def _sql(self, query: Query) -> str:
        """Put the example in front of the rows."""
        example = [f"{_EXAMPLE[column.kind]} AS {Dialect.quote(column.name)}" for column in self._columns]
        values = list(map(_held, self._columns))
        if self.marker:
            example.append(f"1 AS {self.marker}")
            values.append("0")
        return f"SELECT * FROM (SELECT {', '.join(example)}) UNION ALL SELECT {', '.join(values)} FROM ({query.sql})"

    def _refuse_other_types(self) -> None:
        """Refuse a column of which the first batch holds a value that is none of its type."""
        for column, found in zip(self._columns, formats(self._handle.address), strict=False):  # the marker is beyond
            if found != _FORMATS[column.kind]:
                raise Refused(
                    f"column {column.name!r} of the SQLite source holds {_NAMES[found]} values beside its declared "
                    f"{_NAMES[_FORMATS[column.kind]]}: give it one type."
                )

    def _exported(self) -> object:
        return (self._handle if self.marker else self.reader()).__arrow_c_stream__()

    def reader(self) -> pa.RecordBatchReader:
        """Return the rows as pyarrow reads them, in their order."""
        import pyarrow as pa

        given = pa.RecordBatchReader.from_stream(self._handle)
        self._opened.callback(given.close)
        schema = pa.schema(list(given.schema)[: len(self._columns)])
        return pa.RecordBatchReader.from_batches(schema, self._batches(given, schema))

    def _batches(self, given: pa.RecordBatchReader, schema: pa.Schema) -> Iterator[pa.RecordBatch]:
        import pyarrow as pa

        examples = 1
        try:
            for batch in given:
                yield pa.RecordBatch.from_arrays(batch.slice(examples).columns[: len(schema)], schema=schema)
                examples = 0
        except (pa.ArrowException, OSError) as error:
            self._refusal = self._said(str(error))
            raise self._refusal from error

    def broken(self, heard: str | None) -> Refused | None:
        """Return what pyarrow met, or what another receiver has heard, in the words of a refusal."""
        return self._refusal or (None if heard is None else self._said(heard))

    def _said(self, text: str) -> Refused:
        """Say what broke the stream off: a value that `_held` or the driver found, or anything else."""
        held = re.search(rf"'{_SAID}(.*)'", text)
        if held:
            return Refused(f"{held[1].replace(2 * _QUOTE, _QUOTE)}: give it one type.")
        typed = re.search(r"Type mismatch in column (\d+): (.*)", text)
        if typed:
            name = self._columns[int(typed[1])].name
            return Refused(f"column {name!r} of the SQLite source is not of one type ({typed[2]}): give it one type.")
        return _unread(self._source, text)

    def close(self) -> None:
        """Release the rows that were not taken, and the statement."""
        self._capsule = None
        self._opened.close()


def _unread(source: Path, text: str) -> Refused:
    return Refused(f"{str(source)!r} cannot be read: {reason(OSError(text))}")


@contextmanager
def attached(source: Path, lock_seconds: float) -> Iterator[AdbcConnection]:
    """Connect to a SQLite file as `source`, read-only; wait so many seconds for another process that writes it."""
    with connected(":memory:") as connection:
        try:
            execute(connection, f"PRAGMA busy_timeout = {lock_seconds * 1000:.0f}")
            execute(connection, f"ATTACH 'file:{quote(str(source))}?mode=ro' AS source")
        except Error as error:
            raise _unread(source, str(error)) from error
        yield connection


@contextmanager
def connected(uri: str) -> Iterator[AdbcConnection]:
    """Connect through the low level of ADBC: the one above would import pandas, which has no use here."""
    with adbc_driver_sqlite.connect(uri) as database, AdbcConnection(database) as connection:
        yield connection


def execute(connection: AdbcConnection, sql: str) -> None:
    """Run a statement that returns nothing."""
    with AdbcStatement(connection) as statement:
        statement.set_sql_query(sql)
        statement.execute_update()


def _marker(columns: tuple[Column, ...]) -> str | None:
    """Return a name that no column has; None where there is no room for one more."""
    names = {column.name.lower() for column in columns}
    marker = "incload_example"
    while marker in names:
        marker += "_"
    return marker if len(names) < MOST_COLUMNS else None


def _held(column: Column) -> str:
    """Return a column's expression, which fails on a value that would otherwise be bent to fit the column's type."""
    name = Dialect.quote(column.name)
    bent = _BENT.get(column.kind, "").format(name)
    if not bent:
        return name
    said = f"{_SAID}column {column.name!r} of the SQLite source is of kind {column.kind} and holds a value of type "
    # SQLite has no function that just fails; this one fails on a path that is none, and repeats it.
    failure = f"json_extract('{{}}', '{said.replace(_QUOTE, 2 * _QUOTE)}' || typeof({name}))"
    return f"CASE WHEN {bent} THEN {failure} ELSE {name} END"


def _literal(value: object) -> str:
    """Return a value as SQLite writes it, exact to the last bit."""
    match value:
        case int():
            return str(int(value))
        case float():
            return _float(value)
        case str():
            return f"CAST(x'{value.encode().hex()}' AS TEXT)"
        case bytes():
            return f"x'{value.hex()}'"
    raise TypeError(f"{value!r} is no parameter of SQLite")


def _float(value: float) -> str:
    """Return a float as an integer times powers of two: of decimal digits SQLite need not read all."""
    if isinf(value):
        return f"{'-' if value < 0 else ''}9e999"
    fraction, power = frexp(value)
    power -= 53
    times = [_STEP] * (abs(power) // _STEP) + [abs(power) % _STEP]
    factors = "".join(f" {'*' if power > 0 else '/'} CAST({1 << each} AS REAL)" for each in times)
    return f"CAST({int(fraction * _EXACT)} AS REAL){factors}"
