"""Scenarios are composed by `+`: the flaws of all bend one life, and prediction still equals observation."""

from __future__ import annotations

import pickle
from itertools import combinations

import pytest

from incload.assumptions import Assumption
from incload.errors import Refused
from incload.harness.trials.matrix import CORE, Choice
from incload.harness.trials.prediction import disagreement
from incload.harness.trials.runner import run_once
from incload.history.breaks import SIZES_ONLY, measure
from incload.history.synthetic.scenarios import SCENARIOS, scenario

NAMES = ("timestamp_watermark", "timestamp_watermark_inclusive", "lookback_window", "row_hash_cdc", "snapshot_diff")
PAIRS = tuple("+".join(pair) for pair in combinations([each for each in CORE if each != "clean"], 2))
THREE = ("late_arrivals+hard_deletes+future_timestamp", "null_cursor+updates_without_touch+memory_lost")
EVERY_PAIR = tuple("+".join(pair) for pair in combinations([each.id for each in SCENARIOS], 2))


def outcomes(name: str) -> list[str]:
    """Run strategies on a scenario; return what did not go as predicted, or at all."""
    found = [run_once(each) for each in Choice(NAMES, (name,), ("sqlite-sqlite",), 100).cells()]
    failed = [f"{each.strategy}: {each.reason}" for each in found if each.outcome not in {"sound", "wrong"}]
    return failed + list(filter(None, map(disagreement, found)))


@pytest.mark.parametrize("name", [*PAIRS[:4], *THREE])
def test_a_composed_scenario_is_as_predicted(name: str) -> None:
    """Verdicts and counts are those that needs and measured breaks predict."""
    assert outcomes(name) == []


@pytest.mark.slow
@pytest.mark.parametrize("name", PAIRS[4:])
def test_every_pair_of_the_core_is_as_predicted(name: str) -> None:
    """The best known flaws, two at a time."""
    assert outcomes(name) == []


def test_a_composed_scenario_breaks_what_its_parts_break() -> None:
    """Three flaws, three broken assumptions."""
    known = scenario("late_arrivals+hard_deletes+future_timestamp")

    assert measure(known.build(200, 1), known.faults).keys() - SIZES_ONLY == known.breaks
    assert known.breaks == {
        Assumption.INSERT_ONLY,
        Assumption.LAG_WITHIN,
        Assumption.NO_HARD_DELETES,
        Assumption.CURSOR_NOT_IN_FUTURE,
    }
    assert known.causes == ("C22", "C30", "C13")


def test_a_composed_scenario_goes_to_another_process() -> None:
    """It is sent by its name."""
    known = scenario("late_arrivals+hard_deletes")

    assert pickle.loads(pickle.dumps(known)).build(100, 1).digest() == known.build(100, 1).digest()  # noqa: S301 - ours


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("clean+clean", "clean\\+clean names a scenario twice"),
        ("clean+keys_pass_32_bits", "keys_pass_32_bits is no list of flaws"),
        ("watermark_truncated+watermark_rounded_up", "two faults of .* rule each other out"),
        ("memory_rolled_back+log_expired", "a fault of .* needs a sync that another one skips"),
        ("dst_fold+coarse_timestamps", "two scenarios of .* have schedules of their own"),
        ("clean+nothing", "unknown scenario 'nothing'"),
    ],
)
def test_what_cannot_be_composed_is_refused(name: str, sentence: str) -> None:
    """One sentence says which part does not go with the others."""
    with pytest.raises(Refused, match=sentence):
        scenario(name)


def test_flaws_that_leave_nothing_for_each_other_are_refused() -> None:
    """A flaw that finds no row to bend says so when the history is built."""
    with pytest.raises(Refused, match="do not follow each other in 100 rows"):
        scenario("schema_drift+memory_rolled_back").build(100, 1)


@pytest.mark.slow
def test_every_pair_can_be_built_or_is_refused() -> None:
    """No pair of scenarios fails in another way."""
    built = 0
    for name in EVERY_PAIR:
        try:
            scenario(name).build(100, 1)
            built += 1
        except Refused:
            continue

    assert built >= 600
