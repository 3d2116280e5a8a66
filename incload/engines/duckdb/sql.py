"""Pieces of DuckDB's SQL: types, kinds and expressions, each a text from a text."""

from __future__ import annotations

from pathlib import Path

from incload.cursor import ENDLESS
from incload.engines.duckdb import shared_types
from incload.table import Column, Kind

LADDERS = (
    ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT"),
    ("UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT", "UHUGEINT"),
    ("UINTEGER", "BIGINT"),
    ("USMALLINT", "INTEGER", "BIGINT"),
)
"""Types of which each holds all that those before it hold."""
INTEGERS = {"TINYINT", "SMALLINT", "INTEGER", "BIGINT", "UTINYINT", "USMALLINT", "UINTEGER"}
KINDS = {
    "FLOAT": Kind.REAL,
    "DOUBLE": Kind.REAL,
    "VARCHAR": Kind.TEXT,
    "BOOLEAN": Kind.BOOLEAN,
    "TIMESTAMP": Kind.TIMESTAMP,
    "TIMESTAMP_S": Kind.TIMESTAMP,
    "TIMESTAMP_MS": Kind.TIMESTAMP,
    "TIMESTAMP_NS": Kind.TIMESTAMP,
    "TIMESTAMP WITH TIME ZONE": Kind.TIMESTAMP,
    "TIMESTAMPTZ_NS": Kind.TIMESTAMP,
    "DATE": Kind.TIMESTAMP,
    "BLOB": Kind.BLOB,
}
TYPES = {
    Kind.INTEGER: "BIGINT",
    Kind.REAL: "DOUBLE",
    Kind.TEXT: "VARCHAR",
    Kind.BOOLEAN: "BOOLEAN",
    Kind.TIMESTAMP: "TIMESTAMP",
    Kind.BLOB: "BLOB",
    Kind.OTHER: "VARCHAR",
}
"""The type of each kind but decimals, which say their digits."""
NANO = {"TIMESTAMP_NS", "TIMESTAMPTZ_NS"}
BOUND = {
    "TIMESTAMP WITH TIME ZONE": "make_timestamptz(?)",
    "TIMESTAMP_NS": "make_timestamp_ns(?)",
    "TIMESTAMPTZ_NS": "make_timestamp_ns(?)::TIMESTAMPTZ_NS",
    "DATE": "make_timestamp(?)::DATE",
}
"""How the ticks of a timestamp are bound, where it is not make_timestamp(?)."""
CAST_KEYS = {Kind.OTHER, Kind.DECIMAL, Kind.BOOLEAN}
"""Kinds of keys that another engine may have given back in another type: as texts, or as 0 and 1."""

IN_MEMORY = Path(":memory:")
"""A database that will never be opened again."""


def plain(name: str, kind: Kind) -> str:
    """Return the expression of a value as every engine can show it."""
    if kind is Kind.TIMESTAMP:
        return f"epoch_us({name})"
    return f"{name}::BIGINT" if kind is Kind.BOOLEAN else name


def kind_of(declared: str) -> Kind:
    """Return the kind of a declared type."""
    if declared.startswith("DECIMAL(") and declared.endswith(")"):
        return Kind.DECIMAL
    return Kind.INTEGER if declared in INTEGERS else KINDS.get(declared, Kind.OTHER)


def type_of(column: Column) -> str:
    """Return the type for a column of another engine."""
    if column.kind is Kind.DECIMAL:
        precision, scale = column.digits
        return f"DECIMAL({precision},{scale})"
    if column.kind is Kind.TIMESTAMP and (column.zoned or column.dated):
        return "DATE" if column.dated else "TIMESTAMP WITH TIME ZONE"
    return shared_types.declared_as(column.shared) or TYPES[column.kind]


def is_cast(column: Column) -> bool:
    """Return whether a whole number travels in another type than the one that it gets."""
    return column.kind is Kind.INTEGER and column.declared != TYPES[Kind.INTEGER]


def ticks(name: str, declared: str) -> str:
    """Return the expression of a timestamp's ticks since 1970-01-01 UTC: microseconds, or its type's finer unit."""
    return f"epoch_ns({name})" if declared in NANO else f"epoch_us({name})"


def endless(timestamp: str, declared: str) -> str:
    """Return the expression of a timestamp's ticks, and of a time without end a number that no time has."""
    plain = f"{timestamp}::TIMESTAMP"
    return (
        f"CASE WHEN {plain} IS NULL OR isfinite({plain}) THEN {ticks(timestamp, declared)}"
        f" WHEN {plain} > 'epoch'::TIMESTAMP THEN {ENDLESS} ELSE -{ENDLESS} END"
    )


def key_timestamp(declared: str) -> str:
    """Return the expression of the timestamp of a key that bound ticks mean, one without end too."""
    finite = BOUND.get(declared, "make_timestamp(?)").replace("?", f"CASE WHEN abs(t) < {ENDLESS} THEN t END")
    endless = f"CASE t WHEN {ENDLESS} THEN 'infinity' WHEN -{ENDLESS} THEN '-infinity' END::{declared}"
    return f"(SELECT coalesce({finite}, {endless}) FROM (SELECT ?::BIGINT AS t))"


def crossing(name: str, column: Column) -> str:
    """Return the expression that brings a column into the form in which it travels to another engine."""
    match column.kind:
        case Kind.INTEGER:
            return f"{name}::BIGINT"
        case Kind.REAL:
            return f"{name}::DOUBLE"
        case Kind.TIMESTAMP:
            return name if column.zoned or column.declared in NANO else f"{name}::TIMESTAMP"
        case Kind.OTHER:
            if column.shared:
                return shared_types.written(name, column.shared)
            return f"to_json({name})::VARCHAR" if is_nested(column) else f"{name}::VARCHAR"
        case Kind.TEXT | Kind.BLOB | Kind.BOOLEAN | Kind.DECIMAL:
            return name


def is_json(column: Column) -> bool:
    """Return whether the values of a column travel as JSON."""
    return column.shared == "json" or (is_nested(column) and not column.shared)


def taken(name: str, column: Column) -> str:
    """Return the expression that brings what has travelled to the type of its column; empty where it is of it."""
    if column.shared:
        return shared_types.read(name, column)
    is_bent = column.dated or column.kind is Kind.DECIMAL or is_cast(column)
    return f"{name}::{column.declared}" if is_bent else ""


def is_nested(column: Column) -> bool:
    """Return whether values of a column are made of others: structs, maps, unions and lists."""
    made = column.declared.endswith("]") or column.declared.startswith(("STRUCT(", "MAP(", "UNION("))
    return column.kind is Kind.OTHER and made


def path_literal(path: Path) -> str:
    """ATTACH takes no parameter for the path, so the path is quoted as a text; none may look like a URL."""
    text = str(path) if path.is_absolute() or path == IN_MEMORY else f"./{path}"
    return "'" + text.replace("'", "''") + "'"
