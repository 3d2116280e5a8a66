"""PostgreSQL's types beyond the kinds that other engines have too, and the texts in which their values travel.

An array is a list only if it has one dimension: PostgreSQL's types do not say, so that its values are asked.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from incload.table import Kind

if TYPE_CHECKING:
    from incload.table import Column

_TYPES = {"uuid", "time without time zone", "time with time zone", "interval", "json"}
_NUMBERS = {"numeric(20,0)", "numeric(38,0)"}
"""What whole numbers of more than 64 bits are that come from elsewhere."""
_ELEMENTS = {
    "smallint",
    "integer",
    "bigint",
    "real",
    "double precision",
    "text",
    "boolean",
    "uuid",
    "date",
    "timestamp without time zone",
    "timestamp with time zone",
}
_LENGTH = re.compile(r"(time|timestamp|interval|character varying)\(\d+\)")
_MOST_DIGITS = 38


def shared_type(column: Column) -> str:
    """Return the shared type of a column; empty for a type that PostgreSQL alone has."""
    if column.kind is not Kind.OTHER or column.own:
        return ""
    plain = _LENGTH.sub(r"\1", column.declared)
    if plain.endswith("[]"):
        element = plain.removesuffix("[]")
        element = "text" if element == "character varying" else element
        return f"{element}[]" if element in _ELEMENTS or _is_decimal(element) else ""
    if plain.startswith("interval"):  # its fields, as in `year to month`, only narrow what it holds
        return "interval"
    return "json" if plain == "jsonb" else plain if plain in _TYPES else ""


def declared_as(shared: str) -> str:
    """Return what PostgreSQL calls a shared type, which is its name; empty where it has none."""
    element = shared.removesuffix("[]")
    known = _ELEMENTS if shared.endswith("[]") else _TYPES
    return shared if element in known or element in _NUMBERS or _is_decimal(element) else ""


def _is_decimal(declared: str) -> bool:
    digits = re.fullmatch(r"numeric\((\d+),(\d+)\)", declared)
    return digits is not None and int(digits[2]) <= int(digits[1]) <= _MOST_DIGITS


def written(name: str, column: Column) -> str:
    """Return the expression of the text in which a value of a shared type leaves PostgreSQL."""
    if column.shared == "interval":
        months = f"extract(year FROM {name}) * 12 + extract(month FROM {name})"
        rest = (
            f"extract(hour FROM {name}) * 3600000000 + extract(minute FROM {name}) * 60000000"
            f" + extract(microseconds FROM {name})"
        )
        parts = f"{_whole(months)} || ' months ' || {_whole(f'extract(day FROM {name})')} || ' days '"
        # One without end has no parts, and no other engine takes its name for an interval.
        return f"CASE WHEN isfinite({name}) THEN {parts} || {_whole(rest)} || ' microseconds' ELSE {name}::text END"
    if column.shared.endswith("[]"):
        return f"CASE WHEN {is_deep(name)} THEN {_failure(name, column.name)} ELSE to_json({name}::text[])::text END"
    return f"{name}::text"


def is_json_elsewhere(column: Column) -> bool:
    """Return whether the values of a column are JSON in another engine: arrays and composites without a shared type."""
    is_nested = column.declared.endswith("[]") or column.own == "row"
    return column.kind is Kind.OTHER and is_nested and not (column.stays or column.shared)


def is_deep(name: str) -> str:
    """Return the condition that an array has more than one dimension, so that it is no list of its elements."""
    return f"array_ndims({name}) > 1"


def _whole(number: str) -> str:
    return f"({number})::bigint"


def _failure(name: str, column: str) -> str:
    """Return an expression that fails and says why: the server repeats a text that is no number."""
    said = f"column {column!r} of the source holds an array of several dimensions, and is a list in the target: "
    quoted = said.replace("'", "''")
    return f"('{quoted}' || left({name}::text, 40))::integer::text"
