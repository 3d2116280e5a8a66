"""The verdicts of the loaders of `bench/wild`, for the tests of what each is said to need."""

from __future__ import annotations

from incload.harness.trials.matrix import Cell, Choice
from incload.harness.trials.runner import run_once
from incload.report.foreign.evidence import Evidence, evidence_of
from tests.effort import effort

ROWS, SEED = effort(100, 300), 1


def cells(name: str, scenarios: tuple[str, ...] = ()) -> list[Cell]:
    """Return the cells of a loader, on every scenario by default."""
    from incload.contenders.wild import wild

    return Choice((), scenarios, ("sqlite-sqlite",), ROWS, SEED, wild()[name]).foreign_cells()


def evidence(name: str, scenarios: tuple[str, ...] = ()) -> tuple[Evidence, ...]:
    """Run the cells of a loader, and return those with a verdict; an error is no verdict, and is raised."""
    found = [run_once(each) for each in cells(name, scenarios)]
    failed = [f"{each.scenario}: {each.reason}" for each in found if each.outcome == "unknown"]
    assert not failed, failed
    return evidence_of(found)
