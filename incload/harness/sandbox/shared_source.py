"""Several targets beside each other, loaded from one source where the engine lets several sessions read one.

A SQLite source is one file that the session of every target attaches; elsewhere every target has a source of its own.
The sessions of embedded targets watch what a sync writes: the audit looks there.
"""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from incload.engines.abilities.trials import databases
from incload.engines.capabilities import AtomicState
from incload.engines.endpoints import Location
from incload.engines.registry import is_on_server
from incload.harness.sandbox.sandbox import Sandbox, open_sandbox
from incload.harness.sandbox.watch import Watch
from incload.loading.connections import Connections

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from incload.contenders.contender import Contender
    from incload.engines.session import Session
    from incload.history.history import History, Tick
    from incload.table import Table


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
        if databases(pair[0]).shares_source and not is_on_server(pair[1]):
            beside = _shared(pair, history, folder, contenders, closing)
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
    folder.mkdir()
    sandbox = open_sandbox(pair, history.table, folder, threads=None)
    closing.callback(sandbox.close)
    if pair[0] == pair[1] and not is_on_server(pair[0]):
        sandbox.watch = _watch(sandbox.connections.target, history.table)
    _begin(sandbox, history, [contender])
    return sandbox


def _shared(
    pair: tuple[str, str], history: History, folder: Path, contenders: Sequence[Contender], closing: ExitStack
) -> Beside:
    """Open one source, and for each contender a target of an embedded engine, with a session that reads the source."""
    of_source, of_target = databases(pair[0]), databases(pair[1], threads=None)
    source, table = Location(pair[0], folder / f"source.{pair[0]}"), history.table
    writer = of_source.own(source)
    closing.callback(writer.close)
    beside = Beside([Sandbox(Connections(writer, writer, table.name), writer, "target", table)], [], closing)
    _begin(beside.sources[0], history, contenders)  # a file that is not there yet cannot be attached read-only
    for place in range(len(contenders)):
        if pair[0] == pair[1]:
            both = of_source.reader(source, Location(pair[1], folder / f"target {place}.{pair[1]}"))
            connections = Connections(both, both, table.name)
        else:
            mine = folder / f"target {place}"
            mine.mkdir()
            connections = Connections(of_source.reader(source, None), of_target.target(mine, closing), table.name)
        closing.callback(connections.close)
        beside.targets.append(Sandbox(connections, writer, "target", table, watch=_watch(connections.target, table)))
    return beside


def _watch(session: Session, table: Table) -> Watch | None:
    """Watch what a sync writes into a target, where it writes by statements."""
    by_statements = session.capabilities.atomic_state is AtomicState.TRANSACTION
    return Watch(session, table.key) if by_statements else None
