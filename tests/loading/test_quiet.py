"""A load that finds nothing new: what it spares the engines."""

from __future__ import annotations

from typing import TYPE_CHECKING

import psycopg

from incload.engines.duckdb.session import DuckdbSession
from incload.engines.endpoints import Location, locate
from incload.loading.plan import Plan
from incload.loading.run import load
from incload.registry import strategy

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

    from incload.engines.endpoint import Endpoint
    from tests.ends import Between

TABLE = "CREATE TABLE events (id INTEGER PRIMARY KEY, ts BIGINT, v TEXT)"


def said_to_duckdb(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return what will hold every statement that DuckDB is given from now on."""
    said: list[str] = []
    plain = DuckdbSession.rows

    def noted(self: DuckdbSession, sql: str, params: tuple[object, ...] = ()) -> list[tuple[object, ...]]:
        said.append(sql)
        return plain(self, sql, params)

    monkeypatch.setattr(DuckdbSession, "rows", noted)
    return said


def staging(said: list[str]) -> list[str]:
    """Return the statements that make or drop a table."""
    return [sql for sql in said if sql.startswith(("CREATE", "DROP"))]


def again(source: Endpoint, target: Endpoint) -> int:
    """Load by a watermark."""
    plan = Plan("events", ("id",), "ts", strategy("timestamp_watermark"), cursor_per_second=1)
    return load(source, target, plan).loaded


def test_without_a_row_nothing_is_staged(between: Between, monkeypatch: pytest.MonkeyPatch) -> None:
    """An index of the source says that there is no row; then no table is made, and none dropped that was not."""
    ends = between("sqlite", "duckdb")
    ends.write(TABLE, "CREATE INDEX by_ts ON events (ts)", "INSERT INTO events VALUES (1, 1, 'a')")
    again(ends.source, ends.target)
    said = said_to_duckdb(monkeypatch)
    assert again(ends.source, ends.target) == 0
    assert staging(said) == []


def test_an_index_of_a_server_says_so_as_well(
    postgres_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With rows there is one table to drop, without there is none; without an index the rows are asked for."""
    url, _, schema = postgres_url.partition("&schema=")
    source, target = locate(postgres_url), Location("duckdb", tmp_path / "target.duckdb")
    with psycopg.connect(url, autocommit=True, options=f"-csearch_path={schema}") as connection:
        connection.execute(f"{TABLE}; CREATE INDEX by_ts ON events (ts); INSERT INTO events VALUES (1, 1, 'a')")
        again(source, target)
        said = said_to_duckdb(monkeypatch)
        assert (again(source, target), staging(said)) == (0, [])
        connection.execute("INSERT INTO events VALUES (2, 2, 'b')")
        assert again(source, target) == 1
        assert [sql[:40] for sql in staging(said)] == [
            'CREATE TEMP TABLE "incload_incoming" AS ',
            'DROP TABLE IF EXISTS temp."incload_incom',
        ]
        said.clear()
        connection.execute("DROP INDEX by_ts")
        assert again(source, target) == 0
        assert len(staging(said)) == 2
