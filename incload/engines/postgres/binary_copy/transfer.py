"""How rows leave PostgreSQL for another engine and come in from one, in binary COPY.

What comes in is held until a statement asks for it: a target takes it straight in where the types fit, and else it goes
through a temporary table.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from incload.engines.postgres.binary_copy import receive, send, types
from incload.engines.postgres.sql import spelled
from incload.engines.sql import Query
from incload.engines.stream import Batches, Stream

if TYPE_CHECKING:
    from collections.abc import Callable

    import psycopg
    import pyarrow as pa

    from incload.engines.session import Session
    from incload.table import Column, Table

STREAM = "incload_stream"
"""The temporary table of a stream that no statement could take in directly."""


class PostgresTransfer:
    """The part of a PostgreSQL session that knows of streams."""

    def __init__(self, session: Session, connection: psycopg.Connection[Any], execute: Callable[[str], object]) -> None:
        """Take the session, its connection, and what runs a statement without looking at streams."""
        self._session, self._connection, self._execute = session, connection, execute
        self._pending: receive.Incoming | None = None

    def is_all(self, query: Query) -> bool:
        """Return whether a query is for all rows of the stream that is held, and nothing else."""
        return self._pending is not None and query == self._pending.all

    def place(self, table: Table, query: Query) -> int | None:
        """Put the stream that is held into the target, where a query is for all of it and its types fit; else None."""
        if self._pending is None or query != self._pending.all:
            return None
        types = {column.name: column.declared for column in self._session.columns("target", table.name) or ()}
        pending = self._pending
        if not pending.fits([types[column.name] for column in pending.columns]):
            return None
        self._pending = None
        columns = self._session.listed(column.name for column in pending.columns)
        return pending.copy(self._connection, f"{self._session.name('target', table.name)} ({columns})")

    def hold(self, columns: tuple[Column, ...], rows: pa.Table) -> str:
        """Bring rows given in Arrow into a temporary table; return its name."""
        self._pending = receive.Incoming(rows.select([each.name for each in columns]).to_reader(), columns)
        return self.take_in(STREAM)

    def stream(self, query: Query, columns: tuple[Column, ...]) -> Stream:
        """Run a query and read it as Arrow, each column as the kind that crosses to another engine."""
        parts = ", ".join(
            f"{types.crossing(self._session.quote(column.name), column)} AS {self._session.quote(column.name)}"
            for column in columns
        )
        reader = send.read(
            self._connection,
            spelled(f"SELECT {parts} FROM ({query.sql}) AS q", query.params, self._connection),
            columns,
        )
        return Batches(reader, self._session.error)

    def receive(self, stream: Stream, columns: tuple[Column, ...]) -> str:
        """Hold the stream until a statement asks for it."""
        names = self._session.listed(column.name for column in columns)
        self._pending = receive.Incoming(
            stream.reader(), columns, Query(f"SELECT {names} FROM {self._session.temporary(STREAM)} AS incoming")
        )
        return self._session.temporary(STREAM)

    def release(self) -> None:
        """Forget the stream."""
        self._pending = None

    def take_in_if_named(self, sql: str) -> None:
        """Take the stream in, if a statement that is about to run names it."""
        if self._pending and self._session.temporary(STREAM) in sql:
            self._execute(f"DROP TABLE IF EXISTS {self._session.temporary(STREAM)}")
            self.take_in(STREAM)

    def take_in(self, name: str) -> str:
        """Copy the stream into a temporary table; values of types that binary COPY does not speak arrive as text."""
        pending, self._pending = self._pending, None
        assert pending is not None  # noqa: S101 - the callers have looked
        landing = name if pending.fits([column.declared for column in pending.columns]) else f"{name}_text"
        parts = [
            f"{self._session.quote(column.name)} {kind}"
            for column, kind in zip(pending.columns, pending.types, strict=True)
        ]
        self._execute(f"CREATE TEMP TABLE {self._session.quote(landing)} ({', '.join(parts)}) ON COMMIT DROP")
        pending.copy(self._connection, self._session.temporary(landing))
        if landing != name:
            values = [f"{self._session.quote(column.name)}::{column.declared}" for column in pending.columns]
            self._execute(
                f"CREATE TEMP TABLE {self._session.quote(name)} ON COMMIT DROP AS"
                f" SELECT {', '.join(values)} FROM {self._session.temporary(landing)}"
            )
            self._execute(f"DROP TABLE {self._session.temporary(landing)}")
        return self._session.temporary(name)
