"""A trial: a sync after the base and after every tick, an audit after every sync, and only the loads are timed."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar

import pytest

from incload.auditing.audit import Difference
from incload.contenders.wild import wild
from incload.harness.load_timer import LoadClock
from incload.harness.sandbox.sandbox import PAIRS, SERVER_PAIRS, Sandbox, pair_name
from incload.harness.trials.matrix import contender
from incload.harness.trials.trial import Trial
from incload.history.faults.between_queries import ChangeDuringSync
from incload.history.faults.crash import CrashAfterRows, CrashAfterState
from incload.loading.sync import sync
from incload.registry import strategy
from incload.strategy import Delta, Everything, Need, Since, State, Strategy, WriteRule

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Lived, Row, Tried

    from incload.contenders.contender import Asked, Counters
    from incload.harness.trials.trial import Observed
    from incload.loading.connections import Connections
    from incload.loading.plan import Plan
    from incload.loading.synced import Synced
    from incload.strategy import Seen, Source

NOON = 1_767_268_800_000_000
MINUTE = 60_000_000
BASE: list[Row] = [(1, "tea", -30), (2, "ink", -10)]
SSQL = ("sqlite", "sqlite")

every_pair = pytest.mark.parametrize("pair", [*PAIRS, *SERVER_PAIRS], ids=pair_name)


def counted(observed: Observed) -> list[Counters]:
    """Return what each sync counted."""
    return [each.counters for each in observed.syncs if each.counters]


def asked(observed: Observed) -> list[Asked]:
    """Return what each sync asked for."""
    return [each.asked for each in observed.syncs if each.asked]


@every_pair
def test_what_each_sync_did(pair: tuple[str, str], lived: Lived, tried: Tried) -> None:
    """The base is loaded first, and then what each tick brought; the last tick brought nothing new."""
    history = lived(BASE, ([(3, "wax", 5)], []), ([(1, "green tea", 15), (4, "rope", 12)], []), ([], []))
    observed = tried(history, strategy("timestamp_watermark"), None, pair)

    assert [(each.read, each.written, each.removed, each.queries) for each in counted(observed)] == [
        (2, 2, 0, 1),
        (1, 1, 0, 1),
        (2, 2, 0, 1),
        (0, 0, 0, 1),
    ]
    assert [each.delta for each in asked(observed)] == [
        Delta((Everything(),)),
        Delta((Since(NOON - 10 * MINUTE),)),
        Delta((Since(NOON + 5 * MINUTE),)),
        Delta((Since(NOON + 15 * MINUTE),)),
    ]
    assert (observed.rows_at_end, observed.timeline.ever_wrong) == (4, {})


@every_pair
def test_the_state_goes_from_sync_to_sync(pair: tuple[str, str], lived: Lived, tried: Tried) -> None:
    """Each sync starts from what the one before remembered."""
    history = lived(BASE, ([(3, "wax", 5)], []), ([], []))
    observed = tried(history, strategy("timestamp_watermark"), None, pair)
    kept = [State(), State(watermark=NOON - 10 * MINUTE), State(watermark=NOON + 5 * MINUTE)]

    assert [each.before for each in asked(observed)] == kept
    assert [each.after for each in asked(observed)] == [*kept[1:], kept[-1]]


@every_pair
def test_every_sync_is_audited(pair: tuple[str, str], lived: Lived, tried: Tried) -> None:
    """What is wrong is found after the sync that left it, and again until it heals."""
    history = lived(BASE, ([(3, "wax", -20)], []), ([], []), ([(3, "red wax", 25)], []), ([], [1]))
    observed = tried(history, strategy("timestamp_watermark"), None, pair)

    assert observed.timeline.ever_wrong == {(3,): 1, (1,): 4}
    assert (observed.timeline.wrong_syncs, observed.timeline.healed_after) == (3, [2])
    assert observed.timeline.most == (1, 0, 1, 0)
    assert observed.timeline.last == Difference(phantom=frozenset({(1,)}))


def test_keys_that_leave_are_reported_to_the_timeline(lived: Lived, tried: Tried) -> None:
    """A row that leaves the source while lost never healed, although source and target agree afterwards."""
    history = lived(BASE, ([(3, "wax", -20)], []), ([], [3]), ([], []))
    observed = tried(history, strategy("timestamp_watermark"))

    assert (observed.timeline.last, observed.timeline.never_healed) == (Difference(), {(3,)})
    assert (observed.timeline.healed_after, observed.timeline.rows_never_healed) == ([], 1)


@every_pair
@pytest.mark.parametrize("rule", list(WriteRule))
def test_every_write_rule(rule: WriteRule, pair: tuple[str, str], lived: Lived, tried: Tried) -> None:
    """By every rule but append a full read is the source; append adds every row once more at every sync."""
    history = lived(BASE, ([(3, "wax", 5)], []), ([], []))
    timeline = tried(history, strategy("full_refresh"), rule, pair).timeline
    copies = {(1,): 2, (2,): 2, (3,): 1}

    assert timeline.last == (Difference(duplicated=copies) if rule is WriteRule.APPEND else Difference())
    assert timeline.wrong_syncs == (2 if rule is WriteRule.APPEND else 0)


def test_the_strategy_has_a_rule_of_its_own(lived: Lived, tried: Tried) -> None:
    """Without a write rule the strategy's own is in force."""
    history = lived(BASE, ([], [1]))
    observed = tried(history, strategy("full_refresh"))

    assert (observed.timeline.last, counted(observed)[1].removed) == (Difference(), 2)


