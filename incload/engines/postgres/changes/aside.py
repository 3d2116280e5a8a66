"""A second connection to a PostgreSQL server, on which its log is read in portions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from incload.engines.postgres.endpoint import Server, connected

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from contextlib import AbstractContextManager

    import psycopg

    from incload.engines.sql import Row


class LogReader(Protocol):
    """What reads a server's log: a session that has such a connection."""

    def portions(self, sql: str, params: Sequence[object], size: int) -> Iterator[Row]:
        """Run a query on a connection of its own and yield its rows, so many held at a time."""

    def outside(self) -> AbstractContextManager[None]:
        """Commit what the transaction has done, if one is open, and let a block run before another begins."""


class Aside:
    """The second connection, which is opened when a log is read.

    Reading the log leaves a transaction that has changed tables with an old idea of them.
    """

    def __init__(self, server: Server, *, is_alone: bool) -> None:
        """Take the server, and whether the session beside which this stands writes nothing to the same database."""
        self._server, self._is_alone = server, is_alone
        self._connection: psycopg.Connection[Any] | None = None

    def portions(self, sql: str, size: int) -> Iterator[Row]:
        """Run a query and yield its rows, so many held at a time."""
        connection = self._connection = self._connection or connected(self._server)
        if not self._is_alone:
            # The server reads its log to the end of what is on disk. That may be the middle of a record of this very
            # transaction, whose rest would wait for a commit; one that changes nothing has it written out.
            connection.execute("SELECT pg_current_xact_id()")
        with connection.transaction(), connection.cursor(name="incload_portions") as cursor:
            cursor.itersize = size
            cursor.execute(sql.encode())
            yield from cursor

    def close(self) -> None:
        """Close it, if it was opened."""
        if self._connection is not None:
            self._connection.close()
