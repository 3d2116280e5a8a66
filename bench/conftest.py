"""The options of the benchmark suites and the hooks that gather their outcomes and write the reports; no logic."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from incload.api.options import user_path
from incload.commands.compare import add_choice_to, choice
from incload.errors import Refused
from incload.harness.load_timer import CLOCK
from incload.harness.perf.benchmark_table import prepare
from incload.harness.trials.matrix import Choice
from incload.report.answers.terminal import answer_lines
from incload.report.comparison.files import BESIDE, NAME, PART, write_reports
from incload.report.frame import frame_of

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Sequence

    from pytest_benchmark.fixture import BenchmarkFixture

    from incload.report.outcome import Outcome

COLUMNS = ["min", "median", "rounds"]
"""The columns of the table unless others are asked for: a trial is timed a few times, which makes no distribution."""
SIZES: dict[str, tuple[int | str, str]] = {
    "--scale": (200_000, "rows of the throughput suite"),
    "--memory-scale": (1_000_000, "rows, and ten times as many"),
    "--dataset-rows": (10_000_000, "rows of each dataset"),
    "--growth-rows": ("10000,100000,1000000", "sizes of the table"),
    "--growth-changes": ("100,1000,10000", "changed rows of one size"),
}
"""How large what is measured is: the usual size of each, and what it is."""
WHOLE = (Choice(), Choice(scenarios=("core",)))
"""The choices of trials that leave out none: all, or the best known scenarios."""
OUTCOMES = pytest.StashKey[list["Outcome"]]()
COLLECTED = pytest.StashKey[set[Path]]()
"""The files of which some test was collected, run or not."""
DESELECTED = pytest.StashKey[bool]()
"""Whether a test was left out that runs unless it is."""
WRITTEN = pytest.StashKey[bool]()
"""Whether what was written is the report of a part."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options that choose what to run and where the reports go."""
    group = parser.getgroup("incload")
    add_choice_to(group.addoption, scenarios="core")
    group.addoption("--rounds", type=int, default=2, help="how often each load at scale is timed (default 2)")
    group.addoption("--trial-rounds", type=int, default=1, help="how often each trial is timed (default 1)")
    group.addoption("--workers", type=int, default=None, help="processes of the matrix (default: one a processor)")
    for name, (usual, what) in SIZES.items():
        group.addoption(name, type=type(usual), default=usual, help=f"{what} (default {usual})")
    group.addoption(
        "--report-dir", type=user_path, default=Path("reports"), help="where the reports go (default reports)"
    )


def pytest_configure(config: pytest.Config) -> None:
    """Start with no outcomes; refuse a bad choice before anything runs."""
    config.stash[OUTCOMES], config.stash[COLLECTED], config.stash[DESELECTED] = [], set(), False
    if not any(each.startswith("--benchmark-columns") for each in config.invocation_params.args):
        config.option.benchmark_columns = COLUMNS
    try:
        choice(config.option).cells()
    except Refused as refusal:
        raise pytest.UsageError(str(refusal)) from None


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what takes long and was not named with -k."""
    config.stash[COLLECTED].update(item.path for item in items)
    if not config.option.keyword:
        on_request = [item for item in items if item.get_closest_marker("on_request")]
        config.hook.pytest_deselected(items=on_request)
        items[:] = [item for item in items if item not in on_request]


def pytest_deselected(items: Sequence[pytest.Item]) -> None:
    """Note that something was left out, be it by -k, --deselect, --last-failed or --stepwise."""
    for item in items:
        if not item.get_closest_marker("on_request"):
            item.config.stash[DESELECTED] = True


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
    """Return whether others than all benchmarks were chosen, or ran: their report never replaces that of all."""
    config, option = session.config, session.config.option
    stopped = bool(session.shouldstop or session.shouldfail) or session.exitstatus == pytest.ExitCode.INTERRUPTED
    files = set(Path(__file__).parent.glob("test_*.py"))
    missing = config.stash[DESELECTED] or not files <= config.stash[COLLECTED]
    chosen = option.keyword or option.markexpr or any("::" in each for each in config.args)
    resized = any(config.getoption(name) != usual for name, (usual, _) in SIZES.items())
    return bool(stopped or missing or chosen or resized or choice(option) not in WHOLE)


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
