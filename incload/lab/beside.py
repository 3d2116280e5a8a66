"""Several targets beside each other, loaded from one source where the engine lets several sessions read one.

A SQLite source is one file that the session of every target attaches; a DuckDB database belongs to one session, so that
every target has a source of its own there. The sessions of targets watch what a sync writes: the audit looks there.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from incload.lab.pair import Stand
from incload.load.engines.base import GONE, STAGE, Session
from incload.load.link import Link

if TYPE_CHECKING:
    from pathlib import Path

    from incload.history.history import History, Tick
    from incload.lab.audit import Key
    from incload.load.engines.base import Query


class Watching(Session):
    """A session that tells which keys the latest sync wrote or deleted.

    Attributes:
        key: The key columns of the one table that is watched.
        touched: The keys; None when any row may have been written, as by a load into an empty target.
    """

    key: tuple[str, ...] = ()
    touched: frozenset[Key] | None = None
    _staged: tuple[tuple[str, str], ...] = ()

    def stage(self, query: Query, name: str = STAGE) -> str:
        """Stage rows, and note which relation holds them."""
        relation = super().stage(query, name)
        self._staged = (*self._staged, (name, relation))
        return relation

    def commit(self) -> None:
        """Commit; what was staged is still there then, and says what was written."""
        super().commit()  # type: ignore[safe-super]  # an engine's session stands behind it
        staged = dict(self._staged)
        relations = [staged[name] for name in (STAGE, GONE) if name in staged]
        keys = self.listed(self.key)
        found = [key for relation in relations for key in self.rows(f"SELECT {keys} FROM {relation}")]
        self.touched = frozenset(found) if STAGE in staged else None
        self._staged = ()

    def rollback(self) -> None:
        """Roll back: nothing was written."""
        super().rollback()  # type: ignore[safe-super]  # as above
        self._staged = ()


@dataclass(frozen=True, slots=True)
class Beside:
    """A source that lives on, or one for each target, and the targets.

    Attributes:
        sources: What has to be fed: each writes one source.
        targets: One for each strategy.
    """

    sources: list[Stand]
    targets: list[Stand] = field(default_factory=list)

    def apply(self, tick: Tick) -> None:
        """Let a tick happen in every source."""
        for source in self.sources:
            source.apply(tick)

    def close(self) -> None:
        """Close every session; closing one twice does no harm."""
        for stand in (*self.targets, *self.sources):
            stand.close()


def open_beside(pair: tuple[str, str], history: History, folder: Path, number: int) -> Beside:
    """Bring the base of a history to life, and open so many targets beside each other.

    SQLite's databases are new files in a folder, DuckDB's are in memory; none waits for a disk.
    """
    if pair[0] == "duckdb":
        stands = [_alone(history) for _ in range(number)]
        return Beside(stands, stands)
    from incload.load.engines.sqlite import SqliteSession

    path, table = folder / "source.sqlite", history.table
    writer = SqliteSession(None, path, durable=False)
    source = Stand(Link(writer, writer, table.name), writer, "target", table)
    beside = Beside([source])
    source.begin(history)
    for place in range(number):
        target = folder / f"target {place}.sqlite"
        link = _from_sqlite(path, target if pair[1] == "sqlite" else None, table.name, table.key)
        beside.targets.append(Stand(link, writer, "target", table))
    return beside


def _alone(history: History) -> Stand:
    """Open a DuckDB source and target of their own."""
    session, table = _duckdb(source=True), history.table
    session.key = table.key
    stand = Stand(Link(session, session, table.name), session, "source", table)
    stand.begin(history)
    return stand


def _duckdb(*, source: bool) -> Watching:
    from incload.load.engines.duckdb import IN_MEMORY, DuckdbSession

    class Watched(Watching, DuckdbSession):
        """A DuckDB session that is watched."""

    return Watched(IN_MEMORY if source else None, IN_MEMORY, source_writable=source)


def _from_sqlite(source: Path, target: Path | None, name: str, key: tuple[str, ...]) -> Link:
    """Open a target in SQLite, or without a path in DuckDB, that reads a SQLite source."""
    from incload.load.engines.sqlite import SqliteSession

    class Watched(Watching, SqliteSession):
        """A SQLite session that is watched."""

    if target is None:
        reading, writing = SqliteSession(source, None, durable=False), _duckdb(source=False)
        writing.key = key
        return Link(reading, writing, name)
    both = Watched(source, target, durable=False)
    both.key = key
    return Link(both, both, name)
