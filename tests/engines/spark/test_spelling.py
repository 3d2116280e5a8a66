"""Standard SQL as Spark reads it: names, texts with quotes and backslashes, parameters and types."""

from __future__ import annotations

import pytest

from incload.engines.spark.sql import declared_as, spelled


@pytest.mark.parametrize(
    ("sql", "params", "expected"),
    [
        ("SELECT 'it''s'", (), r"SELECT 'it\'s'"),
        (r"x ~ '\d\?'", (), r"x ~ '\\d\\?'"),
        ('SELECT "a""?", `b?`', (), 'SELECT `a"?`, `b?`'),
        ("a > ? AND b = ?", (5, "it's ?"), r"a > 5L AND b = 'it\'s ?'"),
        ("CAST(x AS VARCHAR)", (), "CAST(x AS STRING)"),
        ("CAST(x AS VARCHAR(5))", (), "CAST(x AS VARCHAR(5))"),
        ("? ? ? ?", (None, True, b"\x01", 2**64), "NULL true X'01' CAST('18446744073709551616' AS DECIMAL(38,0))"),
        ("? ?", (0.1, float("nan")), "CAST('0.1' AS DOUBLE) CAST('nan' AS DOUBLE)"),
    ],
)
def test_a_statement_means_what_it_means_elsewhere(sql: str, params: tuple[object, ...], expected: str) -> None:
    """In Spark a backslash escapes, and two quotes in a text would end it and begin another."""
    assert spelled(sql, params) == expected


@pytest.mark.parametrize(
    ("found", "declared"),
    [
        ("long", "bigint"),
        ("timestamp", "timestamp_ltz"),
        ("timestamp_ntz", "timestamp_ntz"),
        ("decimal(10,2)", "decimal(10,2)"),
        ({"type": "array", "elementType": "integer", "containsNull": True}, "array<int>"),
        ({"type": "map", "keyType": "string", "valueType": "long"}, "map<string,bigint>"),
        ({"type": "struct", "fields": [{"name": "a`b", "type": "string"}]}, "struct<`a``b`:string>"),
    ],
)
def test_a_type_has_the_name_that_statements_take(found: object, declared: str) -> None:
    """Spark's descriptions call some types otherwise."""
    assert declared_as(found) == declared
