"""The histories of the scenarios, each built once for all trials that share it, with what is measured of it."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from incload.history.breaks import Breaks, measure
from incload.history.reading import measure_reading
from incload.history.synthetic.scenarios import scenario

if TYPE_CHECKING:
    from incload.history.history import History


@cache
def history(scenario_id: str, rows: int, seed: int) -> History:
    """Build the history of a scenario."""
    return scenario(scenario_id).build(rows, seed)


@cache
def breaks(scenario_id: str, rows: int, seed: int) -> Breaks:
    """Measure what it breaks of what strategies need."""
    return measure(history(scenario_id, rows, seed), scenario(scenario_id).faults)


@cache
def every_break(scenario_id: str, rows: int, seed: int) -> Breaks:
    """Measure what it breaks of what any loader needs."""
    reading = measure_reading(history(scenario_id, rows, seed), scenario(scenario_id).faults)
    return {**breaks(scenario_id, rows, seed), **reading}


@cache
def digest(scenario_id: str, rows: int, seed: int) -> str:
    """Return the digest of every value of it."""
    return history(scenario_id, rows, seed).digest()
