"""Each peer that is installed, through two scenarios: a run that only happens where `make peers` has been."""

from __future__ import annotations

import pytest

from incload.contenders import worker
from incload.contenders.peers.files import variants
from incload.contenders.peers.known import FILE, folders, known
from incload.harness.trials.matrix import Cell
from incload.harness.trials.runner import run_once
from incload.history.synthetic.scenarios import scenario

pytestmark = pytest.mark.slow

NAMES = [name for folder in folders() for name in variants(folder / FILE)]


@pytest.mark.parametrize("name", NAMES)
def test_a_recipe_runs_through_two_scenarios(name: str, postgres_server: str) -> None:  # noqa: ARG001 - some need one
    """It performs every sync, whatever its verdict; one that is not installed says so and is left out."""
    (who,) = known(120.0)[name]
    if who.capabilities.absent:
        pytest.skip(who.capabilities.absent)
    source, target = who.capabilities.pairs[0].split("-")
    found = [run_once(Cell(who, scenario(each), (source, target), 100, 1)) for each in ("clean", "late_arrivals")]
    worker.stop_all()

    assert [each.reason for each in found] == ["", ""]
    assert [each.syncs for each in found] == [11, 11]
