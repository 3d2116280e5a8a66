"""A pair of engines with a throw-away source and target: where a history is brought to life and loaded.

The source is written by a session of its own wherever the engine allows it, as a real application would.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from incload.load.link import Link

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from incload.history.history import History, Tick
    from incload.lab.audit import Row
    from incload.load.engines.base import Place, Session
    from incload.table import Table

PAIRS = (("sqlite", "sqlite"), ("duckdb", "duckdb"), ("sqlite", "duckdb"))
"""The engine pairs of a comparison, source first."""


def pair_name(pair: tuple[str, str]) -> str:
    """Return a pair's name, as options and reports write it."""
    return f"{pair[0]}-{pair[1]}"


@dataclass(slots=True)
class Stand:
    """A live source and a target, opened together.

    Attributes:
        link: What the load uses.
        writer: The session that changes the source.
        place: Where the writer finds the source.
        table: What the source table is now.
    """

    link: Link
    writer: Session
    place: Place
    table: Table

    def begin(self, history: History) -> None:
        """Create the source, give it the history's base, and index its cursor as a careful owner does."""
        self.writer.settle(self.place, self.table)
        self.writer.put(self.place, self.table, history.base)
        self.writer.index(self.place, self.table)

    def apply(self, tick: Tick) -> None:
        """Let one tick happen: the deletes, then what happens to the columns, then the upserts."""
        if tick.deletes.num_rows:
            self.writer.remove(self.place, self.table, tick.deletes)
        if tick.adds or tick.widens:
            self._evolve(tick)
        if tick.upserts.num_rows:
            self.writer.put(self.place, self.table, tick.upserts)

    def _evolve(self, tick: Tick) -> None:
        """Give the source new columns, filled in every row, and other types."""
        for column, value in tick.adds:
            self.writer.add_column(self.place, self.table.name, column.name, self.writer.type_name(column, ""))
            relation = self.writer.name(self.place, self.table.name)
            self.writer.write(f"UPDATE {relation} SET {self.writer.quote(column.name)} = ?", (value,))
        wider = {column.name: column for column in tick.widens}
        columns = (*self.table.columns, *(column for column, _ in tick.adds))
        self.table = replace(self.table, columns=tuple(wider.get(column.name, column) for column in columns))
        if wider:
            self.writer.retype(self.place, self.table, [self.writer.type_name(each, "") for each in self.table.columns])
            self.writer.index(self.place, self.table)

    def source_rows(self) -> Iterator[list[Row]]:
        """Yield the source's rows in the order of the key."""
        return self.writer.ordered(self.place, self.table)

    def target_rows(self) -> Iterator[list[Row]]:
        """Yield the target's rows in the order of the key."""
        columns = self.link.target.columns("target", self.table.name)
        if columns is None:
            return iter(())
        return self.link.target.ordered("target", replace(self.table, columns=columns))

    def close(self) -> None:
        """Close every session."""
        self.link.close()
        if self.writer not in {self.link.source, self.link.target}:
            self.writer.close()


def open_stand(pair: tuple[str, str], table: Table, folder: Path | None) -> Stand:
    """Open a pair of engines on new databases, SQLite's in a folder and DuckDB's in memory; none waits for a disk.

    Without a folder both tables of a SQLite pair stand in memory as well, and one session changes and loads them.
    """
    if folder is None:
        return _in_memory(pair, table)
    source, target = folder / f"source.{pair[0]}", folder / f"target.{pair[1]}"
    if pair[0] == "duckdb":
        from incload.load.engines.duckdb import IN_MEMORY, DuckdbSession

        reading = DuckdbSession(IN_MEMORY, IN_MEMORY if pair[1] == "duckdb" else None, source_writable=True)
        writing = reading if pair[1] == "duckdb" else _target(pair[1], target)
        return Stand(Link(reading, writing, table.name), reading, "source", table)
    from incload.load.engines.sqlite import SqliteSession

    writer = SqliteSession(None, source, durable=False)
    writer.write("PRAGMA user_version = 1")  # a file that is not there yet cannot be attached read-only
    both = SqliteSession(source, target if pair[1] == "sqlite" else None, durable=False)
    return Stand(
        Link(both, both if pair[1] == "sqlite" else _target(pair[1], target), table.name), writer, "target", table
    )


def _in_memory(pair: tuple[str, str], table: Table) -> Stand:
    """Open a stand that needs no file at all."""
    if pair == ("duckdb", "duckdb"):
        from incload.load.engines.duckdb import IN_MEMORY, DuckdbSession

        session: Session = DuckdbSession(IN_MEMORY, IN_MEMORY, source_writable=True)
    elif pair == ("sqlite", "sqlite"):
        from incload.load.engines.sqlite import SqliteSession

        session = SqliteSession(None, None)
        session.write("ATTACH ':memory:' AS source")
    else:
        raise ValueError(f"a stand of {pair_name(pair)} needs a folder")
    return Stand(Link(session, session, table.name), session, "source", table)


def _target(engine: str, path: Path) -> Session:
    if engine == "sqlite":
        from incload.load.engines.sqlite import SqliteSession

        return SqliteSession(None, path, durable=False)
    from incload.load.engines.duckdb import IN_MEMORY, DuckdbSession

    return DuckdbSession(None, IN_MEMORY)
