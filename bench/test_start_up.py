"""Start-up: whole processes that have nothing to do. `pytest bench -k start_up --benchmark-only`."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest
from test_memory import load_arguments

from incload.harness.perf.records import Measured, figures
from incload.harness.perf.subprocess_timer import whole
from incload.harness.perf.throughput import workspace
from incload.harness.sandbox.sandbox import pair_name

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from pytest_benchmark.fixture import BenchmarkFixture

    from incload.report.outcome import Outcome

PROGRAMS = {
    "bare_python": [sys.executable, "-c", "pass"],
    "import_incload": [sys.executable, "-c", "import incload"],
    "incload_help": [sys.executable, "-m", "incload", "--help"],
}
PAIRS = (("sqlite", "sqlite"), ("duckdb", "duckdb"), ("sqlite", "duckdb"))

pytestmark = pytest.mark.on_request


@pytest.fixture
def timed(
    benchmark: BenchmarkFixture, record: Callable[[Outcome], None], command: str, request: pytest.FixtureRequest
) -> Callable[..., None]:
    """Return what runs a program as often as asked and records its times."""

    def run(what: str, pair: tuple[str, str], arguments: list[str], rows: int = 0) -> None:
        took = []
        benchmark.pedantic(lambda: took.append(whole(arguments)), rounds=request.config.option.rounds)
        seconds, peak = [each.seconds for each in took], max(each.peak_bytes for each in took)
        record(figures(Measured("start_up", "incload", what, pair, rows, command), seconds, peak_bytes=peak))

    return run


@pytest.mark.parametrize("what", PROGRAMS)
def test_start_up_of_a_program(what: str, timed: Callable[..., None]) -> None:
    """The command line starts fast."""
    timed(what, ("", ""), PROGRAMS[what])


@pytest.mark.parametrize("pair", PAIRS, ids=pair_name)
def test_start_up_of_a_load_with_nothing_to_do(
    pair: tuple[str, str], timed: Callable[..., None], tmp_path: Path
) -> None:
    """A second load finds nothing and is over at once."""
    own = workspace(pair, 10_000, 1, tmp_path)
    source, target = own.source("initial_load"), own.targets.end("target")
    arguments = load_arguments(pair, source.path, target.path)
    whole(arguments)
    before = target.path.read_bytes()
    timed(f"load_nothing_{pair_name(pair).replace('-', '_')}", pair, arguments, 10_000)

    assert target.path.read_bytes() == before
