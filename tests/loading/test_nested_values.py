"""Nested values have one form wherever they are text: JSON, whatever engine or file they come from."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from tests.ends import Ends, Pair

OUT = [("duckdb", "sqlite"), ("parquet", "sqlite"), ("duckdb", "postgres")]
VALUES = {
    "STRUCT(a INTEGER, b VARCHAR)": ("{'a': 1, 'b': 'x\"y'}", '{"a":1,"b":"x\\"y"}'),
    "INTEGER[]": ("[1, NULL]", "[1,null]"),
    "MAP(VARCHAR, INTEGER)": ("MAP {'k': 1}", '{"k":1}'),
    "DOUBLE[]": ("['nan'::DOUBLE, '-inf'::DOUBLE, 1.5]", '["NaN","-Infinity",1.5]'),
    "STRUCT(NaN VARCHAR, x DOUBLE)": ("{'NaN': 'is NaN', 'x': 'nan'::DOUBLE}", '{"NaN":"is NaN","x":"NaN"}'),
    "DECIMAL(38, 2)[]": ("[12345678901234567890.12]", "[12345678901234567890.12]"),
    "TIMESTAMP[]": ("[TIMESTAMP '2026-03-01 12:00:00.5']", '["2026-03-01 12:00:00.5"]'),
}
"""Types of DuckDB, a value of each, and the JSON that it is."""
DEEPER = {
    f"{declared}[]" if declared.endswith("]") else declared: (f"[{value}]", f"[{text}]")
    if declared.endswith("]")
    else (value, text)
    for declared, (value, text) in VALUES.items()
}
"""The same with lists of lists, because PostgreSQL has arrays for the others."""


@pytest.mark.parametrize("engines", OUT)
def test_nested_values_are_json(pair: Pair) -> None:
    """Structs, lists and maps, with NaN, decimals and times inside; a null is no JSON."""
    of_types = DEEPER if pair.engines[1] == "postgres" else VALUES
    names = [f"v{number}" for number in range(len(of_types))]
    typed = ", ".join(f"{name} {declared}" for name, declared in zip(names, of_types, strict=True))
    values = ", ".join(value for value, _ in of_types.values())
    nulls = ", ".join("NULL" for _ in of_types)
    pair.write(f"CREATE TABLE events (id BIGINT, {typed})", f"INSERT INTO events VALUES (1, {values}), (2, {nulls})")
    pair.load("snapshot_diff")
    again = pair.load("snapshot_diff")

    assert pair.rows() == [(1, *(text for _, text in of_types.values())), (2, *(None for _ in of_types))]
    assert again.loaded == 0


@pytest.mark.parametrize("engines", [("postgres", "sqlite"), ("postgres", "duckdb")])
def test_arrays_and_rows_of_postgres_are_json(pair: Pair) -> None:
    """Where they are of more than one dimension, or the target has no lists; a composite type is an object."""
    pair.write(
        "CREATE TYPE place AS (x integer, y text)",
        "CREATE TABLE events (id bigint PRIMARY KEY, a integer[], b text[], c place)",
        "INSERT INTO events VALUES (1, '{{1,2},{3,NULL}}', '{\"a,b\"}', '(1,\"q\"\"r\")'), (2, NULL, NULL, NULL)",
    )
    pair.load("snapshot_diff")

    flat = ["a,b"] if pair.engines[1] == "duckdb" else '["a,b"]'
    assert pair.rows() == [(1, "[[1,2],[3,null]]", flat, '{"x":1,"y":"q\\"r"}'), (2, None, None, None)]


@pytest.mark.parametrize("engines", [("duckdb", "sqlite"), ("duckdb", "postgres")])
def test_what_is_kept_as_text_is_said_once(pair: Pair) -> None:
    """At the first load, with the column and its type; the record remembers that it was said."""
    pair.write(
        "CREATE TABLE events (id BIGINT, tags VARCHAR[][], u BIT)", "INSERT INTO events VALUES (1, [['a']], NULL)"
    )
    said = [pair.load("snapshot_diff").warnings for _ in range(2)]

    sentence = (
        f"column 'tags' (VARCHAR[][]), 'u' (BIT) of 'events' is kept as text in {pair.engines[1]}, and what is nested "
        "as JSON, because incload knows no type there that holds the same values."
    )
    assert said == [(sentence,), ()]


def test_a_file_of_json_has_the_same_form(into: Ends, tmp_path: Path) -> None:
    """What a Parquet file holds as a struct, a JSON file holds as an object: one text."""
    file = tmp_path / "events.json"
    file.write_text(json.dumps([{"id": 1, "v": {"a": 1, "b": [1, None]}}]))
    into.load("full_refresh", file=file, cursor=None)

    assert into.rows() == [(1, '{"a":1,"b":[1,null]}')]
