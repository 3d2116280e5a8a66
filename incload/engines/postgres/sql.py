"""Pieces of PostgreSQL's SQL: names, types and expressions, each a text from a text."""

from __future__ import annotations

import re
from hashlib import sha256
from typing import TYPE_CHECKING

from psycopg.sql import Literal

from incload.cursor import ENDLESS, UNITS
from incload.errors import Refused
from incload.table import Kind

if TYPE_CHECKING:
    from collections.abc import Sequence

    import psycopg

    from incload.engines.sql import Row
    from incload.table import Column

NAME_BYTES = 63
"""The longest name that PostgreSQL stores; it cuts off longer ones without a word."""
TYPES = {
    Kind.INTEGER: "bigint",
    Kind.REAL: "double precision",
    Kind.TEXT: "text",
    Kind.BOOLEAN: "boolean",
    Kind.TIMESTAMP: "timestamp without time zone",
    Kind.BLOB: "bytea",
    Kind.OTHER: "text",
}
"""The type of each kind but decimals, which say their digits."""


AS_GIVEN = "OVERRIDING SYSTEM VALUE"
"""A number that the database gives to each row is taken from the source, as any other value."""
IDENTITY = (
    "SELECT pg_postmaster_start_time()::text || ' ' || current_setting('port') || ' ' || current_database(),"
    " current_user::text"
)
"""The query for what no two servers have in common, for the database on it, and as whom it is spoken to."""
LADDERS = (("smallint", "integer", "bigint"), ("character varying", "text"))
"""Types of which each holds all that those before it hold, and shows it alike."""
LENGTHS = {"numeric": "numeric", "character varying": "text"}
"""The type without digits or a length that holds all that one with them holds."""


_PLACEHOLDER = re.compile(r"""("(?:[^"]|"")*"|'(?:[^']|'')*')|\?""")


def spelled(sql: str, params: Sequence[object], connection: psycopg.Connection[Row]) -> str:
    """Write the parameters into a statement, at its placeholders outside of names and texts."""
    if not params:
        return sql
    values = iter(params)
    written = _PLACEHOLDER.sub(lambda found: found[1] or Literal(next(values)).as_string(connection), sql)
    assert next(values, spelled) is spelled  # noqa: S101 - each parameter has its placeholder
    return written


def lock_number(schema: str, table: str) -> int:
    """Return the number of the advisory lock that stands for loads into a table."""
    return int.from_bytes(sha256(f"incload {schema}.{table}".encode()).digest()[:8], "big", signed=True)


def stored_name(table: str) -> str:
    """Return a table's name as PostgreSQL can store it; only incload's own names may have to be shortened."""
    if len(table.encode()) <= NAME_BYTES:
        return table
    if not table.startswith("_incload_"):
        raise Refused(f"PostgreSQL keeps {NAME_BYTES} bytes of the table name {table!r}: shorten it.")
    return f"{table.encode()[:40].decode(errors='ignore')}_{sha256(table.encode()).hexdigest()[:16]}"


def microseconds(timestamp: str) -> str:
    """Return the expression of the microseconds since 1970-01-01 UTC that a timestamp means."""
    return f"(extract(epoch FROM {timestamp}) * 1000000)::bigint"


def ticks(value: str, per_second: int) -> str:
    """Return the expression of the ticks that a timestamp means; of a time without end, a number that no time has."""
    number = microseconds(value)
    if per_second > UNITS["us"]:  # PostgreSQL holds microseconds, and another engine counts finer
        number = f"{number} * {per_second // UNITS['us']}"
    return f"CASE {value} WHEN 'infinity' THEN {ENDLESS} WHEN '-infinity' THEN -{ENDLESS} ELSE {number} END"


def timestamp(declared: str, per_second: int = UNITS["us"]) -> str:
    """Return the expression of the timestamp that a bound number of ticks means, to its last possible digit."""
    zoned = "with time zone" in declared
    number = "?::text" if per_second == UNITS["us"] else f"floor(?::numeric / {per_second // UNITS['us']})::text"
    timestamp = f"('epoch'::{'timestamptz' if zoned else 'timestamp'} + ({number} || ' us')::interval)"
    return f"{timestamp}::date" if declared == "date" else timestamp


def key_timestamp(declared: str) -> str:
    """Return the expression of a key's timestamp that a bound number of microseconds means, infinite ones included."""
    number = f"WHEN {ENDLESS} THEN 'infinity' WHEN -{ENDLESS} THEN '-infinity'"
    finite = timestamp(declared).replace("?", "k.t")
    return f"(SELECT CASE k.t {number} ELSE {finite} END FROM (SELECT ?::bigint AS t) AS k)"


def hashed(name: str, kind: Kind) -> str:
    """Return the expression of a value whose hash distinguishes it from every other value."""
    if kind is Kind.TEXT:
        return f'{name} COLLATE "C"'
    return f"{name}::text" if kind is Kind.OTHER else name


def plain(name: str, kind: Kind) -> str:
    """Return the expression of a value as every engine can show it."""
    match kind:
        case Kind.TIMESTAMP:
            return microseconds(name)
        case Kind.BOOLEAN:
            return f"{name}::int"
        case Kind.OTHER:
            return f"{name}::text"
    return name


def foreign_type(column: Column) -> str:
    """Return the type for a column of another engine."""
    if column.kind is Kind.DECIMAL:
        precision, scale = column.digits
        return f"numeric({precision},{scale})"
    if column.kind is Kind.TIMESTAMP and (column.zoned or column.dated):
        return "date" if column.dated else "timestamp with time zone"
    return column.shared or TYPES[column.kind]


def type_elsewhere(column: Column) -> str:
    """Return the type for a column of a type that a user has created, in a database that does not have it."""
    if column.own == "enum":
        return "text"
    raise Refused(
        f"column {column.name!r} is of type {column.declared}, which the target database does not have: "
        "create the type there, or load from a view that casts the column to text."
    )
