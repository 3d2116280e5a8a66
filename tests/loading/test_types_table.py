"""The table of types in docs/guarantees.md: what each source type becomes on each engine is what a load makes of it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tests.ends import Pair

DUCKDB = {
    "whole numbers": "BIGINT",
    "floats": "DOUBLE",
    "text": "VARCHAR",
    "truth values": "BOOLEAN",
    "timestamps in s": "TIMESTAMP",
    "timestamps in ns": "TIMESTAMP_NS",
    "timestamps with a zone": "TIMESTAMP WITH TIME ZONE",
    "days": "DATE",
    "decimals": "DECIMAL(12,3)",
    "bytes": "BLOB",
    "UUIDs": "UUID",
    "times of a day": "TIME",
    "times of a day with a zone": "TIME WITH TIME ZONE",
    "intervals": "INTERVAL",
    "JSON": "JSON",
    "DuckDB's UBIGINT": "UBIGINT",
    "DuckDB's HUGEINT": "HUGEINT",
    "lists of whole": "INTEGER[]",
    "lists of other": "VARCHAR[]",
    "structs": "STRUCT(a INTEGER)",
    "every other type": "BIT",
}
"""How a row of the table begins, and the type of DuckDB that it describes."""
NOT_IN_PARQUET = {"times of a day with a zone", "DuckDB's HUGEINT", "every other type"}
SOURCES = {
    "duckdb": DUCKDB,
    "parquet": {begin: declared for begin, declared in DUCKDB.items() if begin not in NOT_IN_PARQUET},
    "postgres": {
        "whole numbers": "bigint",
        "floats": "double precision",
        "text": "text",
        "truth values": "boolean",
        "timestamps in s": "timestamp",
        "timestamps with a zone": "timestamptz",
        "days": "date",
        "decimals": "numeric(12,3)",
        "bytes": "bytea",
        "UUIDs": "uuid",
        "times of a day": "time",
        "times of a day with a zone": "timetz",
        "intervals": "interval",
        "JSON": "jsonb",
        "lists of whole": "integer[]",
        "lists of other": "text[]",
        "every other type": "inet",
    },
}
"""Likewise by source."""
TYPES = {
    "sqlite": "SELECT type FROM pragma_table_info('events') WHERE name <> 'id'",
    "duckdb": "SELECT column_type FROM (DESCRIBE events) WHERE column_name <> 'id'",
    "postgres": "SELECT format_type(atttypid, atttypmod) FROM pg_attribute WHERE attrelid = 'events'::regclass"
    " AND attnum > 1 ORDER BY attnum",
}


def promised(engine: str, rows: Iterable[str]) -> list[str]:
    """Return the column of the table that is an engine's, the type alone, for the rows of these beginnings."""
    text = (Path(__file__).parents[2] / "docs" / "guarantees.md").read_text(encoding="utf-8")
    section = text.partition("## Values and types")[2].splitlines()
    lines = [line.strip("|").split("|") for line in section if line.startswith("|")]
    place = {"sqlite": 1, "duckdb": 2, "postgres": 3}[engine]
    found = [next(line for line in lines if line[0].strip().startswith(begin)) for begin in rows]
    return [line[place].partition(";")[0].partition(", ")[0].strip() for line in found]


@pytest.mark.parametrize(
    "engines",
    [
        ("duckdb", "sqlite"),
        ("duckdb", "postgres"),
        ("parquet", "sqlite"),
        ("parquet", "duckdb"),
        ("parquet", "postgres"),
        ("postgres", "sqlite"),
        ("postgres", "duckdb"),
    ],
)
def test_types_are_as_the_docs_say(pair: Pair) -> None:
    """Every row of the table, from every source that has types of its own to every engine of another kind."""
    source, target = pair.engines
    typed = ", ".join(f"v{number} {declared}" for number, declared in enumerate(SOURCES[source].values()))
    pair.write(f"CREATE TABLE events (id BIGINT, {typed})", "INSERT INTO events (id) VALUES (1)")
    pair.load()
    made = [str(name) for (name,) in pair.rows(TYPES[target])]
    wanted = promised(target, SOURCES[source])
    if (source, target) == ("parquet", "duckdb"):  # within one engine a column keeps its type word for word
        wanted[list(SOURCES[source]).index("structs")] = "STRUCT(a INTEGER)"

    assert [name.replace("(12,3)", "(p,s)") for name in made] == wanted
