"""Peers: dlt beside incload on the same files, SQLite to DuckDB, whole processes by turns; after `make peers`.

`pytest bench -k peers --benchmark-only --scale 1000000 --rounds 5`
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from test_memory import load_arguments

from incload.harness.load_timer import CLOCK
from incload.harness.perf.records import Measured, figures
from incload.harness.perf.subprocess_timer import whole
from incload.harness.perf.throughput import PHASES, Phase, Workspace, workspace

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from incload.report.outcome import Outcome

PAIR = ("sqlite", "duckdb")
PYTHON = Path(__file__).parent.parent / ".peers" / "dlt" / "bin" / "python"
SCRIPT = Path(__file__).parent / "peers" / "dlt" / "throughput.py"

pytestmark = [
    pytest.mark.on_request,
    pytest.mark.benchmark(timer=CLOCK.read),
    pytest.mark.skipif(not PYTHON.exists(), reason="dlt is not installed: run `make peers PEERS=dlt`"),
]


def arguments(who: str, source: Path, folder: Path) -> list[str]:
    """Return the command of one sync; everything that it keeps is in the folder."""
    target = folder / "target.duckdb"
    if who == "incload":
        return [*load_arguments(PAIR, source, target), "--same-source"]  # a phase's source is a file of its own
    return [str(PYTHON), str(SCRIPT), str(source), str(target), str(folder)]


def kept(folder: Path, schema: str) -> object:
    """Return how many rows the copy in a folder has, and the sum of their amounts."""
    import duckdb

    with duckdb.connect(str(folder / "target.duckdb"), read_only=True) as connection:
        query = f"SELECT count(*), sum(amount_cents)::BIGINT FROM {schema}.orders_narrow"  # noqa: S608 - our own name
        return connection.execute(query).fetchall()


def copied(old: str, new: str) -> str:
    """Copy a file and wait until it is on the disk: who syncs the file later would be timed with all of it."""
    shutil.copyfile(old, new)
    with Path(new).open("rb+") as file:
        os.fsync(file.fileno())
    return new


def run(own: Workspace, folder: Path, phase: Phase, rounds: int) -> dict[str, list[float]]:
    """Let both run through a phase by turns, each from the state in which it left the phase before."""
    seconds: dict[str, list[float]] = {"incload": [], "dlt": []}
    source = own.source(phase)
    for number in range(rounds):
        for who in sorted(seconds, reverse=bool(number % 2)):
            work, before = folder / who, folder / f"{who}-before-{phase}"
            shutil.rmtree(work, ignore_errors=True)
            if before.exists():
                shutil.copytree(before, work, copy_function=copied)
            else:
                work.mkdir()
            seconds[who].append(whole(arguments(who, source.path, work)).seconds)
    for who in seconds:
        after = PHASES[min(PHASES.index(phase) + 1, len(PHASES) - 1)]
        shutil.rmtree(folder / f"{who}-before-{after}", ignore_errors=True)
        shutil.copytree(folder / who, folder / f"{who}-before-{after}")
    return seconds


@pytest.fixture(scope="module")
def races(
    tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> dict[Phase, dict[str, list[float]]]:
    """Run all phases; both have to make the same copy."""
    option, folder = request.config.option, tmp_path_factory.mktemp("peers")
    own = workspace(PAIR, option.scale, 1, folder)
    ran: dict[Phase, dict[str, list[float]]] = {}
    for phase in PHASES:
        ran[phase] = run(own, folder, phase, option.rounds)
        assert kept(folder / "dlt", "main_copy") == kept(folder / "incload", "main")
    return ran


@pytest.mark.parametrize("who", ["incload", "dlt"])
@pytest.mark.parametrize("phase", PHASES)
def test_peers_beside_incload(
    record_rounds: Callable[[Sequence[float]], None],
    who: str,
    phase: Phase,
    races: dict[Phase, dict[str, list[float]]],
    record: Callable[[Outcome], None],
    command: str,
    request: pytest.FixtureRequest,
) -> None:
    """The times of both are reported side by side."""
    seconds, reference = races[phase][who], min(races[phase]["incload"])
    record_rounds(seconds)
    record(
        figures(Measured("peers", who, phase, PAIR, request.config.option.scale, command), seconds, reference=reference)
    )

    assert len(seconds) == request.config.option.rounds
