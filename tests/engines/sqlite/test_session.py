"""A SQLite session that lasts for several syncs: its temporary tables are filled again, and never with another form."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import pytest
from dying import Tape, taped

from incload.engines.session import Query
from incload.engines.sqlite.session import SqliteSession

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

ROWS = Query("SELECT a FROM source.t")


def run(path: Path, *statements: str) -> None:
    """Run statements on a connection of their own."""
    with closing(sqlite3.connect(path)) as connection, connection:
        for statement in statements:
            connection.execute(statement)


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """Return a file with a table of one row."""
    run(tmp_path / "source.db", "CREATE TABLE t (a INTEGER)", "INSERT INTO t VALUES (1)")
    return tmp_path / "source.db"


@pytest.fixture
def session(source: Path, tmp_path: Path) -> Iterator[SqliteSession]:
    """Return a session that holds the source, and has synced until it knows that the schemas stand still."""
    session = SqliteSession(source, tmp_path / "target.db")
    staged(session)
    staged(session)
    yield session
    session.close()


def staged(session: SqliteSession, query: Query = ROWS) -> list[tuple[object, ...]]:
    """Stage rows in a sync, which describes its tables, and return them with their types."""
    session.begin("t")
    session.describe(("source", "t"), ("target", "t"))
    stage = session.stage(query)
    found = session.rows(f"SELECT a, typeof(a) FROM {stage}")
    assert session.count(stage) == len(found)
    session.commit()
    session.unstage()
    return found


def test_a_stage_of_the_same_query_is_filled_again(session: SqliteSession, source: Path) -> None:
    """No table is made or dropped, and the rows are those of now."""
    run(source, "INSERT INTO t VALUES (2)")
    with taped(Tape()) as tape:
        found = staged(session)

    assert found == [(1, "integer"), (2, "integer")]
    assert not [each for each in tape.crossed if each.startswith(("CREATE", "DROP"))], tape.crossed


def test_a_stage_of_another_query_is_made_again(session: SqliteSession) -> None:
    """Its columns have other types."""
    assert staged(session, Query("SELECT CAST(a AS TEXT) AS a FROM source.t")) == [("1", "text")]
    assert staged(session) == [(1, "integer")]


def test_a_column_of_another_type_makes_the_stage_again(session: SqliteSession, source: Path) -> None:
    """The text of the query is the same, and a text must not become a number in a column of the type from before."""
    run(source, "DROP TABLE t", "CREATE TABLE t (a TEXT)", "INSERT INTO t VALUES ('01')")

    assert staged(session) == [("01", "text")]


def test_what_is_made_of_a_stage_follows_its_form(session: SqliteSession) -> None:
    """A second stage that reads the first is made again whenever the first is."""

    def second(first: Query) -> list[tuple[object, ...]]:
        session.begin("t")
        session.describe(("source", "t"), ("target", "t"))
        session.stage(first)
        stage = session.stage(Query('SELECT a FROM temp."incload_incoming"'), "incload_second")
        found = session.rows(f"SELECT a, typeof(a) FROM {stage}")
        session.commit()
        session.unstage()
        return found

    assert [second(ROWS), second(ROWS), second(Query("SELECT '01' AS a"))] == [
        [(1, "integer")],
        [(1, "integer")],
        [("01", "text")],
    ]


def test_a_stage_that_a_rollback_took_is_made_again(session: SqliteSession) -> None:
    """Whether the table was made in the sync that was undone, or in one before it."""
    for query in (ROWS, Query("SELECT a + 1 AS a FROM source.t")):
        session.begin("t")
        session.stage(query)
        session.rollback()
        session.unstage()

        assert staged(session, query) == [(1 if query == ROWS else 2, "integer")]


def test_a_stage_that_could_not_be_filled_leaves_nothing_behind(session: SqliteSession, source: Path) -> None:
    """The next sync of the same query has its own rows and no other."""
    run(source, "INSERT INTO t VALUES (-9223372036854775808)")
    absolute = Query("SELECT abs(a) AS a FROM source.t")
    session.begin("t")
    with pytest.raises(sqlite3.OperationalError, match="integer overflow"):
        session.stage(absolute)
    session.rollback()
    session.unstage()
    run(source, "DELETE FROM t WHERE a < 0")

    assert staged(session, absolute) == [(1, "integer")]


def test_a_transaction_that_sqlite_ended_itself_leaves_no_stage(source: Path, tmp_path: Path) -> None:
    """Where a commit finds no room, SQLite has rolled back before it is asked to, and the temporary tables with it."""
    session = SqliteSession(source, tmp_path / "target.db")
    session.begin("t")
    session.stage(ROWS)
    session.driver.rollback()  # as SQLite does on a full disk

    session.rollback()
    session.unstage()

    assert staged(session) == [(1, "integer")]
    session.close()
