"""incload's own strategies as commands: a shell runs `incload load`, and every verdict and count is the native one.

All of them take half an hour: `--hard` runs them, and the others a sample.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from incload.contenders.command import CommandContender
from incload.contenders.peers.clock import REAL, Clock, moved
from incload.contenders.peers.known import ROOT
from incload.harness.trials.matrix import Cell, contender
from incload.harness.trials.runner import run_once
from incload.history.synthetic.scenarios import SCENARIOS, Scenario, scenario
from incload.registry import strategies, strategy
from tests.effort import is_hard

if TYPE_CHECKING:
    from incload.report.outcome import Outcome

PAIRS = (("sqlite", "sqlite"), ("duckdb", "duckdb"))
KINDS = ("lost", "stale", "phantom", "duplicated")
COUNTS = (
    "outcome", *KINDS, *(f"{kind}_max" for kind in KINDS), "syncs", "wrong_syncs", "rows_ever_wrong",
    "rows_never_healed", "heal_syncs_median", "heal_syncs_max",
)  # fmt: skip
WITHOUT_FAULTS = [each for each in SCENARIOS if not each.faults]
BY_THE_CLOCK = ("clock_bounded_watermark", "gap_aware_id:minutes=32", "lookback_window_minutes_30_from_clock")
"""The strategies that ask for the present time, as a command names them.

A command starts some milliseconds after the time it is given, so that the bound of a gap must not be a whole number of
the steps of a history: 30 minutes, its default, are six.
"""
_IDS_BY_THE_CLOCK = {"clock_bounded_watermark", "gap_aware_id", "lookback_window_minutes_30_from_clock"}
PLAIN = [each for each in strategies() if not (each.asks or each.delay or each.id in _IDS_BY_THE_CLOCK)]
"""The strategies that ask nothing of the source, leave no row for later and do not go by the clock."""


def command(name: str, clock: Clock) -> CommandContender:
    """Return a strategy as a shell runs it."""
    load = (
        f"{sys.executable} -m incload load {{source}} --target {{target}} --table {{table}} --key {{key}} "
        f"--cursor {{cursor}} --cursor-unit us --strategy {name} --allow-removals --evolve"
    )
    return CommandContender("mine", load, clock=clock)


def counted(found: Outcome) -> dict[str, object]:
    """Return all that an audit counted, and why there is nothing."""
    return {name: getattr(found, name) for name in (*COUNTS, "reason")}


def differing(name: str, where: Scenario, pair: tuple[str, str], clock: Clock = REAL) -> dict[str, object]:
    """Return what differs between a strategy inside and as a command."""
    inside = counted(run_once(Cell(contender(strategy(name), guarded=False), where, pair, 100, 1)))
    outside = counted(run_once(Cell(command(name, clock), where, pair, 100, 1)))
    return {name: (inside[name], outside[name]) for name in inside if inside[name] != outside[name]}


@pytest.fixture
def history_clock() -> Clock:
    """Return what gives a command the history's time, or skip where the library for it is not installed."""
    found = next(filter(lambda each: each.library, map(moved, sorted((ROOT / ".peers").glob("*")))), moved())
    if not found.library:
        pytest.skip("libfaketime is not installed")
    return found


@pytest.mark.slow
@pytest.mark.parametrize("pair", PAIRS, ids="-".join)
@pytest.mark.parametrize("number", range(0, len(WITHOUT_FAULTS), 9))
def test_a_sample_shows_what_it_shows_inside(number: int, pair: tuple[str, str]) -> None:
    """Another strategy for each scenario of the sample; one of them in DuckDB, where loads cost more."""
    if "duckdb" in pair and number != 9 and not is_hard():
        pytest.skip("tried by make hard")

    assert differing(PLAIN[number % len(PLAIN)].id, WITHOUT_FAULTS[number], pair) == {}


@pytest.mark.slow
def test_one_that_goes_by_the_clock_shows_it_at_the_time_of_the_history(history_clock: Clock) -> None:
    """Of ids that came after half an hour it loses those that it loses inside; by the machine's clock it loses none."""
    late, name = scenario("truncate_and_reload"), BY_THE_CLOCK[1]

    assert differing(name, late, PAIRS[0], history_clock) == {}
    assert "lost" in differing(name, late, PAIRS[0])


@pytest.mark.hard
@pytest.mark.slow
@pytest.mark.parametrize("pair", PAIRS, ids="-".join)
@pytest.mark.parametrize("name", [each.id for each in PLAIN])
def test_every_strategy_shows_its_verdicts(name: str, pair: tuple[str, str]) -> None:
    """On every history in which nothing happens to the loader."""
    differ = {each.id: differing(name, each, pair) for each in WITHOUT_FAULTS}

    assert {each: found for each, found in differ.items() if found} == {}


@pytest.mark.hard
@pytest.mark.slow
@pytest.mark.parametrize("pair", PAIRS, ids="-".join)
@pytest.mark.parametrize("name", BY_THE_CLOCK)
def test_every_strategy_that_goes_by_the_clock_does(name: str, pair: tuple[str, str], history_clock: Clock) -> None:
    """On the same histories, where the command gets their time."""
    differ = {each.id: differing(name, each, pair, history_clock) for each in WITHOUT_FAULTS}

    assert {each: found for each, found in differ.items() if found} == {}
