"""PostgreSQL in the hands of a trial."""

from __future__ import annotations

from collections import Counter
from contextlib import contextmanager
from dataclasses import replace
from itertools import islice
from typing import TYPE_CHECKING

from incload.engines.abilities.fixture import Fixture
from incload.engines.postgres.application import PostgresApplication
from incload.engines.postgres.databases import PostgresDatabases
from incload.engines.postgres.sql import plain

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pyarrow as pa

    from incload.engines.postgres.session import PostgresSession
    from incload.engines.sql import Place, Row
    from incload.table import Column, Table

_BATCH_ROWS = 1_000


class PostgresFixture(Fixture):
    """The tables of a PostgreSQL session."""

    session: PostgresSession

    def __init__(self, session: PostgresSession) -> None:
        """Take the session."""
        self.session = session

    def put(self, place: Place, table: Table, rows: pa.Table) -> None:
        """Upsert from the Arrow table, in a transaction of its own."""
        session, names = self.session, self.session.listed(table.names)
        relation = session.name(place, table.name)
        sets = ", ".join(f"{session.quote(name)} = excluded.{session.quote(name)}" for name in table.payload)
        with self._given(table.columns, rows) as given:
            session.write(
                f"INSERT INTO {relation} AS held ({names}) SELECT {names} FROM {given} AS given"
                f" ON CONFLICT ({session.listed(table.key)}) DO {f'UPDATE SET {sets}' if sets else 'NOTHING'}"
            )

    def remove(self, place: Place, table: Table, keys: pa.Table) -> None:
        """Delete the keys of the Arrow table at once."""
        columns = tuple(table.column(name) for name in table.key)
        with self._given(columns, keys) as given:
            self.session.delete(table.key, self.session.name(place, table.name), given)

    @contextmanager
    def _given(self, columns: tuple[Column, ...], rows: pa.Table) -> Iterator[str]:
        """Bring rows into a temporary table for the time of a transaction; return its name."""
        session = self.session
        there = tuple(replace(column, declared=session.type_name(column, session.engine)) for column in columns)
        if session.is_open:
            yield session.transfer.hold(there, rows)
            return
        session.begin("")
        try:
            yield session.transfer.hold(there, rows)
            session.commit()
        finally:
            session.rollback()

    def transaction(self) -> int:
        """Return the number of the open transaction."""
        return int(str(self.session.rows("SELECT pg_current_xact_id()::text")[0][0]))

    def written_by(self, place: Place, table: Table, key: tuple[object, ...]) -> int:
        """Return the number of the transaction that wrote a row as it is."""
        condition = " AND ".join(f"{self.session.quote(name)} = ?" for name in table.key)
        found = self.session.rows(
            f"SELECT xmin::text FROM {self.session.name(place, table.name)} WHERE {condition}", key
        )
        return int(str(found[0][0]))

    def versions(self, place: Place, table: Table) -> Counter[tuple[Row, str]] | None:
        """Return the rows, each with the transaction that wrote it; None for a view, whose rows nothing wrote."""
        shown = ", ".join(plain(self.session.quote(column.name), column.kind) for column in table.columns)
        name = self.session.name(place, table.name)
        if self.session.rows("SELECT 1 FROM pg_class WHERE oid = to_regclass(?) AND relkind = 'v'", (name,)):
            return None
        found = self.session.rows(f"SELECT xmin::text, {shown} FROM {name}")
        return Counter((row, str(version)) for version, *rest in found for row in (tuple(rest),))

    def ordered(self, place: Place, table: Table) -> Iterator[list[Row]]:
        """Read in the order of the key, through the driver's own decoding."""
        session = self.session
        shown = ", ".join(plain(session.quote(column.name), column.kind) for column in table.columns)
        order = ", ".join(session.key_order(table.column(name)) for name in table.key)
        query = f"SELECT {shown} FROM {session.name(place, table.name)} ORDER BY {order}"
        with session.driver.cursor() as cursor:
            rows = cursor.stream(query.encode(), size=_BATCH_ROWS)
            while chunk := list(islice(rows, _BATCH_ROWS)):
                yield chunk

    def held(self, place: Place) -> str:
        """Ask the server who holds a lock on anything in the schema; the server's own workers come and go."""
        session = self.session
        holders = session.rows(
            "SELECT DISTINCT c.relname, a.pid, a.state FROM pg_locks AS l JOIN pg_class AS c ON c.oid = l.relation"
            " JOIN pg_stat_activity AS a ON a.pid = l.pid"
            " JOIN pg_database AS d ON d.oid = l.database AND d.datname = current_database()"
            " WHERE c.relnamespace = to_regnamespace(?)"
            " AND l.granted AND a.backend_type = 'client backend' AND a.pid <> pg_backend_pid() ORDER BY 1, 2",
            (session.name(place, "x").rpartition(".")[0],),
        )
        return "; ".join(f"a session ({state}, process {pid}) holds a lock on {name!r}" for name, pid, state in holders)

    def index(self, place: Place, table: Table) -> None:
        """Index the cursor, then the key; the server names the index."""
        columns = self.session.listed((table.cursor or "", *table.key))
        self.session.write(f"CREATE INDEX ON {self.session.name(place, table.name)} ({columns})")


FIXTURE = PostgresFixture
"""What the registry hands out for a session of this engine."""

DATABASES = PostgresDatabases
"""What the registry hands out for this engine."""

APPLICATION = PostgresApplication
"""What changes a table of this engine beside a load."""
