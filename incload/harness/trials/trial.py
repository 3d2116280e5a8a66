"""One trial: a history meets a contender on a pair of engines, tick by tick, audited after every sync."""

from __future__ import annotations

from contextlib import ExitStack, suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from incload.auditing.audit import audit
from incload.contenders.contender import ContenderFailed, Counters, SyncRequest
from incload.harness.load_timer import LoadClock
from incload.harness.sandbox.on_disk import open_on_disk
from incload.harness.sandbox.sandbox import open_sandbox
from incload.harness.sandbox.steps import Steps, without
from incload.harness.trials.error_timeline import ErrorTimeline
from incload.harness.trials.faults import Loading, coarsened, require_capability, require_offered
from incload.harness.trials.late_commits import Acted, Performance, keys_of
from incload.history.moving import ending_at

if TYPE_CHECKING:
    import pyarrow as pa

    from incload.auditing.audit import Difference, Key
    from incload.contenders.contender import Contender, SyncResult
    from incload.harness.sandbox.sandbox import Sandbox
    from incload.history.faults import Fault
    from incload.history.history import History, Tick

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
"""Where the microseconds of a history are counted from."""


@dataclass(slots=True)
class Observed:
    """What a trial showed.

    Attributes:
        rule: By which rule rows were written; empty where that is not known.
        faults: What happened to the loader.
        timeline: When which rows were wrong, in syncs.
        syncs: What each sync did, oldest first.
        ticks: After how many ticks each sync ran.
        acted: The transactions that were left open beside syncs.
        waiting: How many rows the last sync has left for a later one, as a strategy does with young rows.
        state_bytes: The largest size of the state after any sync; None where it is not known.
        rows_at_end: Rows of the source at the end.
        peak_bytes: The most memory that the contender's process has had; None where it is not known.
        idle: Seconds of a sync after the last, with nothing to do, of a contender that is started for each sync.
    """

    rule: str = ""
    faults: tuple[Fault, ...] = ()
    timeline: ErrorTimeline = field(default_factory=ErrorTimeline)
    syncs: list[SyncResult] = field(default_factory=list)
    ticks: list[int] = field(default_factory=list)
    acted: Acted = field(default_factory=Acted)
    waiting: int = 0
    state_bytes: int | None = None
    rows_at_end: int = 0
    peak_bytes: int | None = None
    idle: float | None = None

    @property
    def start_up(self) -> float | None:
        """How long the contender took until it could be asked, or with nothing to do; None where that is not known."""
        return max((each.start_up for each in self.syncs if each.start_up is not None), default=self.idle)

    def total(self, counter: str) -> int | None:
        """Return the sum of one counter over all syncs; None when any sync did not count it."""
        total = 0
        for each in self.syncs:
            count = getattr(each.counters, counter, None)
            if count is None:
                return None
            total += count
        return total