def test_the_state_is_measured(lived: Lived, tried: Tried) -> None:
    """The largest size of the state counts: its text, and for each digest eight bytes and eight for its key."""
    history = lived(BASE, ([(3, "wax", 5), (4, "rope", 6)], []), ([], [1, 2, 3]))
    observed = tried(history, strategy("row_hash_cdc"))
    small = tried(lived(BASE, ([], [1, 2])), strategy("row_hash_cdc"))

    assert observed.state_bytes - small.state_bytes == 2 * 16
    assert tried(history, strategy("full_refresh")).state_bytes == 0


def test_rows_left_for_a_later_sync_are_counted_and_not_wrong(lived: Lived, tried: Tried) -> None:
    """What is younger than the strategy's delay at the last sync is waiting; another strategy has nothing waiting."""
    history = lived(BASE, ([(3, "wax", 5), (4, "rope", 6)], []))
    observed = tried(history, strategy("settling_delay"))

    assert (observed.waiting, observed.timeline.last) == (2, Difference())
    assert tried(history, strategy("timestamp_watermark")).waiting == 0


def test_a_crash_between_two_commits_runs_the_loader_once_more(lived: Lived, tried: Tried) -> None:
    """Rows that were committed before their state are read twice, and by append they stand there twice."""
    history = lived(BASE, ([(3, "wax", 5)], []), ([(4, "rope", 15)], []))
    observed = tried(
        history, strategy("timestamp_watermark"), WriteRule.APPEND, faults=(CrashAfterRows(1), CrashAfterState(2))
    )

    assert observed.timeline.last == Difference(lost=frozenset({(4,)}), duplicated={(3,): 1})
    assert len(counted(observed)) == 3


def test_rows_at_the_end(lived: Lived, tried: Tried) -> None:
    """The rows of the source are counted at the end, whatever the target has."""
    history = lived(BASE, ([(3, "wax", 5)], [1, 2]))

    assert tried(history, strategy("timestamp_watermark")).rows_at_end == 1


def test_a_history_without_ticks(lived: Lived, tried: Tried) -> None:
    """The base alone is one sync."""
    observed = tried(lived(BASE), strategy("timestamp_watermark"))

    assert (len(observed.syncs), observed.timeline.wrong_syncs, observed.rows_at_end) == (1, 0, 2)


def test_ticks_may_be_made_one_by_one(lived: Lived, tried: Tried) -> None:
    """Ticks that are made as they are asked for are applied one after the other, each before its sync."""
    history = lived(BASE, ([(3, "wax", 5)], []), ([(4, "rope", 15)], []))
    observed = tried(replace(history, ticks=iter(history.ticks)), strategy("timestamp_watermark"))

    assert [each.written for each in counted(observed)] == [2, 1, 1]


def test_ticks_that_happen_while_one_sync_runs_are_followed_in_their_order(lived: Lived, tmp_path: Path) -> None:
    """Each has its own sync afterwards, the first one first."""
    history = lived(BASE, ([(3, "wax", 5)], []), ([(4, "rope", 15)], []), ([(5, "salt", 25)], []))
    (who,) = wild()["rows_before_state"]
    during = ChangeDuringSync(0), ChangeDuringSync(0)
    observed = Trial(history, who, SSQL, during).run(tmp_path, LoadClock())

    assert (observed.ticks, observed.rows_at_end) == ([0, 1, 2, 3], 5)


