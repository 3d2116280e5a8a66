"""Start-up: whole processes that have nothing to do. `pytest bench -k start_up --benchmark-only`."""

from __future__ import annotations

import resource
import subprocess
import sys
from statistics import median
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
WITH_SQLITE = [sys.executable, "-c", "import sqlite3"]
"""The least that a program can cost that reads a SQLite file."""
MOST = {"help": 2.3, "load": 4.1}
"""How many times the CPU time of that each may take: 0.05 and 0.09 s where the bare interpreter takes 0.022 s."""
SLOWER = 1.25
"""How many times the time of a quiet load into a small copy one into a large copy may take."""
ROUNDS = 7
PAIRS = (("sqlite", "sqlite"), ("duckdb", "duckdb"), ("sqlite", "duckdb"))

pytestmark = pytest.mark.on_request


@pytest.fixture
def timed(
    benchmark: BenchmarkFixture, record: Callable[[Outcome], None], command: str, request: pytest.FixtureRequest
) -> Callable[..., int]:
    """Return what runs a program as often as asked and records its times; it says how often it ran to its end."""

    def run(what: str, pair: tuple[str, str], arguments: list[str], rows: int = 0) -> int:
        took = []
        benchmark.pedantic(lambda: took.append(whole(arguments)), rounds=request.config.option.rounds)
        seconds, peak = [each.seconds for each in took], max(each.peak_bytes for each in took)
        record(figures(Measured("start_up", "incload", what, pair, rows, command), seconds, peak_bytes=peak))
        return len(took)

    return run


@pytest.mark.parametrize("what", PROGRAMS)
def test_start_up_of_a_program(what: str, timed: Callable[..., int]) -> None:
    """Each program is timed, and succeeds every time; the last test holds the bounds of its time."""
    assert timed(what, ("", ""), PROGRAMS[what]) > 0


@pytest.mark.parametrize("pair", PAIRS, ids=pair_name)
def test_start_up_of_a_load_with_nothing_to_do(
    pair: tuple[str, str], timed: Callable[..., int], tmp_path: Path
) -> None:
    """A second load finds nothing and is over at once."""
    own = workspace(pair, 10_000, 1, tmp_path)
    source, target = own.source("initial_load"), own.targets.end("target")
    arguments = load_arguments(pair, source.path, target.path)
    whole(arguments)
    before = target.path.read_bytes()
    timed(f"load_nothing_{pair_name(pair).replace('-', '_')}", pair, arguments, 10_000)

    assert target.path.read_bytes() == before


def cpu_seconds(arguments: list[str]) -> float:
    """Run a program and return the processor time that it took, in its own code and in the system's."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(arguments, check=True, stdout=subprocess.DEVNULL)  # noqa: S603 - our own program
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def test_start_up_stays_within_its_bounds(tmp_path: Path) -> None:
    """Help, and a load with nothing to do, take no more than so many times what an interpreter with sqlite3 takes."""
    own = workspace(("sqlite", "sqlite"), 10_000, 1, tmp_path)
    load = load_arguments(("sqlite", "sqlite"), own.source("initial_load").path, own.targets.end("target").path)
    programs = {"bare": WITH_SQLITE, "help": PROGRAMS["incload_help"], "load": load}
    for arguments in programs.values():
        cpu_seconds(arguments)  # writes the byte code, and loads what there is to load
    took: dict[str, list[float]] = {name: [] for name in programs}
    for _ in range(ROUNDS):
        for name, arguments in programs.items():
            took[name].append(cpu_seconds(arguments))
    ratios = {name: median(took[name]) / median(took["bare"]) for name in MOST}

    assert [f"{name}: {ratio:.2f}" for name, ratio in ratios.items() if ratio > MOST[name]] == []


@pytest.mark.parametrize("pair", PAIRS, ids=pair_name)
def test_start_up_of_a_quiet_load_does_not_follow_the_copy(
    pair: tuple[str, str], tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    """A load that finds nothing costs the same beside `--scale` rows as beside 10,000: `--scale 10000000`."""
    sizes = {"small": 10_000, "large": request.config.option.scale}
    loads = {name: quiet_load(pair, rows, tmp_path / name) for name, rows in sizes.items()}
    took: dict[str, list[float]] = {name: [] for name in loads}
    for _ in range(ROUNDS):
        for name, arguments in loads.items():
            took[name].append(cpu_seconds(arguments))
    small, large = median(took["small"]), median(took["large"])
    sys.stdout.write(
        f"quiet load {pair_name(pair)}: {sizes['large']:,} rows {large:.4f} s, 10,000 {small:.4f} s of CPU\n"
    )

    assert large <= SLOWER * small


def quiet_load(pair: tuple[str, str], rows: int, folder: Path) -> list[str]:
    """Load a table of some size; return the command of a load that then has nothing to do."""
    folder.mkdir()
    own = workspace(pair, rows, 1, folder)
    arguments = load_arguments(pair, own.source("initial_load").path, own.targets.end("target").path)
    cpu_seconds(arguments)
    cpu_seconds(arguments)  # writes what a first quiet load still has to
    return arguments
