"""One trial: a history meets a strategy on a pair of engines, tick by tick, audited after every sync."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from incload.lab.audit import audit
from incload.lab.ledger import Ledger
from incload.lab.pair import open_stand
from incload.load.memory import Shelf
from incload.load.plan import Plan
from incload.load.sync import sync

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from incload.history.history import History
    from incload.lab.audit import Difference, Key
    from incload.lab.clock import LoadClock
    from incload.lab.pair import Stand
    from incload.load.link import Link
    from incload.load.sync import Synced
    from incload.strategy import Memory, Strategy, WriteRule

TICKS_PER_SECOND = 1_000_000
"""The lab's stamps count microseconds, in every engine."""


@dataclass(slots=True)
class Observed:
    """What a trial showed.

    Attributes:
        ledger: When which rows were wrong.
        syncs: What each sync did, oldest first.
        memories: The memory after each sync.
        memory_bytes: The largest size of the memory after any sync.
        rows_at_end: Rows of the source at the end.
    """

    ledger: Ledger = field(default_factory=Ledger)
    syncs: list[Synced] = field(default_factory=list)
    memories: list[Memory] = field(default_factory=list)
    memory_bytes: int = 0
    rows_at_end: int = 0

    def ticks_before(self, sync: int) -> int:
        """Return how many ticks had happened when a sync ran; sync 0 follows the base."""
        return sync


@dataclass(frozen=True, slots=True)
class Trial:
    """One history x one strategy x one write rule x one pair of engines.

    Attributes:
        history: What happens to the source.
        strategy: How it is followed.
        write_rule: How rows are written; None for the strategy's own rule.
        pair: The engines, source first.
        loader: What runs one sync; the reference copy has its own.
    """

    history: History
    strategy: Strategy
    write_rule: WriteRule | None
    pair: tuple[str, str]
    loader: Callable[[Link, Plan], Synced] = sync

    def run(self, folder: Path, clock: LoadClock) -> Observed:
        """Run the trial on new files in a folder; only the loads run the clock."""
        table = self.history.table
        stand = open_stand(self.pair, table, folder)
        try:
            stand.begin(self.history)
            now = [self.history.started]
            plan = self._plan(lambda: now[0])
            observed = Observed()
            self._sync(stand, plan, clock, observed, left=())
            for tick in self.history.ticks:
                stand.apply(tick)
                now[0] = tick.at
                left = list(zip(*(tick.deletes[name].to_pylist() for name in table.key), strict=True))
                self._sync(stand, plan, clock, observed, left)
            observed.rows_at_end = stand.writer.count(stand.writer.name(stand.place, table.name))
            return observed
        finally:
            stand.close()

    def _plan(self, now: Callable[[], int]) -> Plan:
        table = self.history.table
        return Plan(
            name=table.name,
            key=table.key,
            cursor=table.cursor,
            strategy=self.strategy,
            write_rule=self.write_rule,
            cursor_per_second=TICKS_PER_SECOND,
            clock=now,
        )

    def _sync(self, stand: Stand, plan: Plan, clock: LoadClock, observed: Observed, left: Iterable[Key]) -> None:
        with clock.running():
            synced = self.loader(stand.link, plan)
        observed.syncs.append(synced)
        observed.memory_bytes = max(observed.memory_bytes, self._memory_bytes(stand, plan))
        observed.memories.append(synced.after)
        observed.ledger.enter(len(observed.syncs) - 1, difference(stand), left)

    def _memory_bytes(self, stand: Stand, plan: Plan) -> int:
        return Shelf(stand.link.target, self.history.table, plan.strategy.name, {}).size()


def difference(stand: Stand) -> Difference:
    """Audit a stand as it is now."""
    places = tuple(stand.table.names.index(name) for name in stand.table.key)
    return audit(stand.source_rows(), stand.target_rows(), places)
