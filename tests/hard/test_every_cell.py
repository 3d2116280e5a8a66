"""Every strategy in every scenario, those of other loaders among them: nothing is unknown, all is as predicted."""

from __future__ import annotations

import pytest

from incload.harness.sandbox.sandbox import PAIRS, pair_name
from incload.harness.trials.matrix import Choice
from incload.harness.trials.prediction import disagreement
from incload.harness.trials.runner import run_once
from incload.history.synthetic.reading.scenarios import READING
from incload.history.synthetic.scenarios import EVERY_SCENARIO

ROWS = 100


def failures(scenario: str, pair: str) -> list[str]:
    """Run every strategy; return what did not go as predicted, or at all, or was not predicted."""
    found = [run_once(each) for each in Choice(("all",), (scenario,), (pair,), ROWS).cells()]
    failed = [f"{each.strategy}: {each.reason}" for each in found if each.outcome == "unknown"]
    silent = [each.strategy for each in found if each.outcome != "not_applicable" and not each.predicted]
    return [*failed, *silent, *filter(None, map(disagreement, found))]


@pytest.mark.slow
@pytest.mark.parametrize("scenario", [each.id for each in READING])
def test_a_scenario_of_other_loaders_is_as_predicted(scenario: str) -> None:
    """`make compare` runs the scenarios of strategies; these are compared where they are named."""
    assert failures(scenario, "sqlite-sqlite") == []


@pytest.mark.slow
@pytest.mark.hard
@pytest.mark.parametrize("pair", [pair_name(pair) for pair in PAIRS])
@pytest.mark.parametrize("scenario", [each.id for each in EVERY_SCENARIO])
def test_a_scenario_is_as_predicted_on_every_pair(scenario: str, pair: str) -> None:
    """Verdicts and counts, on each pair that needs no server."""
    assert failures(scenario, pair) == []


def test_all_names_every_strategy() -> None:
    """`all` is what an empty choice is, also beside other loaders."""
    assert Choice(("all",)).chosen_strategies() == Choice().chosen_strategies()
