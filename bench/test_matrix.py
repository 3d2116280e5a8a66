"""The matrix: every strategy against every scenario on every pair of engines; a test is one timing and one verdict.

Trials run in processes of their own while the tests wait for them in turn. The timer is the load clock: it advances by
the seconds that a trial spent in loads, without its history and its audits. A wrong verdict is a result, not a failure;
an error is a failure, and so is a verdict that was not predicted.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from incload.commands.compare import choice
from incload.harness.load_timer import CLOCK
from incload.harness.trials import matrix, runner
from incload.harness.trials.prediction import disagreement

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pytest_benchmark.fixture import BenchmarkFixture

    from incload.report.outcome import Outcome

REFERENCES: dict[tuple[str, str, str], float | None] = {}


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Make one test for each chosen cell; the reference copy comes first in each group."""
    cells = choice(metafunc.config.option).cells()
    metafunc.parametrize("place", range(len(cells)), ids=[cell.name for cell in cells])


@pytest.fixture(scope="session")
def running(request: pytest.FixtureRequest, command: str) -> Iterator[runner.Runner]:
    """Start all trials, and stop those that were not waited for."""
    option = request.config.option
    started = runner.Runner(choice(option).cells(command), option.trial_rounds, option.workers)
    yield started
    started.close()


@pytest.mark.benchmark(timer=CLOCK.read)
def test_trial(
    benchmark: BenchmarkFixture,
    place: int,
    running: runner.Runner,
    record: Callable[[Outcome], None],
    request: pytest.FixtureRequest,
) -> None:
    """A trial runs through, and its verdict is the predicted one."""
    rounds: list[Outcome] = []

    def wait() -> None:
        found = running.outcome(len(rounds), place)
        CLOCK.advance(found.load_seconds_min or 0.0)
        rounds.append(found)

    benchmark.pedantic(wait, rounds=request.config.option.trial_rounds, iterations=1)
    outcome = runner.joined(rounds)
    benchmark.group = f"{outcome.scenario} {outcome.source_engine} to {outcome.target_engine}"
    group = (outcome.scenario, outcome.source_engine, outcome.target_engine)
    if outcome.strategy == matrix.REFERENCE.id:
        REFERENCES[group] = outcome.load_seconds_min
    record(runner.with_reference(outcome, REFERENCES.get(group)))
    benchmark.extra_info["outcome"] = outcome.outcome

    if outcome.outcome == "not_applicable":
        pytest.skip(outcome.reason)
    assert outcome.reason == ""
    assert disagreement(outcome) == ""
