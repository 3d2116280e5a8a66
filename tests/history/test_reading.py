"""Every scenario of other loaders breaks what it is there for, and strategies are what was predicted of them there."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from incload.assumptions import OF_READING, Assumption
from incload.harness.falsify.tiny_history import Beat, Life
from incload.harness.trials.matrix import Choice
from incload.harness.trials.prediction import disagreement
from incload.harness.trials.runner import run_once
from incload.history.breaks import SIZES_ONLY, measure
from incload.history.reading import measure_reading
from incload.history.synthetic.reading.scenarios import READING

if TYPE_CHECKING:
    from incload.history.synthetic.scenario import Scenario

MINUTE = 60_000_000
OWN = {
    "batch_timestamps": Assumption.NO_TIES,
    "ties_alone": Assumption.WATERMARK_MOVES,
    "same_second": Assumption.STATE_EXACT,
    "hour_gains_a_digit": Assumption.TEXT_IN_ORDER,
    "keys_pass_32_bits": Assumption.KEYS_IN_32_BITS,
    "starts_empty": Assumption.SOURCE_NOT_EMPTY,
    "replica_lags": Assumption.VISIBLE_AT_ONCE,
    "text_moves_between_columns": Assumption.HASHES_DIFFER,
    "null_becomes_empty": Assumption.NULLS_DIFFER,
    "clock_stepped_back": Assumption.LAG_WITHIN,
    "leap_second": Assumption.LAG_WITHIN,
    "changes_during_sync": Assumption.ONE_SNAPSHOT,
    "deleted_during_sync": Assumption.NO_DELETE_DURING_SYNC,
    "dies_between_steps": Assumption.RUN_COMPLETES,
    "two_runs_at_once": Assumption.ONE_WRITER,
    "loader_clock_fast": Assumption.CLOCKS_AGREE,
    "loader_in_local_zone": Assumption.UTC_SESSION,
}
SOMETIMES = {Assumption.WHOLE_SECONDS, Assumption.PERIOD_CURRENT, Assumption.PERIOD_CLOSED, Assumption.VISIBLE_AT_ONCE}
"""What schedules and timestamps break by the way; it is measured where it matters."""
every_scenario = pytest.mark.parametrize("known", READING, ids=lambda known: known.id)


@every_scenario
@pytest.mark.parametrize("seed", [1, 8])
def test_a_scenario_breaks_what_it_says(known: Scenario, seed: int) -> None:
    """What strategies need is broken as declared; of what other loaders need, the one thing it is there for."""
    history = known.build(200, seed)
    broken = measure(history, known.faults).keys() - SIZES_ONLY
    everything = broken | measure_reading(history, known.faults).keys()

    assert broken == known.breaks
    assert OWN[known.id] in everything
    assert everything & OF_READING <= SOMETIMES | {OWN[known.id]} | (known.breaks & OF_READING)


@every_scenario
def test_strategies_are_as_predicted(known: Scenario) -> None:
    """Among them those that a tie, a late row or a silent update harms; nothing else here does any harm."""
    names = ("timestamp_watermark", "timestamp_watermark_inclusive", "lookback_window", "snapshot_diff")
    cells = Choice(names, (known.id,), ("sqlite-sqlite",), 100).cells()
    found = [run_once(each) for each in cells]

    assert [each.outcome for each in found if each.outcome not in {"sound", "wrong"}] == []
    assert list(filter(None, map(disagreement, found))) == []


PLANTED = {
    "NO_TIES": Life(((1, 0, 0),), (Beat(MINUTE, ((2, 1, 5), (3, 1, 5))),)),
    "WATERMARK_MOVES": Life(((1, 0, 0),), (Beat(MINUTE, ((2, 1, 0),)),)),
    "STATE_EXACT": Life(((1, 0, 0),), (Beat(MINUTE, ((2, 1, 999_999),)),)),
    "TEXT_IN_ORDER": Life(((1, 0, -3 * 60 * MINUTE),), (Beat(MINUTE, ((2, 1, -2 * 60 * MINUTE),)),)),
    "VISIBLE_AT_ONCE": Life(((1, 0, -1),), (Beat(MINUTE, ((2, 1, 0),)),)),
    "PERIOD_CLOSED": Life(((1, 0, -1),), (Beat(MINUTE, ((2, 1, -2),)),)),
    "PERIOD_CURRENT": Life(((1, 0, 0),), (Beat(6 * MINUTE, ((2, 1, 5 * MINUTE),)),)),
    "KEYS_IN_32_BITS": Life(((1 << 32, 0, 0),), ()),
    "SOURCE_NOT_EMPTY": Life((), (Beat(MINUTE, ((1, 1, MINUTE),)),)),
    "WHOLE_SECONDS": Life(((1, 0, 1),), ()),
}
"""For each assumption the smallest life that breaks it; the timestamps are microseconds after noon."""


@pytest.mark.parametrize("name", PLANTED)
def test_a_planted_break_is_found(name: str) -> None:
    """It is found in its life."""
    assert Assumption[name] in measure_reading(PLANTED[name].history())


def test_a_clean_life_breaks_none_of_it() -> None:
    """Whole seconds, one row a sync, each in the period of its sync."""
    beats = tuple(Beat(5 * MINUTE * at, ((at, 0, 5 * MINUTE * at - 2_000_000),)) for at in (1, 2, 3))
    history = Life(((9, 0, 0),), beats).history()

    assert measure_reading(history) == {}
    assert measure_reading(replace(history, base=history.base.slice(0, 0))).keys() == {Assumption.SOURCE_NOT_EMPTY}
