"""Growth: what one sync costs as the table grows and as its changes grow, on SQLite, where every read can be counted.

A sync of a strategy that goes by a cursor ought to follow the number of changes and not the size of the table.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from incload.engines.registry import fixture
from incload.engines.sqlite import text_table
from incload.harness.perf.throughput import Workspace, workspace
from incload.history.synthetic.datasets import CURSOR, KEY_STEP, ORDERS_NARROW, STARTED
from incload.history.synthetic.datasets import rows as dataset_rows
from incload.loading.opening import connect
from incload.loading.plan import Plan
from incload.loading.sync import sync

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import pyarrow as pa

    from incload.engines.endpoint import Endpoint
    from incload.loading.synced import Synced
    from incload.strategy import Strategy


@dataclass(frozen=True, slots=True)
class Cost:
    """What one sync cost.

    Attributes:
        seconds: Of each round, from opening both ends to closing them.
        read: How many rows the source had to look at.
    """

    seconds: list[float]
    read: int


@dataclass(slots=True)
class Grown:
    """A table of some size of which some rows change.

    Attributes:
        own: Where it lives.
        changed: How many rows change, half of them new.
    """

    own: Workspace
    changed: int

    def cost(self, strategy: Strategy, rounds: int) -> Cost:
        """Load everything, let the rows change, and time the sync after it so many times."""
        own, before = self.own, f"{strategy.id}-loaded"
        base, plan, seconds, read = self.base(), self.plan(strategy), [], 0
        if not own.targets.holds(before):
            _load(own.sources.end(base), own.targets.end(before), plan)
        own.sources.copy("source-grown", base)
        self.change("source-grown")
        for _ in range(rounds):
            own.targets.copy("target", before)
            started = time.perf_counter()
            read = _load(own.sources.end("source-grown"), own.targets.end("target"), plan).read
            seconds.append(time.perf_counter() - started)
        return Cost(seconds, read)

    def plan(self, strategy: Strategy) -> Plan:
        """Return the plan of its load."""
        return Plan(ORDERS_NARROW.id, ("id",), CURSOR, strategy, cursor_per_second=1_000_000)

    def base(self) -> str:
        """Return the name of the source before anything changes, made when it is first asked for."""
        self.own.source("initial_load")
        return "source-base"

    def change(self, name: str) -> None:
        """Let a source change."""
        session = self.own.sources.open(name)
        fixture(session).put("target", ORDERS_NARROW.table, changes(self.own.rows, self.changed, self.own.seed))
        session.close()


class GrownText(Grown):
    """A table whose cursor is of ISO texts, spread evenly over `text_table.DAYS`, with an index on it."""

    def plan(self, strategy: Strategy) -> Plan:
        """Follow the texts."""
        return Plan(text_table.NAME, ("id",), text_table.CURSOR, strategy)

    def base(self) -> str:
        """Make the table where it is not there yet."""
        name = "source-text"
        if not self.own.sources.holds(name):
            self._write(name, text_table.creation(self.own.rows))
        return name

    def change(self, name: str) -> None:
        """Give one half of the changes a new timestamp, spread over the table, and append the other half."""
        self._write(name, text_table.changes(self.own.rows, self.changed))

    def _write(self, name: str, statements: Sequence[str]) -> None:
        session = self.own.sources.open(name)
        for statement in statements:
            session.write(statement)
        session.close()


def _load(source: Endpoint, target: Endpoint, plan: Plan) -> Synced:
    """Run a whole load, from opening both ends to closing them."""
    connections = connect(source, target, plan)
    try:
        return sync(connections, plan)
    finally:
        connections.close()


def grown(rows: int, changed: int, folder: Path, kind: type[Grown] = Grown) -> Grown:
    """Return a table of a kind that is made when it is first asked for."""
    return kind(workspace(("sqlite", "sqlite"), rows, 1, folder), changed)


def changes(rows: int, count: int, seed: int) -> pa.Table:
    """Return so many changed rows with timestamps above all others: one half spread over the table, the other new."""
    import pyarrow as pa

    made = dataset_rows(ORDERS_NARROW, rows, count, seed)
    updated = count // 2
    old = [(position * (rows // max(updated, 1)) + 1) * KEY_STEP for position in range(updated)]
    new = [(rows + position + 1) * KEY_STEP for position in range(count - updated)]
    timestamps = pa.array(range(STARTED, STARTED + count)).cast(pa.timestamp("us"))
    return made.set_column(0, "id", pa.array(old + new)).set_column(made.column_names.index(CURSOR), CURSOR, timestamps)
