"""Several targets beside each other, loaded from one source where the engine lets several sessions read one.

A SQLite source is one file that the session of every target attaches; elsewhere every target has a source of its own.
The sessions of SQLite and DuckDB targets watch what a sync writes: the audit looks there.
"""

from __future__ import annotations

import time
from contextlib import ExitStack
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from incload.engines.session import Session
from incload.harness.sandbox.sandbox import Sandbox, open_sandbox
from incload.loading.connections import Connections

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from incload.auditing.audit import Key
    from incload.contenders.contender import Contender
    from incload.engines.session import Query
    from incload.history.history import History, Tick
    from incload.table import Table


class Watching(Session):
    """A session that tells which keys the latest sync wrote or deleted.

    Attributes:
        key: The key columns of the one table that is watched.
        touched: The keys; None when any row may have been written, as by a load into an empty target.
        seconds: How long the latest sync was held up by the watching.
    """

    key: tuple[str, ...] = ()
    touched: frozenset[Key] | None = None
    seconds: float = 0.0
    _found: set[Key] | None = None

    def begin(self, table: str) -> None:
        """Begin, with nothing written yet."""
        self._found, self.seconds = set(), 0.0
        super().begin(table)  # type: ignore[safe-super]  # an engine's session stands behind it

    def merge(self, table: Table, incoming: str) -> int:
        """Note the keys of the rows, then write them; what an engine does to that end is nothing more."""
        self._note(incoming)
        found = self._found
        written = super().merge(table, incoming)  # type: ignore[safe-super]  # as above
        self._found = found
        return written

    def insert(self, table: Table, query: Query) -> int:
        """Add rows; they are many, or may stand there already."""
        self._found = None
        return super().insert(table, query)

    def delete(self, key: tuple[str, ...], relation: str, keys: str) -> int:
        """Note the keys, then delete their rows."""
        self._note(keys)
        return super().delete(key, relation, keys)

    def finish(self) -> None:
        """Commit, and tell what was found."""
        super().finish()  # type: ignore[safe-super]  # as above
        self.touched = None if self._found is None else frozenset(self._found)

    def _note(self, relation: str) -> None:
        """Take in the keys of a relation."""
        if self._found is None:
            return
        started = time.perf_counter()
        self._found.update(self.rows(f"SELECT {self.listed(self.key)} FROM {relation} AS w"))
        self.seconds += time.perf_counter() - started


@dataclass(frozen=True, slots=True)
class Beside:
    """A source that lives on, or one for each target, and the targets.

    Attributes:
        sources: What has to be fed: each writes one source.
        targets: One for each contender.
        closing: What is to be closed in the end.
    """

    sources: list[Sandbox]
    targets: list[Sandbox]
    closing: ExitStack

    def apply(self, tick: Tick) -> None:
        """Let a tick happen in every source."""
        for source in self.sources:
            source.apply(tick)

    def close(self) -> None:
        """Close every session."""
        self.closing.close()


def open_beside(pair: tuple[str, str], history: History, folder: Path, contenders: Sequence[Contender]) -> Beside:
    """Bring the base of a history to life, and open a target for each contender; none waits for a disk."""
    with ExitStack() as closing:
        if pair in {("sqlite", "sqlite"), ("sqlite", "duckdb")}:
            beside = _from_sqlite(pair[1], history, folder, contenders, closing)
        else:
            sandboxes = [
                _alone(pair, history, folder / str(place), each, closing) for place, each in enumerate(contenders)
            ]
            beside = Beside(sandboxes, sandboxes, closing)
        return replace(beside, closing=closing.pop_all())


def _begin(sandbox: Sandbox, history: History, contenders: Iterable[Contender]) -> None:
    """Bring the base to life, and have the source keep what contenders ask for and its engine can."""
    sandbox.begin(history)
    asked = {each.capabilities.asks for each in contenders}
    for capability in asked:
        if capability is None or sandbox.writer.cannot(capability):
            continue
        sandbox.writer.capture(capability, sandbox.place, sandbox.table.name).install(sandbox.table.key)


def _alone(pair: tuple[str, str], history: History, folder: Path, contender: Contender, closing: ExitStack) -> Sandbox:
    """Open a source and a target of their own."""
    if pair == ("duckdb", "duckdb"):
        session, name = _duckdb(history, source=True), history.table.name
        closing.callback(session.close)
        sandbox = Sandbox(Connections(session, session, name), session, "source", history.table)
    else:
        folder.mkdir()
        sandbox = open_sandbox(pair, history.table, folder)
        closing.callback(sandbox.close)
    _begin(sandbox, history, [contender])
    return sandbox


def _from_sqlite(
    target: str, history: History, folder: Path, contenders: Sequence[Contender], closing: ExitStack
) -> Beside:
    """Open one SQLite source and for each contender a target, in SQLite or in DuckDB, that reads it."""
    from incload.engines.sqlite.session import SqliteSession

    class Watched(Watching, SqliteSession):
        """A SQLite session that is watched."""

    path, table = folder / "source.sqlite", history.table
    writer = SqliteSession(None, path, durable=False)
    closing.callback(writer.close)
    beside = Beside([Sandbox(Connections(writer, writer, table.name), writer, "target", table)], [], closing)
    _begin(beside.sources[0], history, contenders)  # a file that is not there yet cannot be attached read-only
    for place in range(len(contenders)):
        if target == "sqlite":
            both = Watched(path, folder / f"target {place}.sqlite", durable=False)
            both.key = table.key
            connections = Connections(both, both, table.name)
        else:
            connections = Connections(
                SqliteSession(path, None, durable=False), _duckdb(history, source=False), table.name
            )
        closing.callback(connections.close)
        beside.targets.append(Sandbox(connections, writer, "target", table))
    return beside


def _duckdb(history: History, *, source: bool) -> Watching:
    """Open a DuckDB database in memory as a target, and as a source with it if that is wanted."""
    from incload.engines.duckdb.session import IN_MEMORY, DuckdbSession

    class Watched(Watching, DuckdbSession):
        """A DuckDB session that is watched."""

    session = Watched(IN_MEMORY if source else None, IN_MEMORY, source_writable=source)
    session.key = history.table.key
    return session
