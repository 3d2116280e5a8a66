"""Databases of one engine that are made once and copied often, known by names."""

from __future__ import annotations

import os
import shutil
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import quote

from incload.engines.endpoints import Location

if TYPE_CHECKING:
    from collections.abc import Callable
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
    """Database files in a folder; `writable` opens one, without waiting for the disk."""

    engine: str
    folder: Path
    writable: Callable[[Endpoint], Session]

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
        """Open the file."""
        return self.writable(self.end(name))

    def close(self) -> None:
        """The folder's creator removes it."""
