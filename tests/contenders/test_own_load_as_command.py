"""incload's own strategies as commands: a shell runs `incload load`, and every verdict and count is the native one.

All of them take half an hour: `--hard` runs them, and the others a sample.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from incload.contenders.command import CommandContender
from incload.harness.trials.matrix import Cell, contender
from incload.harness.trials.runner import run_once
from incload.history.synthetic.scenarios import SCENARIOS, Scenario
from incload.registry import strategies
from tests.effort import is_hard

if TYPE_CHECKING:
    from incload.report.outcome import Outcome
    from incload.strategy import Strategy

PAIRS = (("sqlite", "sqlite"), ("duckdb", "duckdb"))
KINDS = ("lost", "stale", "phantom", "duplicated")
COUNTS = (
    "outcome", *KINDS, *(f"{kind}_max" for kind in KINDS), "syncs", "wrong_syncs", "rows_ever_wrong",
    "rows_never_healed", "heal_syncs_median", "heal_syncs_max",
)  # fmt: skip
WITHOUT_FAULTS = [each for each in SCENARIOS if not each.faults]
PLAIN = [each for each in strategies() if not (each.asks or each.delay or "clock" in each.id)]
"""The strategies that ask nothing of the source, leave no row for later and do not go by the clock."""


def command(strategy: Strategy) -> CommandContender:
    """Return a strategy as a shell runs it."""
    load = (
        f"{sys.executable} -m incload load {{source}} --target {{target}} --table {{table}} --key {{key}} "
        f"--cursor {{cursor}} --cursor-unit us --strategy {strategy.id} --allow-removals --evolve"
    )
    return CommandContender("mine", load)


def counted(found: Outcome) -> dict[str, object]:
    """Return all that an audit counted, and why there is nothing."""
    return {name: getattr(found, name) for name in (*COUNTS, "reason")}


def differing(strategy: Strategy, scenario: Scenario, pair: tuple[str, str]) -> dict[str, object]:
    """Return what differs between a strategy inside and as a command."""
    inside = counted(run_once(Cell(contender(strategy, guarded=False), scenario, pair, 100, 1)))
    outside = counted(run_once(Cell(command(strategy), scenario, pair, 100, 1)))
    return {name: (inside[name], outside[name]) for name in inside if inside[name] != outside[name]}


@pytest.mark.slow
@pytest.mark.parametrize("pair", PAIRS, ids="-".join)
@pytest.mark.parametrize("number", range(0, len(WITHOUT_FAULTS), 9))
def test_a_sample_shows_what_it_shows_inside(number: int, pair: tuple[str, str]) -> None:
    """Another strategy for each scenario of the sample; one of them in DuckDB, where loads cost more."""
    if "duckdb" in pair and number != 9 and not is_hard():
        pytest.skip("tried by make hard")
    strategy = PLAIN[number % len(PLAIN)]

    assert differing(strategy, WITHOUT_FAULTS[number], pair) == {}


@pytest.mark.hard
@pytest.mark.slow
@pytest.mark.parametrize("pair", PAIRS, ids="-".join)
@pytest.mark.parametrize("strategy", PLAIN, ids=lambda each: each.id)
def test_every_strategy_shows_its_verdicts(strategy: Strategy, pair: tuple[str, str]) -> None:
    """On every history in which nothing happens to the loader."""
    differ = {each.id: differing(strategy, each, pair) for each in WITHOUT_FAULTS}

    assert {name: found for name, found in differ.items() if found} == {}
