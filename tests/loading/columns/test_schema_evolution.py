"""A target follows its source's types as long as no value changes by it."""

from __future__ import annotations

import re
import sqlite3
from typing import TYPE_CHECKING

import duckdb
import psycopg
import pytest

from incload.engines.endpoints import Location, locate
from incload.engines.postgres import server
from incload.errors import Refused
from incload.loading.plan import Plan
from incload.loading.run import load
from incload.registry import strategy

if TYPE_CHECKING:
    from pathlib import Path

PLAN = Plan(name="t", key=("id",), cursor=None, strategy=strategy("incrementing_id"), evolve=True)


def _between_duckdb(folder: Path, before: str, after: str, value: str) -> object:
    """Load a column of one type, then a row more of another; return the first row's value."""
    source, target = (Location("duckdb", folder / name) for name in ("shop.duckdb", "copy.duckdb"))
    with duckdb.connect(str(source.path)) as shop:
        shop.execute(f"CREATE TABLE t (id BIGINT PRIMARY KEY, a {before}); INSERT INTO t VALUES (1, {value})")
    load(source, target, PLAN)
    with duckdb.connect(str(source.path)) as shop:
        shop.execute(f"UPDATE t SET a = NULL; ALTER TABLE t ALTER a TYPE {after}; INSERT INTO t VALUES (2, NULL)")
    load(source, target, PLAN)
    with duckdb.connect(str(target.path)) as copy:
        return copy.sql("SELECT a::VARCHAR FROM t WHERE id = 1").fetchall()[0][0]


@pytest.mark.parametrize(
    ("before", "after", "value", "shown"),
    [
        ("BIGINT", "DOUBLE", "9007199254740993", "9007199254740993"),
        ("INTEGER", "FLOAT", "16777217", "16777217"),
        ("DOUBLE", "BIGINT", "1.5", "1.5"),
        ("DECIMAL(9,4)", "DECIMAL(9,2)", "1.2345", "1.2345"),
        ("TIMESTAMP", "DATE", "'2026-01-01 10:00:00'", "2026-01-01 10:00:00"),
        ("TIMESTAMP_NS", "TIMESTAMP", "'2026-01-01 10:00:00.123456789'", "2026-01-01 10:00:00.123456"),
        ("BIGINT", "BOOLEAN", "5", "5"),
        ("HUGEINT", "DOUBLE", "9007199254740993", "9007199254740993"),
        ("VARCHAR", "BIGINT", "'1.5'", "1.5"),
        ("VARCHAR", "TIMESTAMP", "'2026-01-01T10:00:00+05:00'", "2026-01-01T10:00:00+05:00"),
        ("VARCHAR", "DATE", "'2026-01-01 10:00:00'", "2026-01-01 10:00:00"),
    ],
)
def test_a_type_that_holds_less_is_refused(before: str, after: str, value: str, shown: str, tmp_path: Path) -> None:
    """A value that would lose digits, its fraction or its time of day is named, and the target stays as it was."""
    with pytest.raises(
        Refused, match=rf"^column 'a' of target table 't' cannot become {re.escape(after)}: "
    ) as refusal:
        _between_duckdb(tmp_path, before, after, value)

    assert f": {shown} and perhaps more values would change; " in str(refusal.value)
    with duckdb.connect(str(tmp_path / "copy.duckdb")) as copy:
        assert copy.sql(f"SELECT count(*), any_value(a) = {value} FROM t").fetchall() == [(1, True)]


