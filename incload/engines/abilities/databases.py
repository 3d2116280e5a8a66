"""Throw-away databases of one engine: made, opened and copied here and nowhere else, so that none waits for a disk.

Each engine's folder has its own in `sandbox`; what is written here serves an engine whose databases are files.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar
from urllib.parse import quote

from incload.engines.abilities.database_store import DatabaseStore, Files
from incload.engines.endpoints import Location

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import ExitStack
    from pathlib import Path

    from incload.engines.endpoint import Endpoint
    from incload.engines.session import Session
    from incload.engines.sql import Place

THREADS = 1
"""Of an engine that has several: a trial is small, and a comparison runs as many of them as there are processors."""


@dataclass(frozen=True, slots=True)
class Live:
    """A source that is changed while it is read.

    Attributes:
        writer: The session that changes it.
        place: Where that one finds the table.
        reading: The session that a load reads it by; that of the target as well, where both are of one engine.
        another: Opens one more connection that can write, where several can at once; it is closed in the end.
    """

    writer: Session
    place: Place
    reading: Session
    another: Callable[[], Session] | None = None


class Databases:
    """The throw-away databases of one engine, in files."""

    is_exclusive: ClassVar[bool] = False
    """Whether one process at a time may open a database."""

    shares_source: ClassVar[bool] = False
    """Whether any number of sessions can read a source while another changes it."""

    def __init__(self, engine: str, session: type[Session], threads: int | None = THREADS) -> None:
        """Take the engine, its session, and in how many threads it works if it can; None is one a processor."""
        self.engine, self.session, self.threads = engine, session, threads

    def prepare(self) -> None:
        """Make ready what trials in this process use, and what a report says the version of."""

    def most_processes(self) -> int | None:
        """Return how many processes may run trials at once and see nothing of each other; None for any number."""
        return None

    def enter_process(self) -> None:
        """Make ready, in a process that runs trials beside others, what it must not share with them."""

    def versions(self) -> dict[str, str]:
        """Return the versions that a report gives beside those of the packages that incload needs."""
        return {}

    def open_changeable(self, end: Endpoint) -> tuple[Session, Place]:
        """Open a database as an application would, to change it; return where its tables are found."""
        return self.writable(end), "target"

    def writable(self, end: Endpoint) -> Session:
        """Open a database to write it."""
        return self.session.open(None, end)

    def own(self, end: Endpoint) -> Session:
        """Open a database to write it that no other program does, and that is lost when the process ends early."""
        return self.writable(end)

    def source(self, folder: Path, closing: ExitStack, *, both: bool) -> Live:
        """Make a source in a folder, and beside it a target of the same engine if `both` are wanted."""
        source, target = (Location(self.engine, folder / f"{name}.{self.engine}") for name in ("source", "target"))
        writer = self.own(source)
        closing.callback(writer.close)
        reading = self.reader(source, target if both else None)
        closing.callback(reading.close)
        return Live(writer, "target", reading)

    def reader(self, source: Location, target: Location | None) -> Session:
        """Open a source to read it, and with it a target if one is given."""
        return self.session.open(source, target)

    def target(self, folder: Path, closing: ExitStack) -> Session:
        """Make a target, in a folder if it needs one."""
        session = self.own(Location(self.engine, folder / f"target.{self.engine}"))
        closing.callback(session.close)
        return session

    def without_files(self) -> Session:
        """Open a source and a target that need no file, in one session."""
        raise ValueError(f"a sandbox of {self.engine} needs a folder")

    def url(self, folder: Path, name: str, closing: ExitStack) -> str:  # noqa: ARG002 - an engine may drop it
        """Return the URL of a new database."""
        return f"{self.engine}:///{quote(str(folder.resolve() / name))}.{self.engine}"

    def store(self, folder: Path) -> DatabaseStore:
        """Return an empty store of databases that are made once and copied often."""
        return Files(self.engine, folder, self.writable)
