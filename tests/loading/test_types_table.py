"""The table of types in docs/guarantees.md: what each source type becomes on each engine is what a load makes of it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from conftest import Pair

ROWS = {
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
    "structs": "STRUCT(a INTEGER)",
    "every other type": "UUID",
}
"""How a row of the table begins, and a type of DuckDB that it speaks of."""
TYPES = {
    "sqlite": "SELECT type FROM pragma_table_info('events') WHERE name <> 'id'",
    "postgres": "SELECT format_type(atttypid, atttypmod) FROM pg_attribute WHERE attrelid = 'events'::regclass"
    " AND attnum > 1 ORDER BY attnum",
}


def promised(engine: str) -> list[str]:
    """Return the column of the table that is an engine's, the type alone, in the order of `ROWS`."""
    text = (Path(__file__).parents[2] / "docs" / "guarantees.md").read_text(encoding="utf-8")
    section = text.partition("## Values and types")[2].splitlines()
    lines = [line.strip("|").split("|") for line in section if line.startswith("|")]
    place = {"sqlite": 1, "postgres": 3}[engine]
    found = [next(line for line in lines if line[0].strip().startswith(begin)) for begin in ROWS]
    return [line[place].partition(";")[0].partition(", ")[0].strip() for line in found]


@pytest.mark.parametrize("engines", [("duckdb", "sqlite"), ("duckdb", "postgres")])
def test_types_are_as_the_docs_say(pair: Pair) -> None:
    """Every row of the table, on the two engines to which DuckDB's rows travel."""
    typed = ", ".join(f"v{number} {declared}" for number, declared in enumerate(ROWS.values()))
    pair.write(f"CREATE TABLE events (id BIGINT, {typed})", "INSERT INTO events (id) VALUES (1)")
    pair.load()
    made = [str(name).replace("numeric(12,3)", "numeric(p,s)") for (name,) in pair.rows(TYPES[pair.engines[1]])]

    assert made == promised(pair.engines[1])
