"""One contender on its way through a history beside others: its own copy, its own state, its own audit.

The audit after each sync looks at the rows that can have become right or wrong: those that changed in the source, those
that the sync wrote or deleted, and those that were too young to be judged before. It reads them in the target and
compares them with the history itself. Every hundredth sync, and after the last, the independent audit
(incload.auditing.audit) reads both tables whole; the two must agree, or the replay ends there.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Literal

from incload.contenders.contender import Counters, SyncRequest
from incload.errors import Refused
from incload.harness.load_timer import LoadClock
from incload.harness.replays.copies import copies
from incload.harness.replays.stale_values import stale_fields
from incload.harness.trials.error_timeline import ErrorTimeline
from incload.harness.trials.trial import EPOCH, difference

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from incload.auditing.audit import Difference, Key, Row
    from incload.contenders.contender import Contender, SyncResult
    from incload.harness.sandbox.sandbox import Sandbox
    from incload.history.lag import Sync, Version

FULL_AUDIT_EVERY = 100
"""After how many syncs both tables are read whole."""

_MICROSECOND = timedelta(microseconds=1)
_NOWHERE = Path()

State = Literal["lost", "stale", "phantom"]


class AuditsDisagree(AssertionError):  # noqa: N818 - it says what happened, and should not be caught
    """Two audits of one copy found different rows wrong: neither can be believed, and the harness has a fault."""


@dataclass(slots=True)
class Costs:
    """What the syncs of one contender cost: sums, and the largest size of its state; None for what is not known."""

    rows_read: int | None = 0
    rows_written: int | None = 0
    rows_removed: int | None = 0
    queries: int | None = 0
    state_bytes: int | None = None

    def pay(self, counters: Counters) -> None:
        """Add what one sync counted."""
        self.rows_read = _sum(self.rows_read, counters.read)
        self.rows_written = _sum(self.rows_written, counters.written)
        self.rows_removed = _sum(self.rows_removed, counters.removed)
        self.queries = _sum(self.queries, counters.queries)


@dataclass(frozen=True, slots=True)
class Followed:
    """How one contender followed a history; it can be handed to another process.

    Attributes:
        contender: Which.
        pair: The engines, source first.
        costs: What its syncs cost.
        timeline: Which rows were lost or stale, and for how long.
        phantom_most: The largest number of phantoms after any sync.
        final: What the independent audit found after the last sync; None when it did not come so far.
        failure: What it raised; empty when nothing.
        refused: Whether that was a refusal before anything was loaded.
        waiting: How many rows it has left lost or stale for a later sync, as a strategy does with young rows.
        load_seconds: Seconds spent in loads alone.
        stale_fields: In which fields the rows differ that are stale at the end (incload.harness.replays.stale_values).
    """

    contender: Contender
    pair: tuple[str, str]
    costs: Costs
    timeline: ErrorTimeline
    phantom_most: int
    final: Difference | None
    failure: str
    refused: bool
    waiting: int
    load_seconds: float
    stale_fields: str = ""


@dataclass(slots=True)
class Follower:
    """One contender under way.

    Attributes:
        contender: Which.
        sandbox: Where it loads; the source may be shared with others.
        pair: The engines, source first.
        clock: Runs while it loads.
        costs: What its syncs cost.
        timeline: Which rows were lost or stale, and for how long.
        last: What the latest sync did.
        fresh: The rows that it left lost or stale and that were neither before.
    """

    contender: Contender
    sandbox: Sandbox
    pair: tuple[str, str]
    clock: LoadClock = field(default_factory=LoadClock)
    costs: Costs = field(default_factory=Costs)
    timeline: ErrorTimeline = field(default_factory=ErrorTimeline)
    last: SyncResult | None = None
    fresh: list[Key] = field(default_factory=list)
    _failure: str = ""
    _refused: bool = False
    _phantom_most: int = 0
    _state: dict[Key, State] = field(default_factory=dict)
    _young: set[Key] = field(default_factory=set)
    _phantoms: int = 0
    _syncs: int = 0
    _now: int = 0
    _rows: Mapping[Key, Version] = field(default_factory=dict)
    _at_work: Contender | None = None
    _delay: int = 0

    def __post_init__(self) -> None:
        """Note for how long rows are too young to have been promised as right."""
        claims = self.contender.claims
        self._delay = claims.delay // _MICROSECOND if claims else 0

    def sync(self, sync: Sync) -> None:
        """Load what a sync finds and audit the copy; an error ends this follower and no other."""
        if self._failure:
            self.fresh = []
            return
        self._now, self._syncs, self._rows, self.fresh = sync.clock, sync.number + 1, sync.rows, []
        request = self._request(sync)
        try:
            self._at_work = self._at_work or self.contender.within(self.sandbox.connections)
            started = perf_counter()
            try:
                self.last = self._at_work.sync(request)
            finally:
                self.clock.advance(perf_counter() - started)
        except Exception as error:  # noqa: BLE001 - an error is shown in the report, never a pass and never a blank
            self._failure = " ".join((str(error) if isinstance(error, Refused) else repr(error)).split())
            self._refused = isinstance(error, Refused) and sync.number == 0
            return
        if self.sandbox.watch:
            self.clock.advance(-self.sandbox.watch.seconds)  # to be watched is no part of a load
        self._pay(request, self._at_work, self.last)
        self._judge(sync)
        if sync.number % FULL_AUDIT_EVERY == 0:
            self.full_audit()

    def close(self) -> Followed:
        """Read both tables whole once more, close the books, and return them."""
        final = None if self._failure else self.full_audit()
        self.timeline.close(self._syncs)
        return Followed(
            contender=self.contender,
            pair=self.pair,
            costs=self.costs,
            timeline=self.timeline,
            phantom_most=self._phantom_most,
            final=final,
            failure=self._failure,
            refused=self._refused,
            waiting=len(self._young),
            load_seconds=self.clock.read(),
            stale_fields="" if self._failure else self._stale_fields(),
        )

    def _stale_fields(self) -> str:
        stale = [key for key, state in self._state.items() if state == "stale"]
        copies = self._copies(stale) if stale else {}
        return stale_fields(self.sandbox.table.names, [(self._rows[key].content, copies[key][0]) for key in stale])

    def full_audit(self) -> Difference:
        """Let the independent audit compare the whole tables; raise `AuditsDisagree` if it finds other errors."""
        found = difference(self.sandbox)
        here: dict[State, frozenset[Key]] = {"lost": found.lost, "stale": found.stale, "phantom": found.phantom}
        for state, keys in here.items():
            known = {key for key, each in self._state.items() if each == state}
            if known != keys:
                key = min(known ^ keys, key=repr)
                raise AuditsDisagree(
                    f"{self.contender.id}, sync {self._syncs - 1}: the audit of both tables finds {len(keys)} rows "
                    f"{state}, and the audit of what changed {len(known)}; one of those that differ is {key!r}"
                )
        return found

    def _request(self, sync: Sync) -> SyncRequest:
        sandbox = self.sandbox
        return SyncRequest(
            source_url=sandbox.source_url,
            target_url=sandbox.target_url,
            table=sandbox.table.name,
            key=sandbox.table.key,
            cursor=sandbox.table.cursor,
            state_dir=_NOWHERE,
            now=EPOCH + timedelta(microseconds=sync.clock),
            number=sync.number,
        )

    def _pay(self, request: SyncRequest, at_work: Contender, result: SyncResult) -> None:
        self.costs.pay(result.counters or Counters())
        self.costs.state_bytes = result.largest_state(
            self.costs.state_bytes, lambda: at_work.state(request).size() if at_work.capabilities.state else None
        )

    def _judge(self, sync: Sync) -> None:
        """Find out which of the rows that can have changed are right, and enter that."""
        changed = {change.key for change in sync.changes}
        touched = self.sandbox.watch.touched if self.sandbox.watch else None
        if touched is None:
            copies = self._copies(None)
            judged: Iterable[Key] = {**sync.rows, **copies, **self._state}
        else:
            judged = changed | touched | self._young
            copies = self._copies(list(judged))
        for key in judged:
            state = _state(sync.rows.get(key), copies.get(key))
            if state or key in self._state:
                self._set(key, state)
        self._phantom_most = max(self._phantom_most, self._phantoms)
        self._enter(sync, judged)

    def _enter(self, sync: Sync, judged: Iterable[Key]) -> None:
        """Enter rows of the source into the timeline, those too young to have been promised as right."""
        delay, timeline = self._delay, self.timeline
        entered: dict[Key, Literal["lost", "stale"] | None] = {}
        for key in judged:
            row, state = sync.rows.get(key), self._state.get(key)
            if state is None and key not in timeline.wrong and key not in timeline.gone and key not in self._young:
                continue  # a row that is right, and was
            self._young.discard(key)
            if row is None:
                continue
            entered[key] = None if state == "phantom" else state
            if delay and state and row.cursor is not None and row.cursor > sync.clock - delay:
                self._young.add(key)
                entered[key] = None
        self.fresh = timeline.enter(sync.number, entered, [change.key for change in sync.changes if change.new is None])

    def _copies(self, keys: list[Key] | None) -> dict[Key, list[Row]]:
        return copies(self.sandbox.connections.target, self.sandbox.table, keys)

    def _set(self, key: Key, state: State | None) -> None:
        before = self._state.pop(key, None)
        if state is before is None:
            return
        if state is not None:
            self._state[key] = state
        self._phantoms += (state == "phantom") - (before == "phantom")


def _sum(total: int | None, more: int | None) -> int | None:
    return None if total is None or more is None else total + more


def _state(row: Version | None, copies: list[Row] | None) -> State | None:
    """Return what is wrong with a row, given what it is in the source and all its copies."""
    if row is None:
        return "phantom" if copies else None
    if not copies:
        return "lost"
    for copy in copies:
        if not _same(row.content, copy):
            return "stale"
    return None


def _same(one: Row, other: Row) -> bool:
    """Compare two rows, types included: to Python 1, 1.0 and True are equal, but not here."""
    return one == other and list(map(type, one)) == list(map(type, other))
