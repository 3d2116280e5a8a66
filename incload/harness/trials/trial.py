"""One trial: a history meets a strategy on a pair of engines, tick by tick, audited after every sync."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import TYPE_CHECKING

from incload.auditing.audit import audit
from incload.harness.sandbox.sandbox import open_sandbox
from incload.harness.trials.error_timeline import Ledger
from incload.harness.trials.faults import Loading, bent
from incload.harness.trials.late_commits import Acted, Performance, keys_of
from incload.loading.plan import Guards, Plan
from incload.loading.state.store import StateStore
from incload.loading.sync import sync

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import pyarrow as pa

    from incload.auditing.audit import Difference, Key
    from incload.harness.load_timer import LoadClock
    from incload.harness.sandbox.sandbox import Sandbox
    from incload.history.faults import Fault
    from incload.history.history import History, Tick
    from incload.loading.connections import Connections
    from incload.loading.sync import Synced
    from incload.strategy import Strategy, WriteRule

TICKS_PER_SECOND = 1_000_000
"""The lab's stamps count microseconds, in every engine."""


@dataclass(slots=True)
class Observed:
    """What a trial showed.

    Attributes:
        rule: By which rule rows were written.
        faults: What happened to the loader.
        ledger: When which rows were wrong, in syncs.
        syncs: What each sync did, oldest first.
        ticks: After how many ticks each sync ran.
        acted: The transactions that were left open beside syncs.
        waiting: How many rows the last sync has left for a later one, as the strategy does with young rows.
        memory_bytes: The largest size of the memory after any sync.
        rows_at_end: Rows of the source at the end.
    """

    rule: WriteRule
    faults: tuple[Fault, ...] = ()
    ledger: Ledger = field(default_factory=Ledger)
    syncs: list[Synced] = field(default_factory=list)
    ticks: list[int] = field(default_factory=list)
    acted: Acted = field(default_factory=Acted)
    waiting: int = 0
    memory_bytes: int = 0
    rows_at_end: int = 0


@dataclass(frozen=True, slots=True)
class Trial:
    """One history x one strategy x one write rule x one pair of engines.

    Attributes:
        history: What happens to the source.
        strategy: How it is followed.
        write_rule: How rows are written; None for the strategy's own rule.
        pair: The engines, source first.
        faults: What happens to the loader.
        loader: What runs one sync; the reference copy has its own.
        guards: What the loads watch over.
        late_commits: Whether late rows are late commits: to be performed where the source lets several write at once.
    """

    history: History
    strategy: Strategy
    write_rule: WriteRule | None
    pair: tuple[str, str]
    faults: tuple[Fault, ...] = ()
    loader: Callable[[Connections, Plan], Synced] = sync
    guards: Guards = field(default_factory=Guards)
    late_commits: bool = False

    def run(self, folder: Path | None, clock: LoadClock) -> Observed:
        """Run the trial on new files in a folder, or without one in memory; only the loads run the clock."""
        sandbox = open_sandbox(self.pair, self.history.table, folder)
        try:
            sandbox.begin(self.history, self.strategy)
            running = _Running(self, sandbox, clock, self.history.started)
            running.see(self.history.base)
            running.open()
            running.sync(0)
            for number, tick in enumerate(self.history.ticks, start=1):
                running.tick(number, tick)
                if not any(fault.skips(number) for fault in self.faults):
                    running.sync(number)
            running.observed.rows_at_end = sandbox.writer.count(sandbox.writer.name(sandbox.place, sandbox.table.name))
            return running.observed
        finally:
            sandbox.close()


class _Running:
    """A trial under way."""

    def __init__(self, trial: Trial, sandbox: Sandbox, clock: LoadClock, now: int) -> None:
        self.observed = Observed(trial.write_rule or trial.strategy.write_rule, trial.faults)
        self._trial, self._sandbox, self._clock, self._now = trial, sandbox, clock, now
        self._left: set[Key] = set()
        self._unsettled: set[Key] = set()
        self._stamps: dict[Key, int | None] = {}
        self._performance: Performance | None = None
        table = trial.history.table
        self._plan = Plan(
            name=table.name,
            key=table.key,
            cursor=sandbox.cursor or table.cursor,
            strategy=bent(trial.strategy, trial.faults),
            write_rule=trial.write_rule,
            cursor_per_second=TICKS_PER_SECOND,
            count_unchanged=True,
            evolve=True,
            guards=trial.guards,
            clock=lambda: self._now,
        )
        self._victim = Loading(sandbox, self._store(), self._load)

    def see(self, rows: pa.Table) -> None:
        """Note the stamps of rows; only a delay has to know them."""
        table = self._trial.history.table
        if self._trial.strategy.delay and table.cursor:
            stamps = rows[table.cursor].cast("int64").to_pylist()
            self._stamps.update(zip(keys_of(rows, table), stamps, strict=True))

    def open(self) -> None:
        """Open the stage where late commits are to be performed and can be."""
        if self._trial.late_commits and self._sandbox.another:
            self._performance = Performance(self._sandbox, self._trial.history, self._sandbox.another)
            self.observed.acted = self._performance.acted

    def tick(self, number: int, tick: Tick) -> None:
        """Let a tick happen."""
        if self._performance:
            self._performance.tick(number)
        else:
            self._sandbox.apply(tick)
        self._now = tick.at
        self.see(tick.upserts)
        table = self._trial.history.table
        self._left |= set(keys_of(tick.deletes, table))
        self._left -= set(keys_of(tick.upserts, table))

    def sync(self, number: int) -> None:
        """Sync after so many ticks under the faults that hold then, and audit."""
        now = [fault for fault in self._trial.faults if fault.holds(number)]
        for fault in now:
            fault.before(self._victim)
        for fault in now:
            fault.runs(self._victim)
        self._unsettled = self._sandbox.unsettled()  # before the load: its horizon can only be a later one
        with ExitStack() as lasting:
            for fault in now:
                lasting.enter_context(fault.during(self._victim))
            synced = self._load()
        if any(fault.keeps(number) for fault in self._trial.faults):
            self._victim.saved[number] = self._victim.state()
        self._enter(number, synced)

    def _load(self) -> Synced:
        with self._clock.running():
            return self._trial.loader(self._sandbox.connections, self._plan)

    def _enter(self, number: int, synced: Synced) -> None:
        observed = self.observed
        observed.syncs.append(synced)
        observed.ticks.append(number)
        observed.memory_bytes = max(observed.memory_bytes, self._store().size())
        found = difference(self._sandbox)
        promised = self._promised(found)
        observed.waiting = len(found.lost | found.stale) - len(promised.lost | promised.stale)
        observed.ledger.enter(len(observed.syncs) - 1, promised, self._left)
        self._left = set()

    def _promised(self, found: Difference) -> Difference:
        """Leave out rows too young for the strategy to have promised anything about."""
        delay, young = self._trial.strategy.delay, set(self._unsettled)
        if delay:
            until = self._now - delay // timedelta(microseconds=1)
            young |= {key for key in found.lost | found.stale if (self._stamps[key] or 0) > until}
        return replace(found, lost=found.lost - young, stale=found.stale - young)

    def _store(self) -> StateStore:
        return StateStore(self._sandbox.connections.target, self._trial.history.table, self._trial.strategy.name, {})


def difference(sandbox: Sandbox) -> Difference:
    """Audit a stand as it is now."""
    places = tuple(sandbox.table.names.index(name) for name in sandbox.table.key)
    return audit(sandbox.source_rows(), sandbox.target_rows(), places)
