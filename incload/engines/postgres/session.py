"""PostgreSQL, through psycopg: one connection that holds the source, the target or both, rows in binary COPY.

Everything of a sync happens in one transaction of one connection, so that staging, rows and state commit together and
all that is read is of one snapshot. Parameters are written into the statements as literals, which lets every statement
go to the server in one step and take the types of the columns it speaks of.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, ClassVar, Self

import psycopg

from incload.engines.capabilities import Capabilities
from incload.engines.postgres.binary_copy import send
from incload.engines.postgres.binary_copy.transfer import PostgresTransfer
from incload.engines.postgres.catalog import Catalogue, Holds, IndexLooks
from incload.engines.postgres.changes.aside import Aside
from incload.engines.postgres.changes.logs import PostgresLogs
from incload.engines.postgres.columns.equality import check_collation, check_equality, key_equalities
from incload.engines.postgres.dialect import PostgresDialect
from incload.engines.postgres.endpoint import Server, TableLock, connected, locate, unless_lost
from incload.engines.postgres.sql import (
    AS_GIVEN,
    IDENTITY,
    foreign_type,
    microseconds,
    spelled,
    stored_name,
    type_elsewhere,
)
from incload.engines.session import Place, Query, Row, Session
from incload.engines.temporary.tables import STAGE
from incload.strategy import Capability

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from incload.engines.columns.equality import Equality
    from incload.engines.columns.traits import Trait
    from incload.engines.endpoint import Endpoint
    from incload.engines.stream import Stream
    from incload.table import Column, Table

__all__ = ["PostgresSession", "Server", "locate"]


class PostgresSession(PostgresDialect, Session):
    """One connection to one database, with the target, the source, or both."""

    engine: ClassVar[str] = "postgres"
    error: ClassVar[type[Exception]] = psycopg.Error
    capabilities: ClassVar[Capabilities] = Capabilities(
        serves_threads=True,
        row_id="ctid",
        row_counts=True,
        steady_streams=True,
        casts_to_compare=True,
        follows=frozenset(Capability),
    )

    def __init__(self, source: Server | None, target: Server | None) -> None:
        """Connect to the database of either; both are of one database if both are given."""
        super().__init__()
        server = target or source
        assert server is not None  # noqa: S101 - a session is opened on something
        self._is_alone = source is None or target is None
        schemas = [end.schema if end else "" for end in (source, target)]
        self._schemas: dict[Place, str] = {"source": schemas[0], "target": schemas[1]}
        self._shared: set[str] = set()
        self.is_open = False
        self.driver = connected(server)
        self._lock = TableLock(self.driver)
        self.transfer = PostgresTransfer(self, self.driver, self._execute)
        self._aside = Aside(server, is_alone=self._is_alone)
        self.logs = PostgresLogs(self, self, self._schemas)
        self._catalogue = Catalogue(self.rows, self._schemas, keeps_domains=not self._is_alone)
        self.looks = IndexLooks(self, self._catalogue)

    @classmethod
    def open(cls, source: Endpoint | None, target: Endpoint | None) -> Self:
        """Connect to the database that holds the ends."""
        assert all(end is None or isinstance(end, Server) for end in (source, target))  # noqa: S101 - see `locate`
        return cls(source, target)  # type: ignore[arg-type]  # as asserted

    def rows(self, sql: str, params: Sequence[object] = ()) -> list[Row]:
        """Run a statement and return all its rows."""
        self.transfer.take_in_if_named(sql)
        return self._execute(sql, params).fetchall()

    def write(self, sql: str, params: Sequence[object] = ()) -> int:
        """Run a statement and return how many rows it changed."""
        if not sql.startswith(("INSERT", "DELETE", "UPDATE", "CREATE TEMP")):
            self._catalogue.forget()
        self.transfer.take_in_if_named(sql)
        return max(self._execute(sql, params).rowcount, 0)

    def _execute(self, sql: str, params: Sequence[object] = ()) -> psycopg.Cursor[Row]:
        return self.driver.execute(spelled(sql, params, self.driver).encode())

    def begin(self, table: str) -> None:
        """Take the lock of the table, if one is named, then begin: a snapshot from before would be of the last load."""
        if table:
            self._lock.take(self._schemas["target"], table)
        self._begin("READ WRITE")

    def begin_read(self) -> None:
        """Begin: all that is read until the end is of one snapshot."""
        self._begin("READ ONLY")

    def _begin(self, access: str) -> None:
        self._catalogue.forget()
        self._shared.clear()
        self._execute(f"BEGIN ISOLATION LEVEL REPEATABLE READ, {access}")
        self.is_open = True

    def make_shared(self, table: str, columns: str, former: str = "") -> None:
        """Wait for a load that is making the table, and take what it has made: this snapshot does not show it."""
        self._lock.wait(self._schemas["target"], table)
        if former:
            self.write(f"ALTER TABLE IF EXISTS {self.name('target', former)} RENAME TO {self.quote(table)}")
        self.write(f"CREATE TABLE IF NOT EXISTS {self.name('target', table)} ({columns})")
        self._shared.add(table)

    def holds(self, place: Place, table: str) -> bool:
        """Return whether there is a table or view of a name."""
        return (place == "target" and table in self._shared) or super().holds(place, table)

    def finish(self) -> None:
        """Commit; temporary tables go with the transaction."""
        self._execute("COMMIT")
        self.is_open = False
        self._lock.free()

    def rollback(self) -> None:
        """Roll back, if a transaction is open; where the connection is lost, the server has done so."""
        self.transfer.release()
        self._catalogue.forget()
        was_open, self.is_open = self.is_open, False
        with unless_lost(self.driver):
            send.abandon(self.driver)
            if was_open:
                self._execute("ROLLBACK")
        self._lock.free()

    def close(self) -> None:
        """Close every connection."""
        self._aside.close()
        self.driver.close()

    @contextmanager
    def outside(self) -> Iterator[None]:
        """Commit what the transaction has done, if one is open, and let a block run before another begins."""
        was_open = self.is_open
        if was_open:
            self._execute("COMMIT")
        yield
        if was_open:
            self._begin("READ WRITE")

    def portions(self, sql: str, params: Sequence[object], size: int) -> Iterator[Row]:
        """Run a query on a connection of its own and yield its rows, so many held at a time."""
        return self._aside.portions(spelled(sql, params, self.driver), size)

    def database(self) -> Row:
        """Ask for what no two servers have in common, for the database on it, and as whom it is spoken to."""
        return self.rows(IDENTITY)[0]

    def name(self, place: Place, table: str) -> str:
        """Qualify with the schema."""
        return f"{self.quote(self._schemas[place])}.{self.quote(stored_name(table))}"

    def temporary(self, name: str) -> str:
        """Temporary tables have a schema of their own."""
        return f"pg_temp.{self.quote(name)}"

    def columns(self, place: Place, table: str) -> tuple[Column, ...] | None:
        """Ask the catalogue."""
        return self._catalogue.columns(self.name(place, table))

    def describe(self, *named: tuple[Place, str]) -> None:
        """Ask the catalogue about all of them at once."""
        self._catalogue.describe(*(self.name(place, table) for place, table in named))

    def traits(self, table: str) -> dict[str, Trait]:
        """Ask the catalogue."""
        return self._catalogue.traits(self.name("target", table))

    def tables(self, place: Place) -> list[str]:
        """List tables and views."""
        return self._catalogue.tables(self._schemas[place])

    def volatile(self, functions: Sequence[str]) -> list[str]:
        """Ask the catalogue."""
        return self._catalogue.volatile(functions) if functions else []

    def schemas_with(self, table: str) -> list[str]:
        """Ask the catalogue."""
        return self._catalogue.schemas_with(table)

    def primary_key(self, place: Place, table: str) -> tuple[str, ...]:
        """Return the columns of its index, in the index's order."""
        return self._catalogue.primary_key(self.name(place, table))

    def unique(self, place: Place, table: str, key: tuple[str, ...]) -> bool:
        """A unique index over columns that are never null is as good as a primary key."""
        return self._catalogue.indexed(self.name(place, table), key, Holds.UNIQUE)

    def key_equalities(self, place: Place, table: str, key: tuple[str, ...]) -> dict[str, tuple[Equality, str]]:
        """Ask the catalogue about types of which it is not known that what is equal is the same."""
        columns = [each for each in self.columns(place, table) or () if each.name in key]
        return key_equalities(self.rows, self.name(place, table), columns)

    def collation(self, column: Column, origin: str) -> str:
        """Keep PostgreSQL's own collation, by which the server compares keys; refuse one that is not there."""
        if column.collation and origin == self.engine:
            check_collation(self.rows, column)
        return column.collation if origin == self.engine else ""

    def check_equality(self, place: Place, table: str, columns: Iterable[Column]) -> None:
        """Have the server plan a comparison."""
        check_equality(self.rows, self.name(place, table), columns)

    def now(self) -> int:
        """Ask the server."""
        return int(str(self.rows(f"SELECT {microseconds('clock_timestamp()')}")[0][0]))

    @property
    def digest_tag(self) -> str:
        """The server's hashes are not promised across versions, so its version is part of the name."""
        return f"postgres-hash/{self.driver.info.server_version // 10_000}"

    def type_name(self, column: Column, origin: str) -> str:
        """Keep PostgreSQL's own declaration; give columns of other engines the type of their kind.

        A type that a user has created is in one database; in another it may be missing.
        """
        if origin != self.engine or not column.declared:
            return foreign_type(column)
        if not column.own or not self._is_alone or self._catalogue.knows(column.declared):
            return column.declared
        return type_elsewhere(column)

    def merge(self, table: Table, incoming: str) -> int:
        """Upsert, the fastest correct way in PostgreSQL."""
        if self.is_key_foreign:
            self.delete(table.key, self.name("target", table.name), incoming)
            return self.insert(table, Query(f"SELECT {self.listed(table.names)} FROM {incoming} AS incoming"))
        return self.write(self.upsert(table, self.name("target", table.name), incoming))

    def retype(self, place: Place, table: Table, types: Mapping[str, str]) -> None:
        """Let the server rewrite the columns; it keeps what belongs to the table, and refuses what it cannot."""
        from incload.engines.postgres.columns.retype import retype

        retype(self, place, table.name, types)

    def unstage(self) -> None:
        """Nothing is left of a transaction but what was known of it."""
        self._counted.clear()

    def stage(self, query: Query, name: str = STAGE) -> str:
        """Fill a temporary table that goes with the transaction, straight from a stream where the query is one."""
        if self.transfer.is_all(query):
            return self.transfer.take_in(name)  # which says no number
        statement = f"CREATE TEMP TABLE {self.quote(name)} ON COMMIT DROP AS {query.sql}"
        self._counted[self.temporary(name)] = self.write(statement, query.params)
        return self.temporary(name)

    def insert(self, table: Table, query: Query) -> int:
        """Add the rows of a query to the target, straight from a stream where the query is one."""
        if (placed := self.transfer.place(table, query)) is not None:
            return placed
        target = self.name("target", table.name)
        return self.write(f"INSERT INTO {target} ({self.listed(table.names)}) {AS_GIVEN} {query.sql}", query.params)

    def stream(self, query: Query, columns: tuple[Column, ...]) -> Stream:
        """Run a query and read it as Arrow, each column as the kind that crosses to another engine."""
        return self.transfer.stream(query, columns)

    def receive(self, stream: Stream, columns: tuple[Column, ...]) -> str:
        """Hold the stream until a statement asks for it."""
        return self.transfer.receive(stream, columns)

    def release(self) -> None:
        """Forget the stream."""
        self.transfer.release()
