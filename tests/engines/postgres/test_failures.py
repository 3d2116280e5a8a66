"""A PostgreSQL server or connection that dies in the middle of a load: nothing half-done, and the next completes it."""

from __future__ import annotations

import os
import re
import sqlite3
from contextlib import ExitStack, closing
from typing import TYPE_CHECKING
from uuid import uuid4

import duckdb
import psycopg
import pytest

from incload.engines.endpoints import locate
from incload.engines.postgres import server
from incload.engines.postgres.binary_copy import send
from incload.engines.postgres.session import PostgresSession
from incload.errors import Refused
from incload.loading.plan import Plan
from incload.loading.run import load
from incload.registry import strategy

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from psycopg.pq.abc import PGconn

Row = tuple[object, ...]
BEFORE: list[Row] = [(1, "a", 10), (2, "b", 20)]
AFTER: list[Row] = [(1, "a", 10), (2, "changed", 30), (3, "c", 31)]
STATEMENTS = {
    "before the rows": r"CREATE TEMP TABLE",
    "between rows and state": r'UPDATE "[^"]+"\."_incload_state" ',
    "after the state": r'DELETE FROM "[^"]+"\."_incload_state_history"',
    "at the commit": r"COMMIT",
}
PAIRS = ("postgres-postgres", "sqlite-postgres")


class Ends:
    """A source and a target, at least one of them in PostgreSQL; plain drivers say what they hold."""

    def __init__(self, pair: str, url: str, folder: Path) -> None:
        """Make the source and load it for the first time."""
        self.url, self.folder = url, folder
        self.here, self.there = (f"incload_{place}_{uuid4().hex}" for place in ("here", "there"))
        self.engines = pair.split("-")
        with psycopg.connect(url, autocommit=True) as connection:
            for schema in (self.here, self.there):
                connection.execute(f"CREATE SCHEMA {schema}")
        self.change("CREATE TABLE events (id INTEGER PRIMARY KEY, name TEXT, ts INTEGER)")
        self.change("INSERT INTO events VALUES (1, 'a', 10), (2, 'b', 20)")
        self.load()
        self.change("UPDATE events SET name = 'changed', ts = 30 WHERE id = 2")
        self.change("INSERT INTO events VALUES (3, 'c', 31)")

    def drop(self) -> None:
        """Leave nothing on the server."""
        with psycopg.connect(self.url, autocommit=True) as connection:
            for schema in (self.here, self.there):
                connection.execute(f"DROP SCHEMA {schema} CASCADE")

    def change(self, sql: str) -> None:
        """Run a statement on the source."""
        if self.engines[0] == "postgres":
            with psycopg.connect(f"{self.url}&options=-csearch_path%3D{self.here}", autocommit=True) as connection:
                connection.execute(sql)
        else:
            with closing(sqlite3.connect(self.folder / "source.sqlite", isolation_level=None)) as connection:
                connection.execute(sql)

    def load(self) -> None:
        """Load once."""
        ends = {
            "postgres": (f"{self.url}&schema={self.here}", f"{self.url}&schema={self.there}"),
            "sqlite": (f"sqlite:///{self.folder}/source.sqlite", ""),
            "duckdb": ("", f"duckdb:///{self.folder}/target.duckdb"),
        }
        source, target = (ends[engine][place] for place, engine in enumerate(self.engines))
        load(locate(source), locate(target), Plan("events", ("id",), "ts", strategy("timestamp_watermark")))

    def rows(self) -> list[Row]:
        """Return the target's rows."""
        if self.engines[1] == "postgres":
            with psycopg.connect(self.url) as connection:
                return connection.execute(f"SELECT * FROM {self.there}.events ORDER BY id").fetchall()
        with duckdb.connect(str(self.folder / "target.duckdb"), read_only=True) as connection:
            return connection.execute("SELECT * FROM events ORDER BY id").fetchall()


@pytest.fixture
def make(tmp_path: Path) -> Iterator[Callable[[str, str], Ends]]:
    """Return what makes the ends of a pair on a server."""
    with ExitStack() as stack:

        def made(pair: str, url: str) -> Ends:
            ends = Ends(pair, url, tmp_path)
            stack.callback(ends.drop)
            return ends

        yield made


