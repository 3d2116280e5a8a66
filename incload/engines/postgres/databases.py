"""Throw-away databases of PostgreSQL: schemas of their own on the server of the tests and comparisons."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import psycopg

from incload.engines.abilities.database_store import DatabaseStore
from incload.engines.abilities.databases import Databases, Live
from incload.engines.postgres import server
from incload.engines.postgres.endpoint import Server, locate
from incload.engines.postgres.schemas import empty, fill
from incload.engines.postgres.session import PostgresSession

if TYPE_CHECKING:
    from pathlib import Path

    from incload.engines.endpoint import Endpoint
    from incload.engines.session import Session
    from incload.engines.sql import Place


@dataclass(slots=True)
class Schemas(DatabaseStore):
    """Schemas of the PostgreSQL database that `incload.engines.postgres.server` finds."""

    engine: str = "postgres"
    _urls: dict[str, str] = field(default_factory=dict)
    _closing: ExitStack = field(default_factory=ExitStack)

    def end(self, name: str) -> Server:
        """Return the schema, made when it is first asked for."""
        return locate(self.url(name))

    def url(self, name: str) -> str:
        """Return the URL of the schema, made when it is first asked for."""
        if name not in self._urls:
            self._urls[name] = self._closing.enter_context(server.schema())
        return self._urls[name]

    def holds(self, name: str) -> bool:
        """Return whether the schema was requested and filled."""
        if name not in self._urls:
            return False
        session = self.open(name)
        try:
            return bool(session.tables("target"))
        finally:
            session.close()

    def copy(self, name: str, other: str) -> None:
        """Copy the tables of a schema."""
        self.clear(name)
        fill(server.url(), self._schema(name), self._schema(other))

    def clear(self, name: str) -> None:
        """Drop the tables of the schema."""
        empty(server.url(), self._schema(name))

    def _schema(self, name: str) -> str:
        self.end(name)
        return self._urls[name].partition("schema=")[2]

    def open(self, name: str) -> Session:
        """Connect to the database."""
        return PostgresSession(None, self.end(name))

    def close(self) -> None:
        """Drop every schema."""
        self._closing.close()


class PostgresDatabases(Databases):
    """Schemas of their own on the server that `incload.engines.postgres.server` finds."""

    def prepare(self) -> None:
        """Start the server of this process; those that run trials beside others start their own."""
        server.prepare((self.engine,))

    def most_processes(self) -> int | None:
        """Return 1 for a named server: an open transaction holds back the horizon of all its databases."""
        return None if server.is_embedded() else 1

    def enter_process(self) -> None:
        """Use a server of this process from here on."""
        server.part()

    def versions(self) -> dict[str, str]:
        """Return the version of the server, where one was used, and of the driver."""
        found = server.version_in_use()
        return {"postgres": found, "psycopg": psycopg.__version__} if found else {}

    def open_changeable(self, end: Endpoint) -> tuple[Session, Place]:
        """Open a source, which PostgreSQL keeps no one from changing."""
        return self.session.open(end, None), "source"

    def source(self, folder: Path, closing: ExitStack, *, both: bool) -> Live:  # noqa: ARG002 - it is on a server
        """Make a schema, and another for the target if both are wanted."""
        source = locate(closing.enter_context(server.schema()))
        target = locate(closing.enter_context(server.schema())) if both else None

        def another() -> PostgresSession:
            session = PostgresSession(source, None)
            closing.callback(session.close)
            return session

        writer = another()
        reading = PostgresSession(source, target)
        closing.callback(reading.close)
        return Live(writer, "source", reading, another)

    def target(self, folder: Path, closing: ExitStack) -> Session:  # noqa: ARG002 - it is on a server
        """Make a schema."""
        session = PostgresSession(None, locate(closing.enter_context(server.schema())))
        closing.callback(session.close)
        return session

    def url(self, folder: Path, name: str, closing: ExitStack) -> str:  # noqa: ARG002 - it is on a server
        """Return the URL of a new schema."""
        return closing.enter_context(server.schema())

    def store(self, folder: Path) -> DatabaseStore:  # noqa: ARG002 - it is on a server
        """Return an empty store of schemas."""
        return Schemas()
