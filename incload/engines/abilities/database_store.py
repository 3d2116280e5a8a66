"""Databases of one engine that are made once and copied often, known by names: files in a folder, or schemas."""

from __future__ import annotations

import os
import shutil
from abc import ABC, abstractmethod
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import quote

from incload.engines.endpoints import Location
from incload.engines.registry import session_type
from incload.harness.sandbox.throw_away import open_file

if TYPE_CHECKING:
    from pathlib import Path

    from incload.engines.endpoint import Endpoint
    from incload.engines.session import Session


class DatabaseStore(ABC):
    """Where the databases of one engine are kept."""

    engine: str

    @abstractmethod
    def end(self, name: str) -> Endpoint:
        """Return where a database is, or would be."""

    @abstractmethod
    def url(self, name: str) -> str:
        """Return the URL of a database."""

    @abstractmethod
    def holds(self, name: str) -> bool:
        """Return whether there is a database of that name."""

    @abstractmethod
    def copy(self, name: str, other: str) -> None:
        """Make a database the copy of another."""

    @abstractmethod
    def clear(self, name: str) -> None:
        """Leave nothing of a database."""

    @abstractmethod
    def open(self, name: str) -> Session:
        """Open a session that writes a database as its target, made if it is not there."""

    @abstractmethod
    def close(self) -> None:
        """Leave nothing that would outlast the folder."""


@dataclass(slots=True)
class Files(DatabaseStore):
    """Database files in a folder."""

    engine: str
    folder: Path

    def end(self, name: str) -> Location:
        """Return the file."""
        return Location(self.engine, self.folder / f"{name}.{self.engine}")

    def url(self, name: str) -> str:
        """Return the URL of the file."""
        return f"{self.engine}:///{quote(str(self.end(name).path))}"

    def holds(self, name: str) -> bool:
        """Look for the file."""
        return self.end(name).path.exists()

    def copy(self, name: str, other: str) -> None:
        """Copy the file, and wait until it is on the disk: a load that syncs the file would be timed with all of it."""
        shutil.copyfile(self.end(other).path, self.end(name).path)
        with self.end(name).path.open("rb+") as file:
            os.fsync(file.fileno())

    def clear(self, name: str) -> None:
        """Delete the file."""
        self.end(name).path.unlink(missing_ok=True)

    def open(self, name: str) -> Session:
        """Open the file; without waiting for the disk."""
        return open_file(self.engine, self.end(name).path)

    def close(self) -> None:
        """The folder's creator removes it."""


@dataclass(slots=True)
class Schemas(DatabaseStore):
    """Schemas of the PostgreSQL database that `incload.engines.postgres.server` finds."""

    engine: str = "postgres"
    _urls: dict[str, str] = field(default_factory=dict)
    _closing: ExitStack = field(default_factory=ExitStack)

    def end(self, name: str) -> Endpoint:
        """Return the schema, made when it is first asked for."""
        from incload.engines.endpoints import locate

        return locate(self.url(name))

    def url(self, name: str) -> str:
        """Return the URL of the schema, made when it is first asked for."""
        from incload.engines.postgres.server import schema

        if name not in self._urls:
            self._urls[name] = self._closing.enter_context(schema())
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
        from incload.engines.postgres.schemas import fill
        from incload.engines.postgres.server import url

        self.clear(name)
        fill(url(), self._schema(name), self._schema(other))

    def clear(self, name: str) -> None:
        """Drop the tables of the schema."""
        from incload.engines.postgres.schemas import empty
        from incload.engines.postgres.server import url

        empty(url(), self._schema(name))

    def _schema(self, name: str) -> str:
        self.end(name)
        return self._urls[name].partition("schema=")[2]

    def open(self, name: str) -> Session:
        """Connect to the database."""
        return session_type(self.engine).open(None, self.end(name))

    def close(self) -> None:
        """Drop every schema."""
        self._closing.close()


def database_store(engine: str, folder: Path) -> DatabaseStore:
    """Return an empty store of an engine."""
    return Schemas() if engine == "postgres" else Files(engine, folder)
