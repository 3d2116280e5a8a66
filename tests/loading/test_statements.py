"""What a load with nothing to do costs its databases: how many statements it sends, and how much they look at."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import psycopg
import pytest
from dying import Tape, taped

from incload.api.load import load
from incload.engines.postgres import server

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

MOST_FOR_SQLITE = 12
MOST_FOR_A_SERVER = 9
CURSORS = {
    "TEXT": "printf(iif(n < 20, '2024-01-%02dT00:00:00', '2023-12-01T00:00:00'), n)",
    "INTEGER": "n",
}
"""The value of a cursor of each type in row n: of texts, those of the last two days are looked at one by one."""


def make(path: Path, rows: int, kind: str = "INTEGER", key: str = "INTEGER") -> None:
    """Make a source with an index on its cursor."""
    numbers = f"WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r WHERE n < {rows})"
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(f"CREATE TABLE t (id {key} PRIMARY KEY, ts {kind}, v TEXT)")
        connection.execute(f"{numbers} INSERT INTO t SELECT n, {CURSORS[kind]}, 'v' FROM r")
        connection.execute("CREATE INDEX by_ts ON t (ts, id)")


def sync(folder: Path, strategy: str = "timestamp_watermark", engine: str = "sqlite") -> int | None:
    """Load the source and return how many rows the target has, where that is known."""
    target = f"{engine}:///{folder}/target.{engine}"
    source = f"sqlite:///{folder}/source.sqlite?table=t"
    return load(source, target, table="t", key="id", cursor="ts", strategy=strategy).total_in_target


def statements(tape: Tape) -> list[str]:
    """Return what was sent to a database; to let go of a stream or a connection is no statement."""
    return [each for each in tape.crossed if each.partition(" ")[0] not in {"close", "receive", "release"}]


@pytest.mark.parametrize("strategy", ["timestamp_watermark", "composite_watermark", "incrementing_id"])
@pytest.mark.parametrize("key", ["INTEGER", "TEXT"])
@pytest.mark.parametrize("kind", CURSORS)
def test_a_quiet_load_sends_sqlite_few_statements(tmp_path: Path, kind: str, key: str, strategy: str) -> None:
    """From the first to the last, whatever the types of cursor and key."""
    make(tmp_path / "source.sqlite", 30, kind, key)
    sync(tmp_path, strategy)
    with taped(Tape()) as tape:
        sync(tmp_path, strategy)

    assert 0 < len(statements(tape)) <= MOST_FOR_SQLITE, statements(tape)


def test_a_quiet_load_does_not_look_at_a_column_of_the_targets_own(tmp_path: Path) -> None:
    """It sends what it sends without one, and brings no keys of the source within reach."""
    make(tmp_path / "source.sqlite", 30)
    sync(tmp_path)
    with closing(sqlite3.connect(tmp_path / "target.sqlite")) as connection, connection:
        connection.execute("ALTER TABLE t ADD COLUMN note TEXT")
        connection.execute("UPDATE t SET note = 'mine'")
    with taped(Tape()) as tape:
        sync(tmp_path)

    assert 0 < len(statements(tape)) <= MOST_FOR_SQLITE, statements(tape)
    assert not [each for each in statements(tape) if "incload_present" in each or "note" in each]


class Counting(sqlite3.Connection):
    """A connection that counts the steps of its statements."""

    steps = 0

    def __init__(self, *arguments: object, **options: object) -> None:
        """Be called after each step of SQLite's machine."""
        super().__init__(*arguments, **options)  # type: ignore[arg-type]  # whatever it takes
        self.set_progress_handler(self._step, 1)

    def _step(self) -> None:
        Counting.steps += 1