def strike(monkeypatch: pytest.MonkeyPatch, statement: str, blow: Callable[[PostgresSession], None]) -> None:
    """Let something happen right before a statement, once."""
    execute, left = PostgresSession._execute, [blow]

    def struck(session: PostgresSession, sql: str, params: tuple[object, ...] = ()) -> object:
        if left and re.match(statement, sql):
            left.pop()(session)
        return execute(session, sql, params)

    monkeypatch.setattr(PostgresSession, "_execute", struck)


def cut(session: PostgresSession) -> None:
    """End the connection of a session, from another one."""
    dsn = session.driver.info.dsn
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute("SELECT pg_terminate_backend(%s, 10000)", (session.driver.info.backend_pid,))


@pytest.mark.parametrize("statement", STATEMENTS.values(), ids=STATEMENTS)
@pytest.mark.parametrize("pair", PAIRS)
def test_a_connection_that_ends_leaves_the_load_before(
    pair: str, statement: str, postgres_server: str, make: Callable[[str, str], Ends], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The target stays at the sync before, the sentence says what happened, and the next load completes it."""
    ends = make(pair, postgres_server)
    with monkeypatch.context() as struck:
        strike(struck, statement, cut)
        with pytest.raises(Refused, match=r"failed: (terminating connection|server closed the connection|consuming)"):
            ends.load()
    between = ends.rows()
    ends.load()
    assert (between, ends.rows()) == (BEFORE, AFTER)


def test_a_source_that_goes_when_all_is_read_is_not_missed(
    postgres_server: str, make: Callable[[str, str], Ends], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A load whose rows are committed has not failed because the connection to the source ended right after."""
    ends = make("postgres-duckdb", postgres_server)
    strike(monkeypatch, "ROLLBACK", cut)
    ends.load()
    assert ends.rows() == AFTER


def test_a_source_that_breaks_off_in_the_middle_leaves_the_load_before(
    postgres_server: str, make: Callable[[str, str], Ends], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rows that had come before the connection ended are not in the target."""
    ends = make("postgres-duckdb", postgres_server)
    ends.change("INSERT INTO events SELECT i, repeat('x', 1000), i + 100 FROM generate_series(4, 20000) AS i")
    gathered, left = send._gathered, [True]

    def broken(connection: PGconn) -> object:
        found = gathered(connection)
        if not left:
            return found
        left.clear()
        with psycopg.connect(postgres_server, autocommit=True) as other:
            other.execute(
                "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE query LIKE 'COPY (SELECT%'"
            )
        return found

    monkeypatch.setattr(send, "BATCH_ROWS", 1_000)
    monkeypatch.setattr(send, "_gathered", broken)
    with pytest.raises(Refused, match=r"reading the source broke off: .*closed the connection unexpectedly"):
        ends.load()
    between = ends.rows()
    ends.load()
    assert between == BEFORE
    assert len(ends.rows()) == 20_000


@pytest.fixture(scope="module")
def mortal() -> Iterator[server.Embedded]:
    """Return a server that may be killed."""
    if not hasattr(os, "pidfd_open"):
        pytest.skip("only Linux says when a process that is no one's child has ended.")
    try:
        started = server.start()
    except server.NoServer as none:
        pytest.skip(str(none))
    yield started
    started.stop()


@pytest.mark.slow
@pytest.mark.parametrize("statement", STATEMENTS.values(), ids=STATEMENTS)
def test_a_server_that_is_killed_leaves_the_load_before(
    statement: str, mortal: server.Embedded, make: Callable[[str, str], Ends], monkeypatch: pytest.MonkeyPatch
) -> None:
    """After a restart the target is at the sync before, and the next load completes it."""
    ends = make("postgres-postgres", mortal.url)
    with monkeypatch.context() as struck:
        strike(struck, statement, lambda _: mortal.kill())
        with pytest.raises(Refused, match="failed: "):
            ends.load()
    mortal.start()
    between = ends.rows()
    ends.load()
    assert (between, ends.rows()) == (BEFORE, AFTER)
