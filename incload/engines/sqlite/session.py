"""SQLite, through the standard library's driver; Arrow streams in and out through ADBC (`transfer`).

The target is the connection's main database and the source is attached read-only, so that rows of two SQLite files
never leave the engine. SQLite has no type for time: timestamps of other engines arrive as integer microseconds, those
of nanosecond columns as integer nanoseconds. It has no NaN and no infinite time either: they arrive as null.
"""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING, ClassVar
from urllib.parse import quote

from incload.engines.capabilities import Capabilities
from incload.engines.driver_errors import reason
from incload.engines.endpoints import path_of
from incload.engines.session import Place, Query, Row, Session
from incload.engines.sqlite import digest as sqlite_digest
from incload.engines.sqlite.arrow.transfer import SqliteTransfer
from incload.engines.sqlite.catalog import Catalogue
from incload.engines.sqlite.cursor_check import CursorValues
from incload.engines.sqlite.declared import declared_kind
from incload.engines.sqlite.dialect import SqliteDialect
from incload.engines.sqlite.equality import collations
from incload.engines.sqlite.limits import LOCK_SECONDS
from incload.engines.sqlite.optional import SqliteLogs, SqliteLooks
from incload.engines.temporary.tables import STAGE
from incload.errors import Refused
from incload.strategy import Capability
from incload.table import Column, Kind

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from incload.cursor import Scale
    from incload.engines.columns.equality import Equality
    from incload.engines.columns.traits import Trait
    from incload.engines.endpoint import Endpoint
    from incload.engines.stream import Stream
    from incload.table import Table

_PAGE_BYTES = 16_384
"""The page size of a target that is created, for fewer calls to the system; a file that is there keeps its own."""
CACHE_KIB = 16_384
"""How much of the target is kept in memory, so that changed pages are written once, when the sync commits."""
BATCH_ROWS = 65_536
_STORED = {Kind.INTEGER, Kind.REAL, Kind.TEXT, Kind.BLOB}
_ROWID = "rowid"
_OUTDATED: tuple[str, int | None] = ("", None)
"""In place of the query for which a temporary table was made: the table is gone, or may have another form."""
_OF_ROWS = ("INSERT", "DELETE", "UPDATE", "CREATE TEMP", "DROP TABLE IF EXISTS temp.", "BEGIN", "COMMIT", "ROLLBACK")
"""How statements begin that change no table's form."""


