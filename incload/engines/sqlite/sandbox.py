"""SQLite in the hands of a trial."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING, ClassVar

from incload.engines.abilities.databases import Databases, Live
from incload.engines.abilities.fixture import Fixture
from incload.engines.endpoints import Location, path_of
from incload.engines.sqlite.session import CACHE_KIB, SqliteSession

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import ExitStack
    from pathlib import Path

    import pyarrow as pa

    from incload.engines.endpoint import Endpoint
    from incload.engines.session import Session
    from incload.engines.sql import Place, Row
    from incload.table import Table

BATCH_ROWS = 65_536


class SqliteFixture(Fixture):
    """The tables of a SQLite session."""

    session: SqliteSession

    def __init__(self, session: SqliteSession) -> None:
        """Take the session."""
        self.session = session

    def put(self, place: Place, table: Table, rows: pa.Table) -> None:
        """Upsert row by row: changes are few, and this is the life of a source, not a load."""
        import pyarrow as pa

        session, names = self.session, self.session.listed(table.names)
        sets = ", ".join(f"{session.quote(name)} = excluded.{session.quote(name)}" for name in table.payload)
        upsert = (
            f"INSERT INTO {session.name(place, table.name)} AS held ({names})"
            f" VALUES ({', '.join('?' * len(table.names))})"
            f" ON CONFLICT ({session.listed(table.key)}) DO {f'UPDATE SET {sets}' if sets else 'NOTHING'}"
        )
        session.write("BEGIN")
        for batch in rows.to_batches(BATCH_ROWS):
            columns = [batch[name] for name in table.names]
            stored = [column.cast(pa.int64()) if pa.types.is_timestamp(column.type) else column for column in columns]
            session.driver.executemany(upsert, zip(*(column.to_pylist() for column in stored), strict=True))
        session.write("COMMIT")

    def remove(self, place: Place, table: Table, keys: pa.Table) -> None:
        """Delete row by row."""
        relation = self.session.name(place, table.name)
        condition = " AND ".join(f"{self.session.quote(name)} = ?" for name in table.key)
        values = zip(*(keys[name].to_pylist() for name in table.key), strict=True)
        self.session.write("BEGIN")
        self.session.driver.executemany(f"DELETE FROM {relation} WHERE {condition}", values)
        self.session.write("COMMIT")

    def ordered(self, place: Place, table: Table) -> Iterator[list[Row]]:
        """Read in the order of the key, a chunk at a time."""
        session = self.session
        order = ", ".join(f"{session.quote(name)} COLLATE BINARY" for name in table.key)
        cursor = session.driver.execute(
            f"SELECT {session.listed(table.names)} FROM {session.name(place, table.name)} ORDER BY {order}"
        )
        while chunk := cursor.fetchmany(BATCH_ROWS):
            yield chunk

    def version(self, place: Place) -> object:
        """Ask for the counters of commits by other connections and of schema changes; this one counts its own rows."""
        stands = self.session.name(place, "x").partition(".")[0]
        (others,), (schema,) = (
            self.session.rows(f"PRAGMA {stands}.{counter}")[0] for counter in ("data_version", "schema_version")
        )
        return others, schema, self.session.driver.total_changes

    def held(self, place: Place) -> str:
        """Take the lock that goes with no reader: one who has not let go keeps every commit from being made."""
        del place  # a lock is on the whole file
        try:
            self.session.write("BEGIN EXCLUSIVE")
            self.session.write("ROLLBACK")
        except sqlite3.OperationalError as error:
            return str(error)
        return ""

    def index(self, place: Place, table: Table) -> None:
        """Name the index after the table; in SQLite the name, not the table, says in which file it stands."""
        session = self.session
        name = session.name(place, f"{table.name}_by_{table.cursor}")
        columns = session.listed((table.cursor or "", *table.key))
        session.write(f"CREATE INDEX {name} ON {session.quote(table.name)} ({columns})")


class SqliteDatabases(Databases):
    """Files, and databases in memory; a file does not wait for the disk."""

    shares_source: ClassVar[bool] = True

    def versions(self) -> dict[str, str]:
        """Return the version of the library."""
        return {"sqlite": sqlite3.sqlite_version}

    def writable(self, end: Endpoint) -> Session:
        """Open a file to write it."""
        return SqliteSession(None, path_of(end), durable=False)

    def source(self, folder: Path, closing: ExitStack, *, both: bool) -> Live:
        """Make a source: a file that is not there yet cannot be attached read-only."""
        with sqlite3.connect(folder / "source.sqlite") as made:
            made.execute("PRAGMA user_version = 1")
        made.close()
        return super().source(folder, closing, both=both)

    def own(self, end: Endpoint) -> Session:
        """Open a file to write it, with what would undo a transaction in memory and in no file beside it."""
        return _in_memory(SqliteSession(None, path_of(end), durable=False))

    def reader(self, source: Location, target: Location | None) -> Session:
        """Attach the source to a target that no file has a name for, so that no other connection opens it."""
        session = SqliteSession(source.path, None, durable=False, unnamed="")
        if target is not None:
            session.rows(f"PRAGMA main.cache_size = -{CACHE_KIB}")
        return session

    def without_files(self) -> Session:
        """Attach a second database in memory as the source."""
        session = SqliteSession(None, None)
        session.write("ATTACH ':memory:' AS source")
        return session


def _in_memory(session: SqliteSession) -> SqliteSession:
    """Have a session keep in memory what would undo its transactions: most of what a small one costs is that file."""
    session.rows("PRAGMA main.journal_mode = MEMORY")
    return session


FIXTURE = SqliteFixture
"""What the registry hands out for a session of this engine."""

DATABASES = SqliteDatabases
"""What the registry hands out for this engine."""
