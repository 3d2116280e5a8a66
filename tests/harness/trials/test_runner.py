"""The runner: every round runs every cell, counters do not depend on rounds, order or processes, times are of loads."""

from __future__ import annotations

import csv
import os
import subprocess
import sys
from dataclasses import asdict
from typing import TYPE_CHECKING

import pytest

from incload.errors import Refused
from incload.harness.load_timer import LoadClock
from incload.harness.trials.matrix import REFERENCE, Cell, Choice
from incload.harness.trials.runner import run_cells

if TYPE_CHECKING:
    from pathlib import Path

    from incload.report.outcome import Outcome

TIMES = {"load_seconds_min", "load_seconds_median", "table_rows_per_second", "times_reference", "peak_memory_bytes"}
"""What differs from run to run."""

SMALL = Choice(
    strategies=("timestamp_watermark_inclusive", "row_hash_cdc", "composite_watermark"),
    scenarios=("late_arrivals", "duplicate_timestamps_smaller_id"),
    pairs=("sqlite-sqlite",),
    rows=100,
    seed=7,
)


def settled(outcome: Outcome) -> dict[str, object]:
    """Return an outcome without its times and the number of rounds."""
    return {name: value for name, value in asdict(outcome).items() if name not in {*TIMES, "rounds"}}


def test_the_same_seed_gives_the_same_outcomes() -> None:
    """Two runs of one choice differ in nothing but times, and verdicts of both kinds are among them."""
    first, second = (run_cells(SMALL.cells(), 1, str, workers=1) for _ in range(2))

    assert list(map(settled, first)) == list(map(settled, second))
    assert {each.outcome for each in first} == {"sound", "wrong"}


def test_processes_change_no_counter() -> None:
    """Cells that run in processes of their own show what they show in this one."""
    alone, together = (run_cells(SMALL.cells(), 1, str, workers=workers) for workers in (1, 2))

    assert list(map(settled, together)) == list(map(settled, alone))


@pytest.mark.slow
def test_the_same_seed_gives_the_same_csv(tmp_path: Path) -> None:
    """The command, started twice with other hashes of texts, writes the same CSV but for times."""
    arguments = ["compare", "--strategies", "timestamp_watermark,row_hash_cdc", "--scenarios", "late_arrivals"]
    size = ["--rows", "100", "--seed", "7", "--report-dir", "reports", "--workers", "1"]
    text = []
    for hashes in ("1", "2"):
        folder = tmp_path / hashes
        folder.mkdir()
        command = [sys.executable, "-m", "incload", *arguments, *size]
        subprocess.run(command, cwd=folder, env=os.environ | {"PYTHONHASHSEED": hashes}, check=True)
        with (folder / "reports/latest-filtered.csv").open(encoding="utf-8", newline="") as file:
            lines = list(csv.DictReader(file))
        text.append([{name: cell for name, cell in line.items() if name not in TIMES} for line in lines])

    assert text[0] == text[1]
    assert len(text[0]) >= 3 * 5


def test_another_seed_gives_another_history() -> None:
    """Outcomes of another seed speak of another history."""
    choices = [Choice(("full_refresh",), ("clean",), ("sqlite-sqlite",), 100, seed) for seed in (1, 2)]
    digests = {run_cells(choice.cells(), 1, str, workers=1)[1].history_digest for choice in choices}

    assert len(digests) == 2


def test_neither_rounds_nor_order_change_a_counter() -> None:
    """Three rounds count what one round counts, and so do the same cells in another order."""
    cells = SMALL.cells()
    once = {each.trial: settled(each) for each in run_cells(cells, 1, str, workers=1)}
    thrice = run_cells(cells[::-1], 3, str, workers=1)

    assert {each.rounds for each in thrice} == {3}
    assert {each.trial: settled(each) for each in thrice} == once
    assert [each.strategy for each in thrice] == [cell.contender.id for cell in cells[::-1]]


def refuse(*_: object) -> None:
    """Raise, so that a cell takes no time."""
    raise Refused("not today.")


@pytest.mark.parametrize("rounds", [1, 2, 3, 5, 8])
def test_each_round_runs_each_cell_once(rounds: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every round covers every cell, each round begins with another one, and outcomes stand in the cells' order."""
    started: list[str] = []
    cells = SMALL.cells()[:5]
    monkeypatch.setattr(Cell, "run", refuse)
    outcomes = run_cells(cells, rounds, started.append, workers=1)
    turns = [started[turn * 5 : turn * 5 + 5] for turn in range(rounds)]

    assert [sorted(turn) for turn in turns] == [sorted(cell.name for cell in cells)] * rounds
    assert len({turn[0] for turn in turns}) == min(rounds, 5)
    assert [each.strategy for each in outcomes] == [cell.contender.id for cell in cells]


class Stopped:
    """A load clock that a test moves."""

    def __init__(self) -> None:
        """Start at zero."""
        self.seconds = 0.0

    def read(self) -> float:
        """Return the seconds."""
        return self.seconds

    def running(self) -> Stopped:
        """Stand in for the time of a block."""
        return self

    def __enter__(self) -> None:
        """Do nothing."""

    def __exit__(self, *_: object) -> None:
        """Do nothing."""


def test_the_fastest_and_the_median_round_count(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of three rounds the shortest and the middle are reported, and times are multiples of the shortest reference."""
    cells = Choice(("full_refresh",), ("clean",), ("sqlite-sqlite",), 100, 1).cells()
    seconds = {"reference_copy": [4.0, 2.0, 3.0], "full_refresh": [9.0, 5.0, 6.0]}
    observed = cells[1].run(LoadClock())

    def run(self: Cell, clock: Stopped) -> object:
        clock.seconds += seconds[self.contender.id].pop(0)
        return observed

    monkeypatch.setattr(Cell, "run", run)
    monkeypatch.setattr("incload.harness.trials.runner.LoadClock", Stopped)
    reference, refresh = run_cells(cells, 3, str, workers=1)

    assert (reference.load_seconds_min, reference.load_seconds_median, reference.times_reference) == (2.0, 3.0, 1.0)
    assert (refresh.load_seconds_min, refresh.load_seconds_median, refresh.times_reference) == (5.0, 6.0, 2.5)
    assert (refresh.table_rows_per_second, refresh.rounds) == (observed.rows_at_end / 5.0, 3)


def test_without_a_reference_there_is_no_multiple() -> None:
    """A run without the reference copy says times only."""
    cells = [cell for cell in SMALL.cells() if cell.contender != REFERENCE][:1]
    outcome = run_cells(cells, 1, str, workers=1)[0]

    assert (outcome.times_reference, outcome.outcome) == (None, "wrong")


def test_no_cell_is_no_outcome() -> None:
    """Nothing to run shows nothing."""
    assert run_cells([], 1, str) == []


@pytest.mark.parametrize("rounds", [0, -1])
def test_no_round_is_refused(rounds: int) -> None:
    """Less than one round is refused."""
    with pytest.raises(Refused, match=f"--rounds {rounds} leaves nothing to run: give at least 1."):
        run_cells(SMALL.cells()[:1], rounds, str, workers=1)