class SqliteSession(SqliteDialect, Session):
    """One SQLite connection with the target, the source, or both."""

    capabilities: ClassVar[Capabilities] = Capabilities(
        one_writer=True, folds_names=True, holds_any=True, hides_kinds=True, follows=frozenset({Capability.TRIGGERS})
    )
    error: ClassVar[type[Exception]] = sqlite3.Error

    def __init__(
        self, source: Path | None, target: Path | None, *, durable: bool = True, unnamed: str = ":memory:"
    ) -> None:
        """Open the files; without a target, a database that no other connection has.

        `durable=False` trades the safety of a power cut for speed, for throw-away databases. With `unnamed=""` SQLite
        writes the one without a name to a file as well, but only what its cache does not hold.
        """
        super().__init__()
        self.parts = self._transfer = SqliteTransfer(self, source)
        main = f"file:{quote(str(target))}?mode=rwc" if target else unnamed
        self._connection = sqlite3.connect(
            main, isolation_level=None, timeout=LOCK_SECONDS, uri=True, check_same_thread=False
        )
        self._target, self._is_begun = target, False
        self._numbered: set[str] = set()
        self._stages: dict[str, tuple[str, int | None]] = {}
        is_one_file = bool(source and target and target.is_file() and source.samefile(target))
        # A file that is attached beside itself waits for its own lock.
        self._stands: dict[Place, str] = {"source": "main" if is_one_file else "source", "target": "main"}
        self._catalogue = Catalogue(self.rows, self._stands, "" if target else "main")
        self.logs, self.looks = SqliteLogs(self, self._catalogue), SqliteLooks(self, self._stands, self._catalogue)
        if not durable:
            self.write("PRAGMA synchronous = OFF")
        if target:
            if not _has_pages(target):
                self._check(f"PRAGMA page_size = {_PAGE_BYTES}", (), target)
            self._check(f"PRAGMA main.cache_size = -{CACHE_KIB}", (), target)  # which reads the file
        if source and not is_one_file:
            self._check("ATTACH ? AS source", (f"file:{quote(str(source))}?mode=ro",), source)
        sqlite_digest.bring(self._connection)

    @classmethod
    def open(cls, source: Endpoint | None, target: Endpoint | None) -> SqliteSession:
        """Open the files of both ends."""
        return cls(path_of(source), path_of(target))

    def _check(self, sql: str, params: Sequence[object], path: Path | None) -> None:
        """Run a statement that finds out whether a file can be used; refuse it by its name."""
        try:
            self.rows(sql, params)
        except sqlite3.DatabaseError as error:
            self.close()
            raise _refusal(path, error) from error

    @property
    def driver(self) -> sqlite3.Connection:
        """The driver's own connection, for the other modules of this engine."""
        return self._connection

    def rows(self, sql: str, params: Sequence[object] = ()) -> list[Row]:
        """Run a statement and return all its rows."""
        return self._connection.execute(sql, params).fetchall()

    def write(self, sql: str, params: Sequence[object] = ()) -> int:
        """Run a statement and return how many rows it changed."""
        if not sql.startswith(_OF_ROWS):
            self._catalogue.changed()
        return self._connection.execute(sql, params).rowcount

    def begin(self, table: str) -> None:  # noqa: ARG002 - SQLite locks the whole file
        """Take the write lock at once, so that two loads never interleave."""
        try:
            self.write("BEGIN IMMEDIATE")
        except sqlite3.DatabaseError as error:
            raise _refusal(self._target, error) from error
        self._is_begun = True
        self._catalogue.remember()

    def begin_read(self) -> None:
        """Take the tables for what they are seen to be first, until the end; a transaction would keep writers out."""
        self._catalogue.remember()

    def finish(self) -> None:
        """Commit."""
        self.write("COMMIT")
        self._is_begun = False
        self._catalogue.forget()

    def rollback(self) -> None:
        """Roll back, if a transaction is open; one that found no room may have been rolled back by SQLite already."""
        self._catalogue.forget()
        self._transfer.close()
        if self._is_begun or self._connection.in_transaction:
            self._catalogue.changed()
            self._stages = dict.fromkeys(self._stages, _OUTDATED)
        if self._connection.in_transaction:
            self.write("ROLLBACK")

    def close(self) -> None:
        """Close the connection."""
        self._transfer.close()
        self._connection.close()

    def name(self, place: Place, table: str) -> str:
        """Qualify with the database: an unqualified name could fall through to the source."""
        return f"{self._stands[place]}.{self.quote(table)}"

    def columns(self, place: Place, table: str) -> tuple[Column, ...] | None:
        """Ask the catalogue."""
        return self._catalogue.columns((place, table)) or None

    def describe(self, *named: tuple[Place, str]) -> None:
        """Ask about all of them in one statement."""
        self._catalogue.describe(*named)

    def traits(self, table: str) -> dict[str, Trait]:
        """Look at the catalogue."""
        return dict(self._catalogue.description("target", table).traits)

    def retype(self, place: Place, table: Table, types: Mapping[str, str]) -> None:
        """Build the table again around the columns, and all that belongs to it, as SQLite's manual describes."""
        from incload.engines.sqlite.rebuild import rebuild

        rebuild(self, self._stands[place], table.name, types)

    def row_number(self, table: str) -> Column | None:
        """A table that is not WITHOUT ROWID has one, unless a column of its own has the name."""
        if any(column.name.lower() == _ROWID for column in self.columns("source", table) or ()):
            return None
        schema = self._stands["source"]
        kinds = self.rows(f"SELECT type, wr FROM pragma_table_list(?) WHERE schema = '{schema}'", (table,))
        if kinds != [("table", 0)]:
            return None
        self._numbered.add(table)
        return Column(_ROWID, Kind.INTEGER, "INTEGER")

    def all_columns(self, table: str) -> str:
        """The number of a row is no part of *."""
        return f"{_ROWID}, *" if table in self._numbered else "*"

    def tables(self, place: Place) -> list[str]:
        """List tables and views."""
        schema = self._stands[place]
        found = self.rows(f"SELECT name FROM {schema}.sqlite_master WHERE type IN ('table', 'view') ORDER BY name")
        return [str(name) for (name,) in found]

    def primary_key(self, place: Place, table: str) -> tuple[str, ...]:
        """Look at the catalogue's marks on columns, which are numbered."""
        return self._catalogue.description(place, table).key

    def unique(self, place: Place, table: str, key: tuple[str, ...]) -> bool:
        """SQLite lets a primary key be null unless it is declared otherwise: one look along its index shows it."""
        found = self._catalogue.description(place, table)
        if set(found.key) != set(key) or found.is_filled:
            return set(found.key) == set(key)
        nulls = " OR ".join(f"{self.quote(name)} IS NULL" for name in key)
        return not self.rows(f"SELECT 1 FROM {self.name(place, table)} WHERE {nulls} LIMIT 1")

    def key_equalities(self, place: Place, table: str, key: tuple[str, ...]) -> dict[str, tuple[Equality, str]]:
        """Look at the collations of the unique index over the key, which may not be those of the columns."""
        return collations(self._catalogue.description(place, table).indexes, key)

    def scale(self, place: Place, table: str, column: Column, per_second: int | None) -> Scale | None:
        """Look at the stored values: SQLite's declared types promise nothing."""
        return CursorValues(self, self.relation(place, table), column.name).scale(per_second)

    def differing(self, names: tuple[str, ...], key: tuple[str, ...], relation: str, other: str) -> Query:
        """Let both relations pass each other once in the order of the key, where neither has to be sorted for it."""
        exact = ", ".join(f"{name} COLLATE BINARY AS {name}" for name in map(self.quote, names))
        held = f"SELECT {self.listed(names)} FROM {other}"
        merged = Query(f"SELECT {exact} FROM {relation} EXCEPT {held} ORDER BY {self.listed(key)}")
        one_by_one = self.equalities or self._catalogue.sorts(merged)
        return super().differing(names, key, relation, other) if one_by_one else merged

    def merge(self, table: Table, incoming: str) -> int:
        """Upsert, the fastest correct way in SQLite; a table called excluded would be taken for the new rows."""
        if self.is_key_foreign:
            self.delete(table.key, self.name("target", table.name), incoming)
            return self.insert(table, Query(f"SELECT {self.listed(table.names)} FROM {incoming}"))
        columns = self.contents(table.names, table.key)
        sets = ", ".join(f"{self.quote(name)} = excluded.{self.quote(name)}" for name in columns)
        names = self.listed(table.names)
        return self.write(
            f"INSERT INTO {self.name('target', table.name)} AS held ({names}) SELECT {names} FROM {incoming} WHERE true"
            f" ON CONFLICT ({self.listed(table.key)}) DO {f'UPDATE SET {sets}' if sets else 'NOTHING'}"
        )

    def stage(self, query: Query, name: str = STAGE) -> str:
        """Fill the last sync's table again if its query was the same: a new one has SQLite prepare all statements."""
        table, made_for = self.temporary(name), (query.sql, self._catalogue.generation)
        self._staged.append(name)
        if self._stages.get(name) == made_for and made_for[1] is not None and not self._transfer.holds_any:
            self._counted[table] = self.write(f"INSERT INTO {table} {query.sql}", query.params)
            return table
        if name in self._stages:
            self.write(f"DROP TABLE IF EXISTS {table}")
        self.write(f"CREATE TEMP TABLE {self.quote(name)} AS {query.sql}", query.params)
        # What was made of a table that stood here before may be of other types now.
        self._stages = {each: made if each in self._staged else _OUTDATED for each, made in self._stages.items()}
        self._stages[name] = made_for
        return table

    def unstage(self) -> None:
        """Empty the temporary tables of a sync, which the next may fill again; after a rollback they are gone."""
        self._counted.clear()
        while self._staged:
            table, (sql, _) = self.temporary(self._staged[-1]), self._stages.get(self._staged[-1], _OUTDATED)
            self.write(f"DELETE FROM {table}" if sql else f"DROP TABLE IF EXISTS {table}")
            self._staged.pop()

    def stream(self, query: Query, columns: tuple[Column, ...]) -> Stream:
        """Read through ADBC, on a connection of the stream's own."""
        return self._transfer.stream(query, columns)

    def receive(self, stream: Stream, columns: tuple[Column, ...]) -> str:  # noqa: ARG002 - the stream is typed
        """Take the stream into a scratch file."""
        return self._transfer.receive(stream)

    def release(self) -> None:
        """Let go of the scratch files."""
        self._transfer.release()

    def may_be(self, place: Place, table: str, column: Column) -> bool:
        """A declaration such as DATE or none at all leaves it to the values, of which there are those of four kinds."""
        open_yet = column.kind in _STORED and declared_kind(column.declared) is None
        return open_yet and column.name not in self._catalogue.sampled((place, table), [column.name])


def _has_pages(target: Path) -> bool:
    """Return whether a file holds a database already, which keeps its size of pages."""
    try:
        return target.stat().st_size > 0
    except OSError:
        return False


def _refusal(path: Path | None, error: sqlite3.DatabaseError) -> Refused:
    """Say of a file why SQLite cannot use it; the low byte of an error's code is its kind."""
    if error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_BUSY:
        return Refused(
            f"{str(path)!r} is locked by another process, and was not free within {LOCK_SECONDS:g} seconds: "
            "load again when it has finished."
        )
    return Refused(f"{str(path)!r} cannot be used as a SQLite database: {reason(error)}")