@pytest.mark.parametrize("kind", CURSORS)
def test_a_quiet_load_costs_the_same_whatever_the_size(
    tmp_path: Path, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SQLite takes as many steps beside 20,000 rows as beside 200."""
    plain, took = sqlite3.connect, {}
    monkeypatch.setattr(sqlite3, "connect", lambda *given, **options: plain(*given, factory=Counting, **options))
    for rows in (200, 20_000):
        folder = tmp_path / str(rows)
        folder.mkdir()
        make(folder / "source.sqlite", rows, kind)
        sync(folder)
        Counting.steps = 0
        sync(folder)
        took[rows] = Counting.steps

    assert took[200] == took[20_000] > 100


def test_a_total_is_given_where_it_is_known(tmp_path: Path) -> None:
    """A first load knows what it wrote, DuckDB counts without looking, and SQLite is not asked."""
    make(tmp_path / "source.sqlite", 30)

    assert [sync(tmp_path), sync(tmp_path)] == [30, None]
    assert [sync(tmp_path, engine="duckdb"), sync(tmp_path, engine="duckdb")] == [30, 30]


@pytest.fixture
def schemas(postgres_server: str) -> Iterator[tuple[str, str]]:  # noqa: ARG001 - schemas are made on it
    """Return the URLs of two schemas, the first of them with a table of 2,000 rows."""
    with server.schema() as source, server.schema() as target:
        url, _, schema = source.partition("&schema=")
        with psycopg.connect(url, autocommit=True, options=f"-csearch_path={schema}") as connection:
            connection.execute(
                "CREATE TABLE t (id INTEGER PRIMARY KEY, ts TIMESTAMPTZ NOT NULL, v TEXT);"
                "INSERT INTO t SELECT n, '2024-01-01Z'::timestamptz + n * interval '1 s', 'v'"
                " FROM generate_series(1, 2000) AS n; CREATE INDEX ON t (ts, id); ANALYZE t"
            )
        yield f"{source}&table=t", target


def said_to_servers(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return what will hold every statement that a server is sent from now on."""
    said: list[str] = []
    plain = psycopg.Connection.execute

    def noted(self: psycopg.Connection, query: str | bytes, *given: object, **options: object) -> object:
        said.append(query if isinstance(query, str) else query.decode())
        return plain(self, query, *given, **options)  # type: ignore[arg-type]  # as it was given

    monkeypatch.setattr(psycopg.Connection, "execute", noted)
    return said


@pytest.mark.parametrize("strategy", ["timestamp_watermark", "composite_watermark", "incrementing_id"])
def test_a_quiet_load_sends_a_server_few_statements(
    schemas: tuple[str, str], strategy: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From the settings of the connection to the release of the lock."""
    options = {"table": "t", "key": "id", "cursor": "ts", "strategy": strategy}
    load(*schemas, **options)  # type: ignore[arg-type]  # as they are
    said = said_to_servers(monkeypatch)
    load(*schemas, **options)  # type: ignore[arg-type]  # as they are

    assert 0 < len(said) <= MOST_FOR_A_SERVER, said


def test_a_quiet_load_makes_a_server_look_at_few_rows(
    schemas: tuple[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """No step of any plan meets more than a few rows of the tables, which have 2,000."""
    options = {"table": "t", "key": "id", "cursor": "ts", "strategy": "timestamp_watermark"}
    load(*schemas, **options)  # type: ignore[arg-type]  # as they are
    said = said_to_servers(monkeypatch)
    load(*schemas, **options)  # type: ignore[arg-type]  # as they are
    monkeypatch.undo()
    asked = [sql for sql in said if '"t"' in sql and "pg_class" not in sql]
    with psycopg.connect(schemas[1].partition("&schema=")[0]) as connection:
        plans = [connection.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {sql}").fetchone() for sql in asked]

    assert plans
    assert max(met(found[0][0]["Plan"]) for found in plans if found) <= 2


def met(plan: dict[str, object]) -> int:
    """Return the most rows that a step of a plan and those below it have met."""
    own = int(str(plan["Actual Rows"]).partition(".")[0]) + int(str(plan.get("Rows Removed by Filter", 0)))
    return max([own, *map(met, plan.get("Plans", []))])  # type: ignore[call-overload]  # a list of plans
