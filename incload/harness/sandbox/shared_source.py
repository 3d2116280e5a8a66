"""Several targets beside each other, loaded from one source where the engine lets several sessions read one.

A SQLite source is one file that the session of every target attaches; elsewhere every target has a source of its own.
The sessions of SQLite and DuckDB targets watch what a sync writes: the audit looks there.
"""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from incload.harness.sandbox.sandbox import Sandbox, open_sandbox
from incload.harness.sandbox.watch import Watch
from incload.loading.connections import Connections

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from incload.contenders.contender import Contender
    from incload.engines.session import Session
    from incload.history.history import History, Tick


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
        sandbox.writer.logs.capture(capability, sandbox.place, sandbox.table.name).install(sandbox.table.key)


def _alone(pair: tuple[str, str], history: History, folder: Path, contender: Contender, closing: ExitStack) -> Sandbox:
    """Open a source and a target of their own."""
    if pair == ("duckdb", "duckdb"):
        session, name = _duckdb(source=True), history.table.name
        closing.callback(session.close)
        watch = Watch(session, history.table.key)
        sandbox = Sandbox(Connections(session, session, name), session, "source", history.table, watch=watch)
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

    path, table = folder / "source.sqlite", history.table
    writer = SqliteSession(None, path, durable=False)
    closing.callback(writer.close)
    beside = Beside([Sandbox(Connections(writer, writer, table.name), writer, "target", table)], [], closing)
    _begin(beside.sources[0], history, contenders)  # a file that is not there yet cannot be attached read-only
    for place in range(len(contenders)):
        if target == "sqlite":
            both = SqliteSession(path, folder / f"target {place}.sqlite", durable=False)
            connections = Connections(both, both, table.name)
        else:
            connections = Connections(SqliteSession(path, None, durable=False), _duckdb(source=False), table.name)
        closing.callback(connections.close)
        watch = Watch(connections.target, table.key)
        beside.targets.append(Sandbox(connections, writer, "target", table, watch=watch))
    return beside


def _duckdb(*, source: bool) -> Session:
    """Open a DuckDB database in memory as a target, and as a source with it if that is wanted."""
    from incload.engines.duckdb.session import DuckdbSession
    from incload.engines.duckdb.sql import IN_MEMORY

    return DuckdbSession(IN_MEMORY if source else None, IN_MEMORY, source_writable=source)
