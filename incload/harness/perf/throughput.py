"""Cost at scale: who loads what, in which state of the databases, on one pair of engines.

A contender passes through three states: nothing loaded; everything loaded; everything loaded and 2 % of it changed. The
databases of each state are made once and copied before every round, so that a round times one load and nothing else.
What a source keeps for a strategy - a log, a number in every row - does not survive copying everywhere: a strategy that
asks for such has a source of its own, which is changed in place when all have loaded its first state. A server's
own log also holds what is written into targets on the same server, which `log_cdc` then reads through.
The reference copy is a contender like the others, and what it takes is the measure of theirs; see `race`.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from statistics import median
from typing import TYPE_CHECKING, Literal

from incload.auditing.audit import Difference, audit
from incload.contenders.contender import SyncRequest
from incload.engines.abilities.trials import databases
from incload.engines.endpoints import locate, path_of
from incload.engines.registry import fixture, session_type
from incload.harness.sandbox.environment import environment
from incload.harness.trials.error_timeline import counts
from incload.history.synthetic.datasets import CURSOR, KEY_STEP, ORDERS_NARROW, STARTED, blocks
from incload.history.synthetic.datasets import rows as dataset_rows
from incload.loading import capture
from incload.loading.opening import unable
from incload.report.outcome import Outcome

if TYPE_CHECKING:
    from pathlib import Path

    import pyarrow as pa

    from incload.contenders.contender import Contender
    from incload.engines.abilities.database_store import DatabaseStore
    from incload.engines.endpoint import Endpoint
    from incload.engines.session import Place
    from incload.strategy import Capability

Phase = Literal["initial_load", "change_2_percent", "no_change"]
PHASES: tuple[Phase, ...] = ("initial_load", "change_2_percent", "no_change")
MEANINGS = {
    "initial_load": "Everything is loaded into a target that does not exist yet.",
    "change_2_percent": "One row in a hundred was updated and one in a hundred is new since the load before.",
    "no_change": "Nothing changed since the load before.",
}
CHANGED_EVERY = 100
"""One row of so many is updated, and for so many rows one is added."""


def files(request: SyncRequest) -> tuple[Path, Path]:
    """Return the files of both ends, for a contender that opens them itself."""
    source, target = path_of(locate(request.source_url)), path_of(locate(request.target_url))
    assert source and target  # noqa: S101, PT018 - the caller has a pair of files
    return source, target


def can_run(pair: tuple[str, str], who: Contender) -> bool:
    """Return whether the source's engine has what a contender asks for."""
    asked = who.capabilities.asks
    return not (asked and session_type(pair[0]).cannot(asked))


def require_capability(pair: tuple[str, str], who: Contender) -> None:
    """Refuse a contender that cannot run, and say why."""
    asked = who.capabilities.asks
    if asked and (why := session_type(pair[0]).cannot(asked)):
        raise unable(who.id, why)


@dataclass(frozen=True, slots=True)
class Times:
    """What one contender did in a race.

    Attributes:
        seconds: How long each of its rounds took, from opening both ends to closing them.
        found: What the audit found in the target that its last round left.
    """

    seconds: list[float]
    found: Difference


