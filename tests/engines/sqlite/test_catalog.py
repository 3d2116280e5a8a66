"""What a session keeps of SQLite's catalogue from one sync to the next, and when it lets go of it."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from incload.engines.sqlite.session import SqliteSession
from incload.table import Kind

if TYPE_CHECKING:
    from pathlib import Path

CHANGES = ("CREATE TABLE u (x)", "ALTER TABLE t ADD COLUMN b TEXT", "ALTER TABLE t RENAME COLUMN a TO c")


def run(path: Path, *statements: str) -> None:
    """Run statements on a connection of their own."""
    with closing(sqlite3.connect(path)) as connection, connection:
        for statement in statements:
            connection.execute(statement)


def names(session: SqliteSession, table: str = "t") -> list[str]:
    """Return the names of the source's columns as a session knows them."""
    return [column.name for column in session.columns("source", table) or ()]


@pytest.mark.parametrize("within", [True, False])
def test_a_change_of_a_schema_is_seen_by_the_next_sync(tmp_path: Path, *, within: bool) -> None:
    """What is kept of one sync holds until any connection changes a table, be it asked within a sync or between two."""
    source, seen = tmp_path / "source.db", []
    run(source, "CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT)")
    session = SqliteSession(source, None)
    for change in CHANGES:
        if within:
            session.begin_read()
        seen.append(names(session))
        session.rollback()
        run(source, change)
    seen.append(names(session))
    session.close()

    assert seen == [["id", "a"], ["id", "a"], ["id", "a", "b"], ["id", "c", "b"]]


def test_what_a_sync_has_undone_is_not_kept(tmp_path: Path) -> None:
    """A column that was added and rolled back is gone, though another schema may have the same number."""
    target = tmp_path / "target.db"
    run(target, "CREATE TABLE t (id INTEGER PRIMARY KEY)")
    session = SqliteSession(target, target)
    session.begin("t")
    session.write("ALTER TABLE main.t ADD COLUMN a TEXT")
    added = names(session)
    session.rollback()
    run(target, "ALTER TABLE t ADD COLUMN b TEXT")
    session.begin("t")
    kept = names(session)
    session.close()

    assert (added, kept) == (["id", "a"], ["id", "b"])


def test_kinds_that_rows_decide_are_looked_up_by_each_sync(tmp_path: Path) -> None:
    """A column without a declared type is of the kind of its rows, which change without a change of the schema."""
    source, seen = tmp_path / "source.db", []
    run(source, "CREATE TABLE t (id INTEGER PRIMARY KEY, a)", "INSERT INTO t VALUES (1, 'text')")
    session = SqliteSession(source, None)
    for change in ("UPDATE t SET a = 1", "UPDATE t SET a = 1.5", "DELETE FROM t"):
        session.begin_read()
        seen.append((session.columns("source", "t") or ())[1].kind)
        session.rollback()
        run(source, change)
    session.close()

    assert seen == [Kind.TEXT, Kind.INTEGER, Kind.REAL]
