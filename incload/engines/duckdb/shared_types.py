"""DuckDB's types beyond the kinds that other engines have too, and the texts in which their values travel.

The name of a shared type is that of standard SQL, as PostgreSQL writes it. Every text is one that DuckDB and PostgreSQL
both read without loss: an interval is its three parts, because neither reads the other's own form.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from incload.table import Kind

if TYPE_CHECKING:
    from incload.table import Column

_BOTH_WAYS = {
    "UUID": "uuid",
    "TIME": "time without time zone",
    "TIME WITH TIME ZONE": "time with time zone",
    "INTERVAL": "interval",
    "JSON": "json",
}
_OUT = {**_BOTH_WAYS, "UBIGINT": "numeric(20,0)", "HUGEINT": "numeric(38,0)"}
_IN = {shared: declared for declared, shared in _BOTH_WAYS.items()}
_ELEMENTS = {
    "SMALLINT": "smallint",
    "INTEGER": "integer",
    "BIGINT": "bigint",
    "FLOAT": "real",
    "DOUBLE": "double precision",
    "VARCHAR": "text",
    "BOOLEAN": "boolean",
    "UUID": "uuid",
    "DATE": "date",
    "TIMESTAMP": "timestamp without time zone",
    "TIMESTAMP WITH TIME ZONE": "timestamp with time zone",
}
_ELEMENTS_OUT = {
    **_ELEMENTS,
    "TINYINT": "smallint",
    "UTINYINT": "smallint",
    "USMALLINT": "integer",
    "UINTEGER": "bigint",
    "UBIGINT": "numeric(20,0)",
    "HUGEINT": "numeric(38,0)",
}
_ELEMENTS_IN = {shared: declared for declared, shared in _ELEMENTS.items()}
_LIST = re.compile(r"([^\[\]()]+|DECIMAL\(\d+,\d+\))\[\d*\]")


def shared_type(column: Column) -> str:
    """Return the shared type of a column; empty for a type that DuckDB alone has."""
    if column.kind is not Kind.OTHER:
        return ""
    if found := _LIST.fullmatch(column.declared):
        element = _ELEMENTS_OUT.get(found[1], found[1].replace("DECIMAL", "numeric"))
        return f"{element}[]" if found[1] in _ELEMENTS_OUT or element != found[1] else ""
    return _OUT.get(column.declared, "")


def declared_as(shared: str) -> str:
    """Return what DuckDB calls a shared type; empty where it has none."""
    if not shared.endswith("[]"):
        return _IN.get(shared, "")
    element = shared.removesuffix("[]")
    declared = element.replace("numeric", "DECIMAL") if element.startswith("numeric(") else _ELEMENTS_IN.get(element)
    return f"{declared}[]" if declared else ""


def written(name: str, shared: str) -> str:
    """Return the expression of the text in which a value of a shared type leaves DuckDB."""
    if shared == "interval":
        months = f"datepart('year', {name}) * 12 + datepart('month', {name})"
        rest = (
            f"datepart('hour', {name}) * 3600000000 + datepart('minute', {name}) * 60000000"
            f" + datepart('microsecond', {name})"
        )
        return f"(({months}) || ' months ' || datepart('day', {name}) || ' days ' || ({rest}) || ' microseconds')"
    if shared.endswith("[]"):
        escaped = r"""'"' || replace(replace(e::VARCHAR, '\', '\\'), '"', '\"') || '"'"""
        items = f"list_transform({name}, lambda e: CASE WHEN e IS NULL THEN 'NULL' ELSE {escaped} END)"
        return f"('{{' || array_to_string({items}, ',') || '}}')"
    return f"{name}::VARCHAR"


def read(name: str, column: Column) -> str:
    """Return the expression of the value of a column of a shared type that came as a text."""
    if column.shared.endswith("[]"):
        return f"{name}::JSON::VARCHAR[]::{column.declared}"
    return f"{name}::{column.declared}"