@dataclass(slots=True)
class Workspace:
    """The databases of one pair of engines: two states of the source, and for every contender its states of the target.

    Attributes:
        pair: The engines.
        rows: How many rows the source has at first.
        seed: What they are drawn from.
        sources, targets: Where the databases of each engine are kept.
        folder: For whatever contenders keep outside of the target.
        kept: What sources of their own keep for strategies that ask, and whether those are changed yet.
        cursors: The column by which each of them is followed.
    """

    pair: tuple[str, str]
    rows: int
    seed: int
    sources: DatabaseStore
    targets: DatabaseStore
    folder: Path
    kept: dict[Capability, bool] = field(default_factory=dict)
    cursors: dict[Capability, str] = field(default_factory=dict)

    def source(self, phase: Phase, who: Contender | None = None) -> Endpoint:
        """Return a contender's source in a phase, made when it is first asked for."""
        return self.sources.end(self._source(phase, who))

    def _source(self, phase: Phase, who: Contender | None) -> str:
        """Return the name of a source."""
        asked = who.capabilities.asks if who else None
        return self._keeping(phase, asked) if asked else self._plain(phase)

    def _keeping(self, phase: Phase, asked: Capability) -> str:
        """Return the name of the source that keeps what is asked for, brought to a phase; there is no way back."""
        name, is_changed = f"source-{asked.name.lower()}", phase != "initial_load"
        if asked not in self.kept or self.kept[asked] > is_changed:
            self._let_go(asked)
            self.sources.copy(name, self._plain("initial_load"))
            kept = capture.install(self.sources.end(name), ORDERS_NARROW.id, asked, ORDERS_NARROW.table.key)
            self.cursors[asked] = kept.cursor or CURSOR
            self.kept[asked] = False
        if is_changed and not self.kept[asked]:
            self._apply(name, changed_rows(self.rows, self.seed))
            self.kept[asked] = True
        return name

    def _let_go(self, asked: Capability) -> None:
        """Drop what a server would otherwise keep permanently."""
        if self.kept.pop(asked, None) is not None:
            capture.remove(self.sources.end(f"source-{asked.name.lower()}"), ORDERS_NARROW.id, asked)

    def _plain(self, phase: Phase) -> str:
        """Return the name of the source that keeps nothing."""
        base, name = "source-base", "source-base" if phase == "initial_load" else "source-changed"
        if not self.sources.holds(name):
            if name == base:
                self._make_base(base)
            else:
                self._plain("initial_load")
                self.sources.copy(name, base)
                self._apply(name, changed_rows(self.rows, self.seed))
        return name

    def stage(self, who: Contender, phase: Phase) -> SyncRequest:
        """Put a contender's databases into the state in which a phase starts; return what it is to be asked."""
        self.targets.clear("target")
        if phase != "initial_load" and not who.capabilities.rebuilds:
            self.targets.copy("target", self._reached(who, phase))
        return self._request(who, phase, "target")

    def _request(self, who: Contender, phase: Phase, target: str) -> SyncRequest:
        """Return the request to load the source of a phase into a target."""
        asked, source = who.capabilities.asks, self._source(phase, who)
        return SyncRequest(
            source_url=self.sources.url(source),
            target_url=self.targets.url(target),
            table=ORDERS_NARROW.id,
            key=("id",),
            cursor=self.cursors.get(asked, CURSOR) if asked else CURSOR,
            state_dir=self.folder,
            now=None,
            number=PHASES.index(phase),
        )

    def _reached(self, who: Contender, phase: Phase) -> str:
        """Return the name of a target that has passed the phases before, loading them now if that was not done yet."""
        before = PHASES[PHASES.index(phase) - 1]
        name = f"{who.id}-after-{before}"
        if not self.targets.holds(name):
            if before != "initial_load":
                self.targets.copy(name, self._reached(who, before))
            who.sync(self._request(who, before, name))
        return name

    def keep(self, who: Contender, phase: Phase) -> None:
        """Keep the target that a phase has just left, so that the next phase need not load it again."""
        name = f"{who.id}-after-{phase}"
        if phase != PHASES[-1] and not who.capabilities.rebuilds and not self.targets.holds(name):
            self.targets.copy(name, "target")

    def _make_base(self, name: str) -> None:
        import pyarrow as pa

        session = self.sources.open(name)
        place: Place = "target"
        table = ORDERS_NARROW.table
        tables = fixture(session)
        tables.settle(place, table)
        for batch in blocks(ORDERS_NARROW, self.rows, self.seed):
            tables.put(place, table, pa.Table.from_batches([batch]))
        tables.index(place, table)
        session.close()

    def _apply(self, name: str, rows: pa.Table) -> None:
        session = self.sources.open(name)
        fixture(session).put("target", ORDERS_NARROW.table, rows)
        session.close()

    def difference(self, phase: Phase, who: Contender | None = None) -> Difference:
        """Audit the target that a phase has left against the phase's source, in the columns of the dataset."""
        sessions = [self.sources.open(self._source(phase, who)), self.targets.open("target")]
        try:
            sides = []
            for session in sessions:
                found = session.columns("target", ORDERS_NARROW.id) or ORDERS_NARROW.table.columns
                columns = tuple(column for column in found if column.name in ORDERS_NARROW.table.names)
                sides.append(fixture(session).ordered("target", replace(ORDERS_NARROW.table, columns=columns)))
            return audit(sides[0], sides[1], (0,))
        finally:
            for session in sessions:
                session.close()

    def close(self) -> None:
        """Leave nothing on a server."""
        for asked in tuple(self.kept):
            self._let_go(asked)
        self.sources.close()
        self.targets.close()


def workspace(pair: tuple[str, str], rows: int, seed: int, folder: Path) -> Workspace:
    """Return an empty workspace."""
    return Workspace(pair, rows, seed, databases(pair[0]).store(folder), databases(pair[1]).store(folder), folder)


def changed_rows(rows: int, seed: int) -> pa.Table:
    """Return the 2 % that changes: every hundredth row with a new amount and timestamp, and as many new rows."""
    import pyarrow as pa

    made = dataset_rows(ORDERS_NARROW, rows, -(-rows // CHANGED_EVERY), seed)
    count = made.num_rows
    old = pa.array([position * CHANGED_EVERY * KEY_STEP + KEY_STEP for position in range(count)])
    timestamps = [
        pa.array(range(STARTED + first, STARTED + first + count)).cast(pa.timestamp("us")) for first in (0, count)
    ]
    place = made.column_names.index(CURSOR)
    updates = made.set_column(0, "id", old).set_column(place, CURSOR, timestamps[0])
    return pa.concat_tables([updates, made.set_column(place, CURSOR, timestamps[1])])


@dataclass(frozen=True, slots=True)
class Timing:
    """In which run a contender was timed.

    Attributes:
        suite: The benchmark suite.
        reference: The seconds of the fastest reference copy of the run.
        command: What reproduces the run.
    """

    suite: str
    reference: float
    command: str


def outcome(workspace: Workspace, who: Contender, phase: Phase, times: Times, setting: Timing) -> Outcome:
    """Turn the rounds of one contender in one phase into its record, beside the fastest reference copy."""
    seconds, found = times.seconds, times.found
    lost, stale, phantom, duplicated = counts(found) if seconds else (None,) * 4
    fastest = min(seconds, default=None)
    rows = workspace.rows if phase == "initial_load" else workspace.rows + -(-workspace.rows // CHANGED_EVERY)
    return Outcome(
        suite=setting.suite,
        strategy=who.id,
        write_rule=who.write_rule,
        scenario=phase,
        meaning=MEANINGS[phase],
        source_engine=workspace.pair[0],
        target_engine=workspace.pair[1],
        rows=workspace.rows,
        seed=workspace.seed,
        history_digest="",
        outcome="wrong" if found.wrong else "sound",
        lost=lost,
        stale=stale,
        phantom=phantom,
        duplicated=duplicated,
        syncs=1 if seconds else None,
        load_seconds_min=fastest,
        load_seconds_median=median(seconds) if seconds else None,
        rounds=len(seconds) or None,
        table_rows_per_second=rows / fastest if fastest else None,
        times_reference=fastest / setting.reference if fastest else None,
        environment=environment(workspace.pair),
        command=setting.command,
    )
