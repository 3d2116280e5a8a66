"""Pieces of Spark's SQL: how standard SQL is spelled for it, types, and expressions, each a text from a text."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from incload.table import Kind

if TYPE_CHECKING:
    from collections.abc import Sequence

    from incload.table import Column

KINDS = {
    "tinyint": Kind.INTEGER,
    "smallint": Kind.INTEGER,
    "int": Kind.INTEGER,
    "bigint": Kind.INTEGER,
    "float": Kind.REAL,
    "double": Kind.REAL,
    "string": Kind.TEXT,
    "boolean": Kind.BOOLEAN,
    "date": Kind.TIMESTAMP,
    "timestamp_ltz": Kind.TIMESTAMP,
    "timestamp_ntz": Kind.TIMESTAMP,
    "binary": Kind.BLOB,
}
TYPES = {
    Kind.INTEGER: "bigint",
    Kind.REAL: "double",
    Kind.TEXT: "string",
    Kind.BOOLEAN: "boolean",
    Kind.TIMESTAMP: "timestamp_ntz",
    Kind.BLOB: "binary",
    Kind.OTHER: "string",
}
"""The type of each kind but decimals, which say their digits."""
LADDERS = (("tinyint", "smallint", "int", "bigint"),)
"""Types of which each holds all that those before it hold."""
_NAMES = {"long": "bigint", "integer": "int", "short": "smallint", "byte": "tinyint", "timestamp": "timestamp_ltz"}
"""What Spark's JSON calls types that its SQL calls otherwise; times without a zone are `timestamp_ntz` in both."""
MOST_DIGITS = 38

_TOKEN = re.compile(
    r"(?P<name>`(?:[^`]|``)*`)|(?P<quoted>\"(?:[^\"]|\"\")*\")|(?P<text>'(?:[^']|'')*')|(?P<mark>\?)"
    r"|(?P<varchar>\bVARCHAR\b(?!\s*\())",
    re.IGNORECASE,
)


def spelled(sql: str, params: Sequence[object] = ()) -> str:
    """Spell a standard statement for Spark, its parameters written into it.

    In Spark a backslash in a text escapes, and two quotes in one end it; a type VARCHAR has to have a length.
    """
    values = iter(params)

    def token(found: re.Match[str]) -> str:
        if found["text"] is not None:
            return text_literal(found["text"][1:-1].replace("''", "'"))
        if found["quoted"] is not None:
            return quoted(found["quoted"][1:-1].replace('""', '"'))
        if found["mark"] is not None:
            return literal(next(values))
        return "STRING" if found["varchar"] is not None else found[0]

    written = _TOKEN.sub(token, sql)
    assert next(values, spelled) is spelled  # noqa: S101 - each parameter has its placeholder
    return written


def text_literal(text: str) -> str:
    """Return a text as Spark reads it."""
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


def literal(value: object) -> str:
    """Return a value as SQL."""
    if value is None:
        return "NULL"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int):
        return f"{value}L" if abs(value) < 2**63 else f"CAST('{value}' AS DECIMAL({MOST_DIGITS},0))"
    if isinstance(value, float):
        return f"CAST('{value!r}' AS DOUBLE)"
    if isinstance(value, bytes):
        return f"X'{value.hex()}'"
    return text_literal(str(value))


def quoted(name: str) -> str:
    """Quote a name, whatever it holds."""
    return "`" + name.replace("`", "``") + "`"


def kind_of(declared: str) -> Kind:
    """Return the kind of a declared type."""
    return Kind.DECIMAL if declared.startswith("decimal(") else KINDS.get(declared, Kind.OTHER)


def declared_as(found: object) -> str:
    """Return what SQL calls a type that Spark's JSON describes."""
    if isinstance(found, str):
        return _NAMES.get(found, found)
    assert isinstance(found, dict)  # noqa: S101 - there are no others
    match found["type"]:
        case "array":
            return f"array<{declared_as(found['elementType'])}>"
        case "map":
            return f"map<{declared_as(found['keyType'])},{declared_as(found['valueType'])}>"
    fields = ",".join(f"{quoted(each['name'])}:{declared_as(each['type'])}" for each in found["fields"])
    return f"struct<{fields}>"


def type_of(column: Column) -> str:
    """Return the type for a column of another engine."""
    if column.kind is Kind.DECIMAL:
        precision, scale = column.digits
        return f"decimal({precision},{scale})"
    if column.kind is Kind.TIMESTAMP and (column.zoned or column.dated):
        return "date" if column.dated else "timestamp_ltz"
    return TYPES[column.kind]


def microseconds(timestamp: str) -> str:
    """Return the expression of the microseconds since 1970-01-01 UTC that a timestamp or a day means."""
    return f"unix_micros(CAST({timestamp} AS TIMESTAMP_LTZ))"


def timestamp(declared: str) -> str:
    """Return the expression of the timestamp that a bound number of microseconds means; the session's zone is UTC."""
    return "timestamp_micros(?)" if declared == "timestamp_ltz" else f"CAST(timestamp_micros(?) AS {declared})"


def plain(name: str, kind: Kind) -> str:
    """Return the expression of a value as every engine can show it."""
    match kind:
        case Kind.TIMESTAMP:
            return microseconds(name)
        case Kind.BOOLEAN:
            return f"CAST({name} AS INT)"
        case Kind.OTHER:
            return f"CAST({name} AS STRING)"
    return name


def crossing(name: str, column: Column) -> str:
    """Return the expression that brings a column into the form in which it travels to another engine."""
    match column.kind:
        case Kind.INTEGER:
            return f"CAST({name} AS BIGINT)"
        case Kind.REAL:
            return f"CAST({name} AS DOUBLE)"
        case Kind.TIMESTAMP if column.dated:
            return f"CAST({name} AS TIMESTAMP_NTZ)"
        case Kind.OTHER:
            return f"to_json({name})" if is_nested(column) else f"CAST({name} AS STRING)"
    return name


def is_nested(column: Column) -> bool:
    """Return whether values of a column are made of others."""
    return column.declared.startswith(("array<", "map<", "struct<"))