@pytest.mark.parametrize(
    ("before", "after", "value", "shown"),
    [
        ("BIGINT", "DOUBLE", "9007199254740992", "9007199254740992.0"),
        ("DOUBLE", "BIGINT", "2.0", "2"),
        ("DECIMAL(9,4)", "DECIMAL(9,2)", "1.2300", "1.23"),
        ("DATE", "TIMESTAMP", "'2026-01-01'", "2026-01-01 00:00:00"),
        ("INTEGER", "VARCHAR", "7", "7"),
        ("BOOLEAN", "BIGINT", "true", "1"),
        ("VARCHAR", "DECIMAL(9,2)", "'1.5'", "1.50"),
        ("VARCHAR", "TIMESTAMP", "'2026-01-01T10:00:00Z'", "2026-01-01 10:00:00"),
        ("VARCHAR", "TIMESTAMP WITH TIME ZONE", "'2026-01-01T10:00:00+05:00'", "2026-01-01 05:00:00+00"),
    ],
)
def test_a_type_that_holds_every_value_is_taken(
    before: str, after: str, value: str, shown: str, tmp_path: Path
) -> None:
    """What matters is what stands in the column, not what could."""
    assert _between_duckdb(tmp_path, before, after, value) == shown


@pytest.mark.parametrize(
    ("before", "after", "value", "row"),
    [
        ("INTEGER", "REAL", 9007199254740993, "(2, 1.5)"),
        ("INTEGER", "REAL", -9007199254740993, "(2, 1.5)"),
        ("INTEGER", "REAL", 9223372036854775807, "(2, 1.5)"),
        ("REAL", "TEXT", 0.30000000000000004, "(2, 'x')"),
    ],
)
def test_sqlite_keeps_every_digit(before: str, after: str, value: float, row: str, tmp_path: Path) -> None:
    """A column takes a new type only when it holds no number of which that would keep fewer digits."""
    source, target = (Location("sqlite", tmp_path / name) for name in ("shop.db", "copy.db"))
    with sqlite3.connect(source.path) as shop:
        shop.execute(f"CREATE TABLE t (id INTEGER PRIMARY KEY, a {before})")
        shop.execute("INSERT INTO t VALUES (1, ?)", (value,))
    load(source, target, PLAN)
    with sqlite3.connect(source.path) as shop:
        shop.executescript(
            f"DROP TABLE t; CREATE TABLE t (id INTEGER PRIMARY KEY, a {after}); INSERT INTO t VALUES {row}"
        )
    with pytest.raises(Refused, match=rf"'a' of target table 't' cannot become {after}: {value} and perhaps more"):
        load(source, target, PLAN)

    with sqlite3.connect(target.path) as copy:
        assert copy.execute("SELECT id, a FROM t").fetchall() == [(1, value)]


@pytest.mark.parametrize(
    ("before", "after", "value"),
    [
        ("INTEGER", "boolean", "5"),
        ("TEXT", "timestamp without time zone", "2026-01-01T10:00:00+05"),
        ("VARCHAR(40)", "date", "2026-01-01 10:00:00"),
        ("CHARACTER(4)", "character varying(3)", "abcd"),
    ],
)
def test_postgresql_keeps_every_value(before: str, after: str, value: str, postgres_url: str) -> None:
    """What the server would cut off, or take for another, without a word is named, and the target stays as it was."""
    with server.schema() as target:
        _in_schema(postgres_url, f"CREATE TABLE t (id INTEGER PRIMARY KEY, a {before})")
        _in_schema(postgres_url, f"INSERT INTO t VALUES (1, '{value}')")
        load(locate(postgres_url), locate(target), PLAN)
        _in_schema(postgres_url, "DROP TABLE t", f"CREATE TABLE t (id INTEGER PRIMARY KEY, a {after})")
        with pytest.raises(Refused, match=f"'t' cannot become {re.escape(f'{after}: {value}')} and perhaps more"):
            load(locate(postgres_url), locate(target), PLAN)

        assert _in_schema(target, "SELECT a::text FROM t") == [(value,)]


def _in_schema(url: str, *statements: str) -> list[tuple[object, ...]]:
    """Run statements in the schema of a URL; return the rows of the last."""
    place, _, schema = url.partition("&schema=")
    with psycopg.connect(place, options=f"-csearch_path={schema}") as connection:
        for statement in statements:
            cursor = connection.cursor().execute(statement)
        return cursor.fetchall() if cursor.description else []
