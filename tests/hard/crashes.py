"""What is loaded while a load dies: a small life of a table, every cell of it, and two loaders that lose something."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import product
from typing import TYPE_CHECKING, ClassVar
from unittest.mock import patch

import pyarrow as pa

import incload.loading.sync as syncing
from incload.history.history import History, Tick
from incload.loading.columns.describing import describe
from incload.loading.plan import Guards, Plan
from incload.loading.settling import columns_tag, tags
from incload.loading.state.table_store import TableStore
from incload.loading.sync import sync
from incload.registry import strategies
from incload.strategy import Delta, Need, Seen, Source, State, Strategy, WriteRule
from incload.table import Column, Kind, Table

if TYPE_CHECKING:
    from collections.abc import Iterator

    from incload.loading.connections import Connections
    from incload.loading.settling import Settled

Loader = Callable[["Connections", Plan], object]
"""What runs one sync."""

SECOND, NOON = 1_000_000, 1_767_268_800_000_000
EVENTS = Table(
    "events",
    ("id",),
    "ts",
    (Column("id", Kind.INTEGER), Column("name", Kind.TEXT), Column("ts", Kind.TIMESTAMP)),
)
SCHEMA = pa.schema([("id", pa.int64()), ("name", pa.string()), ("ts", pa.timestamp("us"))])
BASE = [(1, "a", 1), (2, "b", 2), (3, "c", 2), (4, "d", 3)]
CHANGES = [(5, "e", 4), (2, "bb", 5), (6, None, 6), (7, "g", 6)]


def arrow(rows: list[tuple[int, str | None, int]]) -> pa.Table:
    """Return rows as a history holds them; timestamps are given in seconds after noon."""
    columns = [[key for key, _, _ in rows], [name for _, name, _ in rows], [NOON + at * SECOND for _, _, at in rows]]
    return pa.table([pa.array(values, field.type) for values, field in zip(columns, SCHEMA, strict=True)], SCHEMA)


TICK = Tick(NOON + 60 * SECOND, arrow(CHANGES), pa.table({"id": pa.array([4], pa.int64())}))
HISTORY = History(EVENTS, NOON, arrow(BASE), (TICK,))


@dataclass(frozen=True)
class Cell:
    """What is crossed: a strategy, a write rule, a pair of engines, and whether it is the first load or the second."""

    strategy: Strategy
    rule: WriteRule
    pair: tuple[str, str]
    second: bool

    @property
    def plan(self) -> Plan:
        """The plan of its loads; an hour later no strategy waits for anything any more."""
        return Plan(
            *(EVENTS.name, EVENTS.key, EVENTS.cursor, self.strategy, self.rule, SECOND),
            clock=lambda: NOON + 3600 * SECOND,
            guards=Guards(allow_mismatch=True, allow_removals=True, same_source=True),
        )

    def shape(self, statements: list[str]) -> list[str]:
        """Return statements without the names in them that differ where the same is done."""
        return [re.sub(rf"{self.strategy.name}|incload_lab_[0-9a-f]+", "?", each) for each in statements]

    def beginnings(self, statements: list[str]) -> list[tuple[bool, tuple[str, ...]]]:
        """Return what has happened at each boundary."""
        shape = self.shape(statements)
        return [(self.second, tuple(shape[:at])) for at in range(len(shape))]


def written(row: tuple[object, ...]) -> str:
    """Return a row of a target as a text, without the name that a change log was given by chance."""
    return re.sub(r"\b[0-9a-f]{8}\b", "?", repr(row))


def cells(pair: tuple[str, str]) -> Iterator[Cell]:
    """Return everything there is to cross on a pair, but for strategies that keep numbers of the server's own.

    No two runs share transaction numbers or places in a server's log, so that what they leave cannot be compared.
    """
    followers = [each for each in strategies() if each.asks is None or pair[0] != "postgres"]
    for each, rule, second in product(followers, WriteRule, (False, True)):
        yield Cell(each, rule, pair, second)


@dataclass(frozen=True)
class Behind(Strategy):
    """Reads from a state of its own and remembers nothing new: the second half of a load that remembered first."""

    inner: Strategy
    state: State
    name: ClassVar[str] = "behind"

    @property
    def needs(self) -> frozenset[Need]:
        """Whatever the strategy needs."""
        return self.inner.needs

    def read(self, source: Source, state: State) -> Delta:  # noqa: ARG002 - its own is older
        """Ask as the strategy would have before it remembered."""
        return self.inner.read(source, self.state)

    def remember(self, seen: Seen, state: State) -> State:  # noqa: ARG002 - it is remembered already
        """Keep what is there."""
        return state


def state_first(connections: Connections, plan: Plan) -> None:
    """Commit what will have been read, and only then the rows: the order of many a script."""
    learned = sync(connections, plan, commit=False)
    table = describe(connections, plan)
    scale = connections.source.scale("source", connections.table, table.column("ts"), plan.cursor_per_second)
    connections.begin(plan.name)
    digest = columns_tag(connections.target.digest_tag, table.columns)
    store = TableStore(connections.target, table, plan.strategy.name, tags(table, scale, digest))
    store.keep(learned.after, NOON, learned.written)
    connections.commit()
    sync(connections, replace(plan, strategy=Behind(plan.strategy, learned.before)))


def rows_first(connections: Connections, plan: Plan) -> None:
    """Commit the rows, and only then what was read."""
    remember = syncing._remember

    def late(settled: Settled, *rest: object) -> None:
        job = settled.job
        job.connections.target.finish()
        job.connections.target.begin(job.table.name)
        remember(settled, *rest)  # type: ignore[arg-type]  # handed on as they are

    with patch.object(syncing, "_remember", late):
        sync(connections, plan)
