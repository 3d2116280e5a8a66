"""A sandbox on real files, or in schemas of a server: for contenders that open both ends themselves.

The harness lets go of a file that only one program may open while a contender works, and looks at the target only when
the contender has answered. The names of the files say nothing of what happens in them.
"""

from __future__ import annotations

from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import quote

from incload.engines.endpoints import locate, path_of
from incload.engines.registry import session_type
from incload.errors import Refused
from incload.harness.sandbox.sandbox import Sandbox
from incload.harness.sandbox.throw_away import open_file

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from incload.engines.session import Place, Session
    from incload.table import Table

_EXCLUSIVE = frozenset({"duckdb"})
"""The engines whose files one process at a time may open."""


@dataclass(slots=True)
class DiskStand(Sandbox):
    """A source and a target that nobody has open while a contender works."""

    @contextmanager
    def free(self) -> Iterator[None]:
        """Close the source for the time of a block, where it could not be opened otherwise.

        Raises `Refused` when it cannot be opened after the block.
        """
        if self.writer.engine not in _EXCLUSIVE:
            yield
            return
        self.writer.close()
        try:
            yield
        finally:
            self.writer = _open(self.source_url, "the source")

    @contextmanager
    def target(self) -> Iterator[Session]:
        """Open the target for the time of a block; raise `Refused` when something keeps it locked."""
        session = _open(self.target_url, "the target")
        try:
            yield session
        finally:
            session.close()

    def target_rows(self) -> Iterator[list[tuple[object, ...]]]:
        """Yield the target's rows in the order of the key; none of a target that is not there."""
        if locate(self.target_url).is_there:
            yield from Sandbox.target_rows(self)


def open_on_disk(pair: tuple[str, str], table: Table, folder: Path) -> DiskStand:
    """Make a source in a folder, or in a new schema of the server, and say where the target will be."""
    with ExitStack() as closing:
        source, target = (_url(engine, folder, name, closing) for engine, name in zip(pair, ("a", "b"), strict=True))
        place: Place = "source" if pair[0] == "postgres" else "target"
        sandbox = DiskStand(None, _open(source, "the source"), place, table, source_url=source, target_url=target)
        closing.callback(lambda: sandbox.writer.close())  # noqa: PLW0108 - whichever writer is open by then
        sandbox.closing = closing.pop_all()
        return sandbox


def _url(engine: str, folder: Path, name: str, closing: ExitStack) -> str:
    if engine == "postgres":
        from incload.engines.postgres.server import schema

        return closing.enter_context(schema())
    return f"{engine}:///{quote(str(folder.resolve() / name))}.{engine}"


def _open(url: str, what: str) -> Session:
    """Open a database to change it; nobody waits for a disk."""
    end = locate(url)
    kind = session_type(end.engine)
    try:
        path = path_of(end)
        if path is not None:
            return open_file(end.engine, path)
        return kind.open(end, None) if what == "the source" else kind.open(None, end)
    except kind.error as error:
        raise Refused(f"{what} is still locked when a sync has answered: {error}") from error