def test_a_tick_with_many_deletes(lived: Lived, tried: Tried) -> None:
    """A whole table may disappear and come back."""
    history = lived(BASE, ([], [1, 2]), ([(1, "tea", 15), (2, "ink", 16)], []))
    observed = tried(history, strategy("timestamp_watermark"))

    assert observed.timeline.most == (0, 0, 2, 0)
    assert (observed.timeline.last, observed.timeline.healed_after) == (Difference(), [1, 1])


@dataclass(frozen=True)
class Watchful(Strategy):
    """Reads everything and notes what the source's clock shows."""

    name: ClassVar[str] = "watchful"
    shown: ClassVar[list[float]] = []

    @property
    def needs(self) -> frozenset[Need]:
        """Nothing."""
        return frozenset()

    def read(self, source: Source, state: State) -> Delta:  # noqa: ARG002 - it never looks
        """Note the time."""
        self.shown.append(source.now())
        return Delta((source.everything(),))

    def remember(self, seen: Seen, state: State) -> State:  # noqa: ARG002 - it keeps nothing
        """Keep nothing."""
        return state


@every_pair
def test_the_clock_of_the_source_is_that_of_the_history(pair: tuple[str, str], lived: Lived, tried: Tried) -> None:
    """A strategy that asks for the time is reported that of the history, which stands still between ticks."""
    Watchful.shown.clear()
    tried(lived(BASE, ([], []), ([], [])), Watchful(), None, pair)

    assert Watchful.shown == [NOON, NOON + 10 * MINUTE, NOON + 20 * MINUTE]


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Return a machine's clock that moves only when a test lets it, by 100 for a tick and 10,000 for an audit."""
    now = [0.0]
    monkeypatch.setattr("incload.harness.load_timer.time.perf_counter", lambda: now[0])
    apply, rows = Sandbox.apply, Sandbox.source_rows

    def slow_apply(self: Sandbox, *tick: object) -> None:
        now[0] += 100
        apply(self, *tick)  # type: ignore[arg-type]  # handed on as it came

    def slow_rows(self: Sandbox) -> object:
        now[0] += 10_000
        return rows(self)

    monkeypatch.setattr(Sandbox, "apply", slow_apply)
    monkeypatch.setattr(Sandbox, "source_rows", slow_rows)
    return now


def test_only_loads_are_timed(lived: Lived, machine: list[float], tmp_path: Path) -> None:
    """Neither the life of the source nor the audit runs the clock: three loads of two seconds are six seconds."""
    clock = LoadClock()
    readings: list[float] = []

    def loader(connections: Connections, plan: Plan) -> Synced:
        readings.append(clock.read())
        machine[0] += 2
        return sync(connections, plan)

    history = lived(BASE, ([(3, "wax", 5)], []), ([], []))
    who = replace(contender(strategy("timestamp_watermark")), loader=loader)
    observed = Trial(history, who, SSQL).run(tmp_path, clock)

    assert (clock.read(), readings) == (6.0, [0.0, 2.0, 4.0])
    assert (machine[0] >= 30_206, len(observed.syncs)) == (True, 3)


def test_the_loader_gets_the_plan(lived: Lived, tmp_path: Path) -> None:
    """The loader gets table, key, cursor, strategy and rule, and that timestamps count microseconds."""
    plans: list[Plan] = []

    def loader(connections: Connections, plan: Plan) -> Synced:
        plans.append(plan)
        return sync(connections, plan)

    mirror = replace(contender(strategy("full_refresh"), WriteRule.MIRROR), loader=loader)
    Trial(lived(BASE), mirror, SSQL).run(tmp_path, LoadClock())

    assert [(plan.name, plan.key, plan.cursor, plan.strategy.id, plan.rule) for plan in plans] == [
        ("parcels", ("id",), "modified_at", "full_refresh", WriteRule.MIRROR)
    ]
    assert plans[0].cursor_per_second == 1_000_000


def test_an_error_goes_on_and_closes_the_stand(lived: Lived, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a load raises ends the trial, and no file stays open."""
    closed: list[Sandbox] = []
    close = Sandbox.close
    monkeypatch.setattr(Sandbox, "close", lambda self: (closed.append(self), close(self)))

    def loader(connections: Connections, plan: Plan) -> Synced:
        raise ArithmeticError(connections.table, plan.name)

    with pytest.raises(ArithmeticError):
        Trial(lived(BASE), replace(contender(strategy("full_refresh")), loader=loader), SSQL).run(tmp_path, LoadClock())

    assert len(closed) == 1