@dataclass(frozen=True, slots=True)
class Trial:
    """One history x one contender x one pair of engines.

    Attributes:
        history: What happens to the source.
        contender: Who follows it.
        pair: The engines, source first.
        faults: What happens to the loader.
        late_commits: Whether late rows are late commits: to be performed where the source lets several write at once.
        urls: Where source and target are to be, for a contender that opens them itself; empty for new ones.
    """

    history: History
    contender: Contender
    pair: tuple[str, str]
    faults: tuple[Fault, ...] = ()
    late_commits: bool = False
    urls: tuple[str, str] = ("", "")

    def run(self, folder: Path | None, clock: LoadClock) -> Observed:
        """Run the trial on new files in a folder, or without one in memory; only the loads run the clock.

        Raises `Unable` for a contender that cannot run here, or to which the faults cannot happen.
        """
        require_offered(self.contender, self.pair)
        require_capability(self.contender, self.faults)
        if self.contender.capabilities.reads_machine_clock:
            self = replace(self, history=self._at_present())  # noqa: PLW0642 - all of the trial is at that time
        sandbox = self._sandbox(folder)
        try:
            sandbox.begin(self.history, self.contender)
            running = _Running(self, sandbox, clock, folder)
            running.see(self.history.base)
            running.open()
            running.sync(0)
            while (number := running.following()) is not None:
                if not any(fault.skips(number) for fault in self.faults):
                    running.sync(number)
            if self.contender.capabilities.starts_each_time:
                running.rest()
            running.observed.rows_at_end = sandbox.writer.count(sandbox.writer.name(sandbox.place, sandbox.table.name))
            return running.observed
        finally:
            sandbox.close()

    def _at_present(self) -> History:
        """Return the history as it ends at the machine's time, or before by as much as the loader's clock is fast."""
        now = datetime.now(UTC)
        fast = sum((fault.clock(now) - now for fault in self.faults), timedelta())
        return ending_at(self.history, (now - fast - EPOCH) // timedelta(microseconds=1))

    def _sandbox(self, folder: Path | None) -> Sandbox:
        if self.contender.capabilities.in_process:
            return open_sandbox(self.pair, self.history.table, folder)
        if folder is None:
            raise ValueError(f"{self.contender.id} opens files of its own: it needs a folder")
        return open_on_disk(self.pair, self.history.table, folder, self.contender.declared, self.urls)


class _Running:
    """A trial under way."""

    def __init__(self, trial: Trial, sandbox: Sandbox, clock: LoadClock, folder: Path | None) -> None:
        self.observed = Observed(trial.contender.write_rule, trial.faults)
        self._trial, self._sandbox, self._clock, self._now = trial, sandbox, clock, trial.history.started
        self._left: set[Key] = set()
        self._unsettled: set[Key] = set()
        self._timestamps: dict[Key, int | None] = {}
        self._performance: Performance | None = None
        self._steps, self._ticks = Steps(self), enumerate(trial.history.ticks, start=1)
        contender = coarsened(trial.contender, trial.faults)
        self._contender = contender.within(sandbox.connections) if contender.capabilities.in_process else contender
        self._delay = trial.contender.claims.delay if trial.contender.claims else timedelta()
        self._state_dir = (folder or Path()) / "state"
        if not contender.capabilities.in_process:
            self._state_dir.mkdir()
        access = self._contender.state(self._request(0)) if contender.capabilities.state else None
        self._victim = Loading(sandbox, access, self.load)

    def see(self, rows: pa.Table) -> None:
        """Note the timestamps of rows; only a delay has to know them."""
        table = self._trial.history.table
        if self._delay and table.cursor:
            timestamps = rows[table.cursor].cast("int64").to_pylist()
            self._timestamps.update(zip(keys_of(rows, table), timestamps, strict=True))

    def open(self) -> None:
        """Open the stage where late commits are to be performed and can be."""
        if self._trial.late_commits and self._sandbox.another:
            self._performance = Performance(self._sandbox, self._trial.history, self._sandbox.another)
            self.observed.acted = self._performance.acted

    def following(self) -> int | None:
        """Return the number of the next tick, which happens unless a sync has had it happen; None after the last."""
        return self._steps.early.pop(0) if self._steps.early else self._go_on()

    def _go_on(self) -> int | None:
        """Let the next tick happen; return its number, or None after the last."""
        number, tick = next(self._ticks, (None, None))
        if number is not None and tick is not None:
            self.tick(number, tick)
        return number

    def next_tick(self) -> int | None:
        """Let the next tick happen while a sync runs; return its number, or None after the last."""
        with self._sandbox.changing():
            return self._go_on()

    def tick(self, number: int, tick: Tick) -> None:
        """Let a tick happen."""
        if self._performance:
            self._performance.tick(number)
        else:
            self._sandbox.apply(tick)
        self._now = tick.at
        self.see(tick.upserts)
        table = self._trial.history.table
        gone, there = set(keys_of(tick.deletes, table)), set(keys_of(tick.upserts, table))
        self._left = (self._left | gone) - there
        self._steps.changed |= gone | there

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
            synced = self._steps.under(now)
        if any(fault.keeps(number) for fault in self._trial.faults):
            self._victim.saved[number] = self._victim.state()
        self._enter(number, synced)

    def _request(self, number: int) -> SyncRequest:
        sandbox, table = self._sandbox, self._trial.history.table
        now = EPOCH + timedelta(microseconds=self._now)
        for fault in self._trial.faults if self._trial.contender.claims is None else ():
            now = fault.clock(now)  # a strategy asks for the source's clock, every other loader has its own
        return SyncRequest(
            source_url=sandbox.source_url,
            target_url=sandbox.target_url,
            table=table.name,
            key=table.key,
            cursor=sandbox.cursor or table.cursor,
            state_dir=self._state_dir,
            now=now,
            number=number,
            between=self._steps.between,
        )

    def load(self) -> SyncResult:
        """Have the contender perform a sync; only that runs the clock."""
        timer = LoadClock()
        with self._sandbox.free(), timer.running():
            result = self.sync_once()
            self._sandbox.put(result.place)
        self._clock.advance(timer.read() if result.seconds is None else result.seconds)
        return self._counted(result)

    def sync_once(self) -> SyncResult:
        """Have the contender perform a sync while both ends are free."""
        return self._contender.sync(self._request(len(self.observed.syncs)))

    def rest(self) -> None:
        """Have a contender that is started for each sync perform one with nothing to do; it is not audited."""
        timer = LoadClock()
        with suppress(ContenderFailed), self._sandbox.free():  # what fails after the trial leaves a figure out
            with timer.running():
                self.sync_once()
            self.observed.idle = timer.read()

    def _counted(self, result: SyncResult) -> SyncResult:
        """Add what the sandbox can say of rows written without need, where the contender does not."""
        counters = result.counters or Counters()
        if counters.unchanged is not None or self._sandbox.rewritten is None:
            return result
        return replace(result, counters=replace(counters, unchanged=self._sandbox.rewritten))

    def _enter(self, number: int, result: SyncResult) -> None:
        observed = self.observed
        observed.syncs.append(result)
        observed.ticks.append(number)
        observed.peak_bytes = max(result.peak_bytes or 0, observed.peak_bytes or 0) or None
        self._measure(result)
        found = difference(self._sandbox)
        promised = self._promised(found)
        observed.waiting = len(found.lost | found.stale) - len(promised.lost | promised.stale)
        observed.timeline.enter_audit(len(observed.syncs) - 1, promised, self._left)
        self._left = set()

    def _measure(self, result: SyncResult) -> None:
        """Take the size of the state, if it can be known."""
        access = self._victim.access
        if access is not None:
            self.observed.state_bytes = result.largest_state(self.observed.state_bytes, access.size)

    def _promised(self, found: Difference) -> Difference:
        """Leave out rows too young for the strategy to have promised anything about."""
        delay, young = self._delay, set(self._unsettled)
        if delay:
            until = self._now - delay // timedelta(microseconds=1)
            young |= {key for key in found.lost | found.stale if (self._timestamps[key] or 0) > until}
        if self._steps.early:  # what changed while the sync ran, the next one has to bring
            found = without(found, self._steps.changed)
        return replace(found, lost=found.lost - young, stale=found.stale - young)


def difference(sandbox: Sandbox) -> Difference:
    """Audit a stand as it is now."""
    places = tuple(sandbox.table.names.index(name) for name in sandbox.table.key)
    return audit(sandbox.source_rows(), sandbox.target_rows(), places)
