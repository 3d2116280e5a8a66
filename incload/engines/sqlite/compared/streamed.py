"""Rows of SQLite streamed into DuckDB, which digests them: SQLite has no hash, and Python takes five times as long.

What must stay true: a value reaches DuckDB as it is, or the stream refuses it, and then rows are digested here. Only
columns whose values DuckDB writes as they are written here are streamed.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from incload.engines.digests.canonical import Ranges
from incload.engines.sql import Query
from incload.engines.sqlite.compared.places import place_of
from incload.errors import Refused
from incload.records import replace
from incload.table import Kind

if TYPE_CHECKING:
    from incload.engines.digests.canonical import Blocks, Cut, Digests, Held, Within

_FEWEST_ROWS = 20_000
"""For fewer rows it takes longer to begin than to digest them here."""
_STREAMED = {
    Kind.INTEGER: {Kind.INTEGER, Kind.BOOLEAN},
    Kind.REAL: {Kind.REAL},
    Kind.TEXT: {Kind.TEXT},
    Kind.BLOB: {Kind.BLOB},
    Kind.TIMESTAMP: {Kind.INTEGER},
    Kind.DECIMAL: {Kind.TEXT},
}
"""By the form of a comparison the kinds of columns whose values DuckDB writes as they are written here."""


def can_stream(table: Digests) -> bool:
    """Return whether the rows of a table can be digested by DuckDB, and are so many that it pays."""
    fits = all(held.column.kind in _STREAMED.get(held.form.kind, ()) and not held.form.listed for held in table.held)
    return fits and table.count() >= _FEWEST_ROWS and place_of(table) is not None


def streamed_blocks(table: Digests, cut: Cut, within: Within | None) -> Blocks | None:
    """Return the digests of blocks; None where a value does not fit its column, or few rows may be digested here."""
    if (
        not table.is_alike
        and within
        and isinstance(within.cut, Ranges)
        and len(within.blocks) << within.cut.bits < _FEWEST_ROWS
    ):
        return None
    try:
        return _digested(table, cut, within)
    except Refused:
        return None


def _digested(table: Digests, cut: Cut, within: Within | None) -> Blocks:
    from incload.engines.duckdb.canonical import DuckdbDigests
    from incload.engines.duckdb.session import DuckdbSession
    from incload.engines.sqlite.arrow.send import SqliteStream, attached
    from incload.engines.sqlite.limits import LOCK_SECONDS

    place = place_of(table)
    assert place is not None  # noqa: S101 - it was when the table was found to be streamed
    columns = tuple(_sent(held).column for held in table.held)
    names = ", ".join(table.session.quote(column.name) for column in columns)
    is_ranges = within is not None and isinstance(within.cut, Ranges)
    where = f" WHERE {table.range_condition(within.cut, within.blocks)}" if is_ranges else ""  # type: ignore[union-attr,arg-type]  # as was found out
    query = Query(f"SELECT {names} FROM {table.relation}{where}")
    duckdb = DuckdbSession(None, None)
    try:
        with attached(Path(place.file), LOCK_SECONDS) as connection:
            stream = SqliteStream(connection, Path(place.file), query, columns)
            try:
                rows = duckdb.receive(stream, ())  # which has the types already
                here = DuckdbDigests(duckdb, rows, [_sent(held) for held in table.held], table.key)
                here.alike = table.alike
                return here.blocks(cut, None if is_ranges else within)
            except duckdb.error as error:
                raise Refused(str(error)) from error
            finally:
                duckdb.release()
                stream.close()
    finally:
        duckdb.close()


def _sent(held: Held) -> Held:
    """Return a column as it is on its way: truth values are numbers."""
    kind = Kind.INTEGER if held.column.kind is Kind.BOOLEAN else held.column.kind
    return replace(held, column=replace(held.column, kind=kind, declared=""))
