"""Runs cells, several at a time in processes of their own, and gathers their outcomes.

A process rebuilds the histories it needs; nothing but the description of a cell goes in, and nothing but its record
comes out. Every round takes the cells in another order, so that a slow spell of the machine
does not always meet the same one.
"""

from __future__ import annotations

from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import replace
from multiprocessing import get_context
from statistics import median
from typing import TYPE_CHECKING

from incload.engines.abilities.trials import databases, enter_process, most_processes
from incload.errors import Refused, Unable
from incload.harness.load_timer import LoadClock
from incload.harness.sandbox.environment import processors
from incload.harness.trials import matrix

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from incload.harness.trials.matrix import Cell
    from incload.report.outcome import Outcome


def run_once(cell: Cell) -> Outcome:
    """Run a cell once; whatever it raises is its outcome."""
    clock = LoadClock()
    try:
        return matrix.outcome(cell, cell.run(clock), [clock.read()], None)
    except Unable as refusal:
        return matrix.not_applicable(cell, refusal)
    except Exception as error:  # noqa: BLE001 - an error is shown in the report, never a pass and never a blank
        return matrix.failure(cell, error)


class Runner:
    """Runs rounds of cells in as many processes as there are processors, or in this one."""

    def __init__(self, cells: Sequence[Cell], rounds: int, workers: int | None = None) -> None:
        """Start on all rounds of all cells at once when there are several workers; refuse to run no round."""
        if rounds < 1:
            raise Refused(f"--rounds {rounds} leaves nothing to run: give at least 1.")
        self._cells, self._rounds = cells, rounds
        engines = sorted({engine for cell in cells for engine in cell.pair})
        for engine in engines:
            databases(engine).prepare()
        self._workers = most_processes(engines, workers or processors()) if engines else 1
        self._pool: ProcessPoolExecutor | None = None
        self._started: dict[tuple[int, int], Future[Outcome]] = {}
        if self._workers > 1 and len(cells) > 1:
            # A forked child would inherit the engines' threads in an unknown state.
            spawn = get_context("spawn")
            self._pool = ProcessPoolExecutor(self._workers, spawn, enter_process, (engines,))
            for number, place in self._turns():
                self._started[number, place] = self._pool.submit(run_once, cells[place])

    def _turns(self) -> list[tuple[int, int]]:
        """Return round and place of every run, each round starting at another cell."""
        count = len(self._cells)
        return [
            (number, (number * count // self._rounds + step) % count)
            for number in range(self._rounds)
            for step in range(count)
        ]

    def outcome(self, number: int, place: int) -> Outcome:
        """Return what one round of one cell showed, when it has."""
        if self._pool is None:
            return run_once(self._cells[place])
        return self._started[number, place].result()

    def all(self, starting: Callable[[str], None]) -> list[Outcome]:
        """Return the outcomes of all cells over all rounds, in the order of the cells."""
        rounds: dict[int, list[Outcome]] = {place: [] for place in range(len(self._cells))}
        for number, place in self._turns():
            starting(self._cells[place].name)
            rounds[place].append(self.outcome(number, place))
        return with_references([joined(found) for found in rounds.values()])

    def close(self) -> None:
        """End the processes; what has not started never will."""
        if self._pool is not None:
            self._pool.shutdown(cancel_futures=True)


def joined(rounds: Sequence[Outcome]) -> Outcome:
    """Join the rounds of one cell: counters of the last, times of all; an error in any round is its outcome."""
    for each in rounds:
        if each.outcome == "unknown":
            return each
    times = sorted(each.load_seconds_min for each in rounds if each.load_seconds_min is not None)
    last = rounds[-1]
    if not times or last.load_seconds_min is None:
        return last
    rows = (last.table_rows_per_second or 0) * last.load_seconds_min
    return replace(
        last,
        load_seconds_min=times[0],
        load_seconds_median=median(times),
        rounds=len(times),
        table_rows_per_second=rows / times[0] if times[0] else None,
    )


def with_references(outcomes: Sequence[Outcome]) -> list[Outcome]:
    """Give each outcome its time as a multiple of the reference copy of the same history on the same engines."""
    references = {_group(each): each.load_seconds_min for each in outcomes if each.strategy == matrix.REFERENCE.id}
    return [with_reference(each, references.get(_group(each))) for each in outcomes]


def with_reference(outcome: Outcome, reference: float | None) -> Outcome:
    """Give one outcome its time as a multiple of a reference copy's."""
    if outcome.load_seconds_min is None or not reference:
        return outcome
    return replace(outcome, times_reference=outcome.load_seconds_min / reference)


def _group(outcome: Outcome) -> tuple[str, str, str, str]:
    return (outcome.suite, outcome.scenario, outcome.source_engine, outcome.target_engine)


def run_cells(
    cells: Sequence[Cell], rounds: int, starting: Callable[[str], None], workers: int | None = None
) -> list[Outcome]:
    """Run cells over several rounds and return their outcomes in the order of the cells.

    `starting` is called with the name of each trial as its turn comes.
    """
    runner = Runner(cells, rounds, workers)
    try:
        return runner.all(starting)
    finally:
        runner.close()
