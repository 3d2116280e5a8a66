"""Every two scenarios that can be composed, in rows of several flaws: what is predicted is what is seen."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from incload.assumptions import unmet
from incload.contenders.wild import loaders
from incload.harness.trials.matrix import Choice
from incload.harness.trials.prediction import disagreement
from incload.harness.trials.runner import run_once
from incload.history.synthetic.scenarios import EVERY_SCENARIO
from incload.report.foreign.breaks import parsed_breaks
from tests.hard.covering import MOST, ROWS, SEED, composable, on_file, pairs

if TYPE_CHECKING:
    from incload.contenders.wild import WildContender
    from incload.report.outcome import Outcome

PAIR = ("sqlite-sqlite",)
KNOWN = on_file()
ALONE = "keys_pass_32_bits"
"""The one scenario that is no list of flaws."""
QUICK = KNOWN[:: len(KNOWN) // 3]
"""Rows that every run of the tests tries, with some strategies."""
NAMES = ("timestamp_watermark", "lookback_window", "composite_watermark", "row_hash_cdc", "snapshot_diff")


def failures(name: str, strategies: tuple[str, ...] = ()) -> list[str]:
    """Run strategies on a composed scenario; return what did not go as predicted, or at all."""
    found = [run_once(each) for each in Choice(strategies, (name,), PAIR, ROWS, SEED).cells()]
    failed = [f"{each.strategy}: {each.reason}" for each in found if each.outcome == "unknown"]
    return failed + list(filter(None, map(disagreement, found)))


def test_the_rows_name_every_scenario() -> None:
    """None is left out that can be composed, and no row has more flaws than one may have."""
    named = [row.split("+") for row in KNOWN]

    assert {each.id for each in EVERY_SCENARIO} - {name for row in named for name in row} == {ALONE}
    assert [row for row in named if not 2 <= len(set(row)) <= MOST] == []


@pytest.mark.parametrize("name", QUICK)
def test_some_rows_are_as_predicted(name: str) -> None:
    """Verdicts and counts of the usual strategies are those that the model has."""
    assert failures(name, NAMES) == []


@pytest.mark.slow
@pytest.mark.hard
def test_every_two_that_can_be_composed_stand_in_a_row() -> None:
    """A pair that is missing cannot be composed in any order; there are many of the others."""
    covered = {pair for row in KNOWN for pair in pairs(tuple(row.split("+")))}

    assert len(covered) > 1_000
    assert composable().keys() - covered == set()


@pytest.mark.slow
@pytest.mark.hard
@pytest.mark.parametrize("name", KNOWN)
def test_a_row_is_as_predicted(name: str) -> None:
    """Verdicts and counts of all strategies are those that the model has, and no cell is unknown."""
    assert failures(name) == []


@pytest.mark.slow
@pytest.mark.hard
@pytest.mark.parametrize("name", KNOWN)
def test_a_row_is_what_loaders_need(name: str) -> None:
    """A loader of `bench/wild` is wrong only where a row breaks what it says that it needs; a flaw may hide another."""
    by_name = {each.id: each for each in loaders()}
    found = [run_once(each) for each in Choice((), (name,), PAIR, ROWS, SEED, loaders()).foreign_cells()]
    wrong = {each.strategy: each for each in found if each.outcome == "wrong"}

    assert [f"{each.strategy}: {each.reason}" for each in found if each.outcome == "unknown"] == []
    assert [who for who, each in wrong.items() if not _is_wrong(by_name[who], each)] == []


def _is_wrong(who: WildContender, found: Outcome) -> bool:
    """Return whether a loader needs what is broken, or is wrong anywhere."""
    return who.is_wrong_anywhere or bool(unmet(who.stated, (), parsed_breaks(found.breaks)))
