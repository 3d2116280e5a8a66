"""The options of the benchmark suites and the hooks that gather their outcomes and write the reports; no logic."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from incload.commands.compare import add_choice_to, choice
from incload.errors import Refused
from incload.harness.load_timer import CLOCK
from incload.harness.perf.benchmark_table import prepare
from incload.report.answers.terminal import answer_lines
from incload.report.comparison.files import BESIDE, NAME, PART, write_reports
from incload.report.frame import frame_of

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Sequence

    from pytest_benchmark.fixture import BenchmarkFixture

    from incload.report.outcome import Outcome

COLUMNS = ["min", "median", "rounds"]
"""The columns of the table unless others are asked for: a trial is timed a few times, which makes no distribution."""
OUTCOMES = pytest.StashKey[list["Outcome"]]()
WRITTEN = pytest.StashKey[bool]()
"""Whether what was written is the report of a part."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options that choose what to run and where the reports go."""
    group = parser.getgroup("incload")
    add_choice_to(group.addoption, scenarios="core")
    group.addoption("--rounds", type=int, default=2, help="how often each load at scale is timed (default 2)")
    group.addoption("--trial-rounds", type=int, default=1, help="how often each trial is timed (default 1)")
    group.addoption("--workers", type=int, default=None, help="processes of the matrix (default: one a processor)")
    group.addoption("--scale", type=int, default=200_000, help="rows of the throughput suite (default 200000)")
    group.addoption("--memory-scale", type=int, default=1_000_000, help="rows, and ten times as many (default 1000000)")
    group.addoption("--dataset-rows", type=int, default=10_000_000, help="rows of each dataset (default 10000000)")
    group.addoption("--growth-rows", default="10000,100000,1000000", help="sizes of the table (10000,100000,1000000)")
    group.addoption("--growth-changes", default="100,1000,10000", help="changed rows of one size (100,1000,10000)")
    group.addoption("--report-dir", type=Path, default=Path("reports"), help="where the reports go (default reports)")


def pytest_configure(config: pytest.Config) -> None:
    """Start with no outcomes; refuse a bad choice before anything runs."""
    config.stash[OUTCOMES] = []
    if not any(each.startswith("--benchmark-columns") for each in config.invocation_params.args):
        config.option.benchmark_columns = COLUMNS
    try:
        choice(config.option).cells()
    except Refused as refusal:
        raise pytest.UsageError(str(refusal)) from None


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what takes long and was not named with -k."""
    if not config.option.keyword:
        on_request = [item for item in items if item.get_closest_marker("on_request")]
        config.hook.pytest_deselected(items=on_request)
        items[:] = [item for item in items if item not in on_request]


@pytest.fixture
def record(request: pytest.FixtureRequest) -> Callable[[Outcome], None]:
    """Return what takes the outcome of a test into the report."""
    return request.config.stash[OUTCOMES].append


@pytest.fixture
def record_rounds(benchmark: BenchmarkFixture) -> Callable[[Sequence[float]], None]:
    """Return a function that gives the benchmark the seconds of finished rounds; its timer is the load clock."""

    def record(seconds: Sequence[float]) -> None:
        rounds = iter(seconds)
        benchmark.pedantic(lambda: CLOCK.advance(next(rounds)), rounds=len(seconds), iterations=1)

    return record


@pytest.fixture(scope="session")
def command(request: pytest.FixtureRequest) -> str:
    """Return the command that reproduces the run."""
    return shlex.join(["pytest", *request.config.invocation_params.args])


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Write the reports of what ran."""
    outcomes = session.config.stash[OUTCOMES]
    if outcomes and not hasattr(session.config, "workerinput"):
        session.config.stash[WRITTEN] = is_part(session)
        write_reports(outcomes, session.config.option.report_dir, part=session.config.stash[WRITTEN])


def is_part(session: pytest.Session) -> bool:
    """Return whether only some of the benchmarks were chosen, or ran: their report never replaces that of all."""
    option, args = session.config.option, session.config.args
    stopped = bool(session.shouldstop or session.shouldfail) or session.exitstatus == pytest.ExitCode.INTERRUPTED
    chosen = option.strategies or option.engines or option.keyword or option.markexpr or option.deselect
    named = any("::" in each or each.endswith(".py") for each in args)
    return bool(stopped or chosen or named or option.scenarios not in {"core", "all"})


@pytest.hookimpl(optionalhook=True, tryfirst=True)
def pytest_benchmark_group_stats(benchmarks: list[dict[str, Any]], group_by: str) -> None:
    """Name what the groups do not; the groups themselves are those of pytest-benchmark."""
    prepare(benchmarks, group_by)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> Generator[None, object, object]:
    """Say where the reports are, below the tables, be it that pytest-benchmark has found a regression in them."""
    try:
        return (yield)
    finally:
        _summarise(terminalreporter, config)


def _summarise(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    outcomes = config.stash[OUTCOMES]
    if outcomes:
        wrong = sum(outcome.outcome == "wrong" for outcome in outcomes)
        unknown = sum(outcome.outcome == "unknown" for outcome in outcomes)
        refused = sum(outcome.outcome == "not_applicable" for outcome in outcomes)
        terminalreporter.section("incload")
        terminalreporter.line(f"{len(outcomes)} trials: {wrong} wrong, {unknown} unknown, {refused} n/a")
        part = config.stash.get(WRITTEN, False)
        page = config.option.report_dir / f"{PART if part else NAME}.html"
        for line in (*([BESIDE] if part else []), *answer_lines(frame_of(outcomes), page)):
            terminalreporter.line(line)
