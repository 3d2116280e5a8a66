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
from incload.harness.perf.benchmark_table import PARAMS, extra_info, group
from incload.harness.sandbox.sandbox import pair_name
from incload.harness.trials import matrix, runner
from incload.harness.trials.prediction import disagreement

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pytest_benchmark.fixture import BenchmarkFixture

    from incload.report.outcome import Outcome

REFERENCES: dict[tuple[str, str], float | None] = {}
PLACES = pytest.StashKey[dict[tuple[str, str, str], int]]()
"""The number of each cell by its strategy, scenario and engines."""


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Make one test for each chosen cell; the reference copy comes first in each group."""
    cells = choice(metafunc.config.option).cells()
    params = [(cell.contender.id, cell.scenario.id, pair_name(cell.pair)) for cell in cells]
    metafunc.config.stash[PLACES] = {each: place for place, each in enumerate(params)}
    metafunc.parametrize(PARAMS, params, ids=[cell.name for cell in cells])


@pytest.fixture(scope="session")
def running(request: pytest.FixtureRequest, command: str) -> Iterator[runner.Runner]:
    """Start all trials, and stop those that were not waited for."""
    option = request.config.option
    started = runner.Runner(choice(option).cells(command), option.trial_rounds, option.workers)
    yield started
    started.close()


@pytest.fixture
def place(strategy: str, scenario: str, engines: str, request: pytest.FixtureRequest) -> int:
    """Return the number of the cell, and so of its trial."""
    return request.config.stash[PLACES][strategy, scenario, engines]


@pytest.fixture
def first(running: runner.Runner, place: int, record: Callable[[Outcome], None]) -> Outcome:
    """Wait for the first round; what cannot be timed is recorded and ends the test with its reason, without a time."""
    found = running.outcome(0, place)
    if found.load_seconds_min is None:
        record(found)
        (pytest.fail if found.outcome == "unknown" else pytest.skip)(found.reason)
    return found


@pytest.mark.benchmark(timer=CLOCK.read)
def test_trial(
    first: Outcome,
    benchmark: BenchmarkFixture,
    place: int,
    running: runner.Runner,
    record: Callable[[Outcome], None],
    request: pytest.FixtureRequest,
) -> None:
    """A trial runs through, and its verdict is the predicted one."""
    benchmark.group = group(first.scenario, f"{first.source_engine}-{first.target_engine}")
    rounds: list[Outcome] = []

    def wait() -> None:
        found = running.outcome(len(rounds), place) if rounds else first
        CLOCK.advance(found.load_seconds_min or 0.0)
        rounds.append(found)

    benchmark.pedantic(wait, rounds=request.config.option.trial_rounds, iterations=1)
    outcome = runner.joined(rounds)
    if outcome.strategy == matrix.REFERENCE.id:
        REFERENCES[outcome.scenario, benchmark.group] = outcome.load_seconds_min
    outcome = runner.with_reference(outcome, REFERENCES.get((outcome.scenario, benchmark.group)))
    record(outcome)
    benchmark.extra_info.update(extra_info(outcome))

    assert outcome.reason == ""
    assert disagreement(outcome) == ""
