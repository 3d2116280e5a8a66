"""Growth: what one sync costs as the table grows and as its changes grow, on SQLite, where every read can be counted.

A sync of a strategy that goes by a cursor ought to follow the number of changes and not the size of the table.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from incload.history.datasets import CURSOR, KEY_STEP, ORDERS_NARROW, STARTED
from incload.history.datasets import rows as dataset_rows
from incload.lab.throughput import Yard, contender, yard
from incload.load.link import connect
from incload.load.plan import Plan
from incload.load.sync import sync

if TYPE_CHECKING:
    from pathlib import Path

    import pyarrow as pa

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

    own: Yard
    changed: int

    def cost(self, strategy: Strategy, rounds: int) -> Cost:
        """Load everything, let the rows change, and time the sync after it so many times."""
        who, seconds, read = contender(strategy), [], 0
        own, before = self.own, f"{strategy.id}-loaded"
        source = own.source("initial_load")
        if not own.targets.holds(before):
            who.load(source, own.targets.end(before))
        own.sources.copy("source-grown", "source-base")
        session = own.sources.open("source-grown")
        session.put("target", ORDERS_NARROW.table, changes(own.rows, self.changed, own.seed))
        session.close()
        for _ in range(rounds):
            own.targets.copy("target", before)
            plan = Plan(ORDERS_NARROW.id, ("id",), CURSOR, strategy, cursor_per_second=1_000_000)
            started = time.perf_counter()
            link = connect(own.sources.end("source-grown"), own.targets.end("target"), plan)
            try:
                read = sync(link, plan).read
            finally:
                link.close()
            seconds.append(time.perf_counter() - started)
        return Cost(seconds, read)


def grown(rows: int, changed: int, folder: Path) -> Grown:
    """Return a table that is made when it is first asked for."""
    return Grown(yard(("sqlite", "sqlite"), rows, 1, folder), changed)


def changes(rows: int, count: int, seed: int) -> pa.Table:
    """Return so many changed rows with stamps above all others: one half spread over the table, the other new."""
    import pyarrow as pa

    made = dataset_rows(ORDERS_NARROW, rows, count, seed)
    updated = count // 2
    old = [(position * (rows // max(updated, 1)) + 1) * KEY_STEP for position in range(updated)]
    new = [(rows + position + 1) * KEY_STEP for position in range(count - updated)]
    stamps = pa.array(range(STARTED, STARTED + count)).cast(pa.timestamp("us"))
    return made.set_column(0, "id", pa.array(old + new)).set_column(made.column_names.index(CURSOR), CURSOR, stamps)
