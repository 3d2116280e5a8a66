"""Values that engines write in several ways: their digits stay, and a second load writes nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from incload.api.audit import audit

if TYPE_CHECKING:
    from ends import Pair

PAIRS = [(source, target) for source in ("duckdb", "postgres") for target in ("sqlite", "duckdb", "postgres")]


@pytest.mark.parametrize("engines", [*PAIRS, ("parquet", "sqlite"), ("parquet", "postgres")])
def test_small_decimals_keep_all_their_digits(pair: Pair) -> None:
    """Zero with ten places is 0.0000000000, not 0E-10, and has its place in the order of a cursor."""
    pair.write(
        "CREATE TABLE events (id bigint PRIMARY KEY, c decimal(30,10))",
        "INSERT INTO events VALUES (1, 0), (2, -0.0000000001), (3, 1.1)",
    )
    pair.load("timestamp_watermark", cursor="c")
    again = pair.load("timestamp_watermark", cursor="c")

    assert again.loaded == 0
    assert pair.rows("SELECT CAST(c AS VARCHAR(40)) FROM events ORDER BY id") == [
        ("0.0000000000",), ("-0.0000000001",), ("1.1000000000",),
    ]  # fmt: skip


@pytest.mark.parametrize("engines", PAIRS)
@pytest.mark.parametrize("strategy", ["row_hash_cdc", "snapshot_diff"])
def test_intervals_are_read_once(pair: Pair, strategy: str) -> None:
    """The digest of an interval is the same at the first load, which creates the target, and at the second."""
    pair.write(
        "CREATE TABLE events (id bigint PRIMARY KEY, c interval)",
        "INSERT INTO events VALUES (1, '1 month'), (2, '30 days'), (3, NULL)",
    )
    pair.load(strategy)
    assert pair.load(strategy).loaded == 0


FLOATS = ["[0.1, 1e22, NULL]", "[16777217, 1e-7, -0.0]", "['nan', 'inf', '-inf']", "[]", "NULL"]


@pytest.mark.parametrize("engines", PAIRS)
@pytest.mark.parametrize("declared", ["real", "double precision"])
def test_lists_of_floats_are_not_stale(pair: Pair, declared: str) -> None:
    """Engines write a float in several ways; a list of them is compared as numbers."""
    values = FLOATS
    if pair.engines[0] == "postgres":
        values = [each if each == "NULL" else f"'{{{each[1:-1]}}}'".replace("''", "'") for each in FLOATS]
        values[2] = "'{nan, inf, -inf}'"
    rows = ", ".join(f"({number}, {value})" for number, value in enumerate(values, 1))
    pair.write(f"CREATE TABLE events (id bigint PRIMARY KEY, c {declared}[])", f"INSERT INTO events VALUES {rows}")
    pair.load()
    assert wrong(pair) == []
    other = "'[0.1,1e22,1]'" if pair.engines[1] == "sqlite" else "ARRAY[0.1, 1e22, 1]"
    pair.write_target(f"UPDATE events SET c = {other} WHERE id = 1", "UPDATE events SET c = NULL WHERE id = 4")
    assert wrong(pair) == [(1,), (4,)]


NESTED = {
    "duckdb": {
        "INTEGER[]": "[1, NULL]", "VARCHAR[]": "['a', 'NULL', '\"b\"', NULL]", "BOOLEAN[]": "[true]",
        "DATE[]": "['2026-01-01']", "TIMESTAMP[]": "['2026-01-01 00:00:00.5']", "UUID[]": f"['{'0' * 31}1']",
        "DECIMAL(10,2)[]": "[1.10]", "STRUCT(a INTEGER, b DOUBLE)": "{'a': 1, 'b': 0.1}",
        "MAP(VARCHAR, INTEGER)": "map {'k': 1}", "INTEGER[][]": "[[1], [2, NULL]]", "INTERVAL": "'14 months -3 days'",
        "INTERVAL[]": "['1 day']", "TIME": "'10:11:12.5'", "TIMETZ": "'10:11:12+02'", "JSON": "'{\"a\": 1.0}'",
        "UBIGINT": "18446744073709551615", "BIT": "'101'", "UUID": f"'{'0' * 31}a'",
    },
    "postgres": {
        "integer[]": "'{1,NULL}'", "text[]": "'{a,\"NULL\",NULL,\"\\\"b\"}'", "boolean[]": "'{t,NULL}'",
        "date[]": "'{2026-01-01}'", "timestamp[]": "'{2026-01-01 00:00:00.5}'",
        "timestamptz[]": "'{2026-01-01 00:00:00+02}'", "uuid[]": f"'{{{'0' * 31}1}}'", "numeric(10,2)[]": "'{1.10}'",
        "numeric[]": "'{1.10,NaN}'", "integer[][]": "'{{1,2},{3,NULL}}'", "interval": "'14 months -3 days'",
        "time": "'10:11:12.5'", "timetz": "'10:11:12+02'", "json": "'{\"a\": 1.0}'", "jsonb": "'{\"b\": 1.0}'",
        "money": "12.34", "bit(4)": "B'1010'", "int4range": "'[1,5)'", "inet": "'10.0.0.1/8'", "numeric": "'NaN'",
        "tstzrange[]": "'{\"[2026-01-01,)\"}'", "char(4)": "'ab'",
    },
}  # fmt: skip


@pytest.mark.parametrize("engines", PAIRS)
def test_no_type_is_stale_or_new_in_a_second_load(pair: Pair) -> None:
    """Whatever a type becomes in the other engine, an audit and a second load find every value as it was loaded."""
    types = NESTED[pair.engines[0]]
    columns = ", ".join(f"c{number} {declared}" for number, declared in enumerate(types))
    pair.write(
        f"CREATE TABLE events (id bigint PRIMARY KEY, {columns})",
        f"INSERT INTO events VALUES (1, {', '.join(types.values())}), (2{', NULL' * len(types)})",
    )
    assert [pair.load(strategy).loaded for strategy in ("row_hash_cdc", "row_hash_cdc", "snapshot_diff")] == [2, 0, 0]
    assert wrong(pair) == []


def wrong(pair: Pair) -> list[tuple[object, ...]]:
    """Return the keys of the rows that an audit finds stale."""
    ends = [f"{url}{'&' if '?' in url else '?'}table=events" for url in (pair.source, pair.target)]
    found = audit(*ends, key="id")
    assert found.lost == found.phantom == 0
    return sorted(sample.key for sample in found.samples)
