"""PostgreSQL: what a session can do beyond loading, which is how a trial brings its source to life and looks at it."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import replace
from itertools import islice
from typing import TYPE_CHECKING

from incload.engines.postgres import copy_format
from incload.engines.postgres.cdc import PostgresKeeping
from incload.engines.postgres.endpoint import Server, locate
from incload.engines.postgres.session import STREAM
from incload.engines.postgres.sql import plain

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pyarrow as pa

    from incload.engines.session import Place, Row
    from incload.table import Column, Table

__all__ = ["PostgresSession", "Server", "locate"]

_BATCH_ROWS = 1_000


class PostgresSession(PostgresKeeping):
    """One connection to one database, with the target, the source, or both."""

    def put(self, place: Place, table: Table, rows: pa.Table) -> None:
        """Upsert from the Arrow table, in a transaction of its own."""
        relation = self.name(place, table.name)
        names = self.listed(table.names)
        sets = ", ".join(f"{self.quote(name)} = excluded.{self.quote(name)}" for name in table.payload)
        with self._given(table.columns, rows) as given:
            self.write(
                f"INSERT INTO {relation} AS held ({names}) SELECT {names} FROM {given} AS given"
                f" ON CONFLICT ({self.listed(table.key)}) DO {f'UPDATE SET {sets}' if sets else 'NOTHING'}"
            )

    def remove(self, place: Place, table: Table, keys: pa.Table) -> None:
        """Delete the keys of the Arrow table at once."""
        columns = tuple(table.column(name) for name in table.key)
        with self._given(columns, keys) as given:
            self.delete(table.key, self.name(place, table.name), given)

    @contextmanager
    def _given(self, columns: tuple[Column, ...], rows: pa.Table) -> Iterator[str]:
        """Bring rows into a temporary table for the time of a transaction; return its name."""
        there = tuple(replace(column, declared=self.type_name(column, self.engine)) for column in columns)
        if self._open:
            self._pending = copy_format.Incoming(rows.select([each.name for each in there]).to_reader(), there)
            yield self._take_in(STREAM)
            return
        self._begin("READ WRITE")
        try:
            self._pending = copy_format.Incoming(rows.select([each.name for each in there]).to_reader(), there)
            yield self._take_in(STREAM)
            self.commit()
        finally:
            self.rollback()

    def transaction(self) -> int:
        """Return the number of the open transaction."""
        return int(str(self.rows("SELECT pg_current_xact_id()::text")[0][0]))

    def written_by(self, place: Place, table: Table, key: tuple[object, ...]) -> int:
        """Return the number of the transaction that wrote a row as it is."""
        condition = " AND ".join(f"{self.quote(name)} = ?" for name in table.key)
        found = self.rows(f"SELECT xmin::text FROM {self.name(place, table.name)} WHERE {condition}", key)
        return int(str(found[0][0]))

    def ordered(self, place: Place, table: Table) -> Iterator[list[Row]]:
        """Read in the order of the key, through the driver's own decoding."""
        shown = ", ".join(plain(self.quote(column.name), column.kind) for column in table.columns)
        order = ", ".join(self.key_order(table.column(name)) for name in table.key)
        query = f"SELECT {shown} FROM {self.name(place, table.name)} ORDER BY {order}"
        with self._connection.cursor() as cursor:
            rows = cursor.stream(query.encode(), size=_BATCH_ROWS)
            while chunk := list(islice(rows, _BATCH_ROWS)):
                yield chunk

    def index(self, place: Place, table: Table) -> None:
        """Index the cursor, then the key; the server names the index."""
        columns = self.listed((table.cursor or "", *table.key))
        self.write(f"CREATE INDEX ON {self.name(place, table.name)} ({columns})")
