"""How rows leave SQLite for another engine and come in from one.

What leaves is a stream of a connection of its own, which lasts as long as the transaction in which it was asked for;
streams that together are one read share theirs, and with it a snapshot.
What comes in waits in a scratch file, attached until the transaction is over.
"""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING

from incload.engines.abilities.optional import Parts
from incload.engines.sqlite.limits import LOCK_SECONDS
from incload.engines.temporary.tables import STAGE

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from adbc_driver_manager import AdbcConnection

    from incload.engines.session import Session
    from incload.engines.sql import Query
    from incload.engines.sqlite.arrow.send import SqliteStream
    from incload.engines.stream import Stream
    from incload.engines.temporary.dirs import Scratch
    from incload.table import Column


class SqliteTransfer(Parts):
    """The part of a SQLite session that knows of streams."""

    def __init__(self, session: Session, source: Path | None) -> None:
        """Begin with nothing on its way; the source is the file that is streamed from."""
        self._session, self._source = session, source
        self._scratch: list[Scratch] = []
        self._streaming = ExitStack()

    def stream(self, query: Query, columns: tuple[Column, ...]) -> Stream:
        """Read through ADBC."""
        return self._streamed(self._connected(), query, columns)

    def streams(self, queries: Iterable[Query], columns: tuple[Column, ...]) -> Iterator[Stream]:
        """Read through ADBC, in one transaction."""
        from incload.engines.sqlite.arrow.send import execute

        connection = self._connected()
        execute(connection, "BEGIN")
        for query in queries:
            stream = self._streamed(connection, query, columns)
            yield stream
            stream.close()

    def _connected(self) -> AdbcConnection:
        from incload.engines.sqlite.arrow.send import attached

        assert self._source is not None  # noqa: S101 - only a session that has a source is streamed from
        return self._streaming.enter_context(attached(self._source, LOCK_SECONDS))

    def _streamed(self, connection: AdbcConnection, query: Query, columns: tuple[Column, ...]) -> SqliteStream:
        from incload.engines.sqlite.arrow.send import SqliteStream

        assert self._source is not None  # noqa: S101 - as above
        stream = SqliteStream(connection, self._source, query, columns)
        self._streaming.callback(stream.close)
        return stream

    def cut(self, table: str, key: tuple[str, ...], rows: int) -> list[str]:
        """Cut a table between its keys, if they are the order in which SQLite keeps its rows."""
        declared = {column.name: column.declared.upper() for column in self._session.columns("source", table) or ()}
        if [declared.get(name) for name in key] != ["INTEGER"] or not self._session.keyed("source", table, key):
            return []
        relation, name = self._session.name("source", table), self._session.quote(key[0])
        ends: list[int] = []
        while (end := self._key_after(relation, name, rows, ends)) is not None:
            ends.append(end)
        over = ["", *(f"{name} > {end}" for end in ends)]
        up_to = [*(f"{name} <= {end}" for end in ends), ""]
        ranges = (" AND ".join(filter(None, pair)) for pair in zip(over, up_to, strict=True))
        parts = [f"(SELECT * FROM {relation} WHERE {each})" for each in ranges] if ends else [relation]
        return [self._session.shown(table, part) for part in parts]

    def _key_after(self, relation: str, name: str, rows: int, ends: list[int]) -> int | None:
        """Return the key of the row that comes so many rows after the last of those given; None if there is none."""
        beyond = f" WHERE {name} > {ends[-1]}" if ends else ""
        found = self._session.rows(f"SELECT {name} FROM {relation}{beyond} ORDER BY {name} LIMIT 1 OFFSET {rows - 1}")
        return found[0][0] if found and isinstance(found[0][0], int) else None  # texts are refused when they are read

    def receive(self, stream: Stream) -> str:
        """Write the stream to a scratch file through ADBC and attach it, until the transaction is over."""
        from incload.engines.sqlite.arrow import receive as arrow_import

        name = f"incload_scratch_{len(self._scratch)}"
        self._scratch.append(arrow_import.scratch(stream.reader(), self._session.nulled))
        self._session.write(f"ATTACH ? AS {name}", (str(self._scratch[-1].folder / arrow_import.INCOMING),))
        return f"{name}.{self._session.quote(STAGE)}"

    @property
    def holds_any(self) -> bool:
        """Whether something has come in that still waits in a scratch file."""
        return bool(self._scratch)

    def close(self) -> None:
        """End every stream."""
        self._streaming.close()

    def release(self) -> None:
        """Detach the scratch files and delete them; after an interrupt the last may not be attached, or be gone."""
        attached = {name for _, name, _ in self._session.rows("PRAGMA database_list")} if self._scratch else set()
        while self._scratch:
            name = f"incload_scratch_{len(self._scratch) - 1}"
            if name in attached:
                self._session.write(f"DETACH {name}")
            self._scratch[-1].remove()
            self._scratch.pop()
