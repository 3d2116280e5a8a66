"""The matrix: every strategy against every scenario on every pair of engines; a test is one timing and one verdict.

The timer is the load clock, so what is timed are the loads of a trial alone, without its history and its audits. A
wrong verdict is a result, not a failure; an error is a failure.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from incload.commands.compare import choice
from incload.lab import matrix
from incload.lab.clock import CLOCK

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_benchmark.fixture import BenchmarkFixture

    from incload.lab.matrix import Cell
    from incload.report.outcome import Outcome

REFERENCES: dict[tuple[str, tuple[str, str]], float] = {}


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Make one test for each chosen cell; the reference copy comes first in each group."""
    cells = choice(metafunc.config.option).cells()
    metafunc.parametrize("cell", cells, ids=[cell.name for cell in cells])


@pytest.mark.benchmark(timer=CLOCK.read)
def test_trial(
    benchmark: BenchmarkFixture, cell: Cell, record: Callable[[Outcome], None], command: str, request: pytest.FixtureRequest
) -> None:
    """A trial runs through and yields a verdict."""
    benchmark.group = f"{cell.scenario.id} {cell.pair[0]} to {cell.pair[1]}"
    seconds: list[float] = []

    def run() -> matrix.Observed:
        before = CLOCK.read()
        observed = cell.run(CLOCK)
        seconds.append(CLOCK.read() - before)
        return observed

    cell = matrix.with_command(cell, command)
    try:
        observed = benchmark.pedantic(run, rounds=request.config.option.rounds, iterations=1)
    except Exception as error:
        record(matrix.failure(cell, error))
        raise
    group = (cell.scenario.id, cell.pair)
    if cell.strategy is matrix.REFERENCE:
        REFERENCES[group] = min(seconds)
    outcome = matrix.outcome(cell, observed, seconds, REFERENCES.get(group))
    record(outcome)
    benchmark.extra_info["outcome"] = outcome.outcome

    assert outcome.outcome in {"sound", "wrong"}
