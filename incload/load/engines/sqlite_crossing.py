"""How rows leave SQLite for another engine and come in from one.

What leaves is a stream of a connection of its own, which lasts as long as the transaction in which it was asked for.
What comes in waits in a scratch file, attached until the transaction is over.
"""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

from incload.load.engines.base import Session
from incload.load.engines.temporary import STAGE

if TYPE_CHECKING:
    from pathlib import Path

    from incload.load.engines.query import Query
    from incload.load.engines.sqlite_stream import SqliteStream
    from incload.load.engines.stream import Stream
    from incload.table import Column

LOCK_SECONDS = 30.0
MOST_COLUMNS = 2_000
"""So many columns a table or a result has: SQLite is built with this limit."""


class SqliteCrossing(Session):
    """The part of a SQLite session that knows of streams."""

    def __init__(self, source: Path | None) -> None:
        """Begin with nothing on its way; the source is the file that is streamed from."""
        super().__init__()
        self._source = source
        self._scratch: list[Path] = []
        self._streams: list[SqliteStream] = []

    def stream(self, query: Query, columns: tuple[Column, ...]) -> Stream:
        """Read through ADBC."""
        from incload.load.engines.sqlite_stream import SqliteStream

        assert self._source is not None  # noqa: S101 - only a session that has a source is streamed from
        self._streams.append(SqliteStream(self._source, query, columns, LOCK_SECONDS))
        return self._streams[-1]

    def _end_streams(self) -> None:
        """Close what was streamed; whoever received it is done with it by now."""
        while self._streams:
            self._streams.pop().close()

    def receive(self, stream: Stream, columns: tuple[Column, ...]) -> str:  # noqa: ARG002 - the stream is typed
        """Write the stream to a scratch file through ADBC and attach it, until the transaction is over."""
        from incload.load.engines import sqlite_arrow

        name = f"incload_scratch_{len(self._scratch)}"
        self._scratch.append(sqlite_arrow.scratch(stream.reader(), self.nulled))
        self.write(f"ATTACH ? AS {name}", (str(self._scratch[-1]),))
        return f"{name}.{self.quote(STAGE)}"

    def release(self) -> None:
        """Detach the scratch files and delete them; after an interrupt the last may not be attached, or be gone."""
        attached = {name for _, name, _ in self.rows("PRAGMA database_list")} if self._scratch else set()
        while self._scratch:
            name = f"incload_scratch_{len(self._scratch) - 1}"
            if name in attached:
                self.write(f"DETACH {name}")
            shutil.rmtree(self._scratch[-1].parent, ignore_errors=True)
            self._scratch.pop()
