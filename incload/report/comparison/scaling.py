"""Growth: the exponent with which a sync's cost follows the size of the table, and the number of its changes.

A cost of c times n to the power of e is a straight line of slope e where both axes are logarithmic: 0 does not follow,
1 follows in proportion.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from math import log
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from incload.report.outcome import Outcome

SUITE = "growth"
_SCENARIO = re.compile(r"(\d+)_changed_of_(\d+)")


@dataclass(frozen=True, slots=True)
class Point:
    """One measured sync.

    Attributes:
        rows: The size of the table.
        changed: How many rows had changed.
        seconds: The fastest round.
        read: How many rows were read.
    """

    rows: int
    changed: int
    seconds: float
    read: int


def scenario(changed: int, rows: int) -> str:
    """Return the id of a point."""
    return f"{changed}_changed_of_{rows}"


def point(said: str, seconds: float, read: int | None) -> Point | None:
    """Return the point of a scenario, what it took and read; None for another kind, or where nothing was counted."""
    numbers = _SCENARIO.fullmatch(said)
    return Point(int(numbers[2]), int(numbers[1]), seconds, read) if numbers and read is not None else None


def points(outcomes: Iterable[Outcome]) -> dict[str, list[Point]]:
    """Return the points of each strategy; what is not of the suite, or has no time, is left out."""
    found: dict[str, list[Point]] = {}
    for outcome in outcomes:
        if outcome.suite == SUITE and outcome.load_seconds_min:
            measured = point(outcome.scenario, outcome.load_seconds_min, outcome.rows_read)
            if measured:
                found.setdefault(outcome.strategy, []).append(measured)
    return found


def over_rows(found: Sequence[Point]) -> list[Point]:
    """Return the points of the number of changes that stands at most sizes, by size."""
    return sorted(_most(found, lambda point: point.changed), key=lambda point: point.rows)


def over_changes(found: Sequence[Point]) -> list[Point]:
    """Return the points of the size that stands at most numbers of changes, by number of changes."""
    return sorted(_most(found, lambda point: point.rows), key=lambda point: point.changed)


def _most(found: Sequence[Point], fixed: Callable[[Point], int]) -> list[Point]:
    values = [fixed(point) for point in found]
    common = max(dict.fromkeys(values), key=values.count)
    return [point for point in found if fixed(point) == common]


def exponent(pairs: Sequence[tuple[float, float]]) -> float | None:
    """Return the slope of the line that fits the logarithms best; None for less than two different sizes."""
    if len({size for size, _ in pairs}) < 2 or any(size <= 0 or cost <= 0 for size, cost in pairs):
        return None
    logs = [(log(size), log(cost)) for size, cost in pairs]
    x_mean = sum(x for x, _ in logs) / len(logs)
    y_mean = sum(y for _, y in logs) / len(logs)
    return sum((x - x_mean) * (y - y_mean) for x, y in logs) / sum((x - x_mean) ** 2 for x, _ in logs)


def exponents(found: Sequence[Point]) -> tuple[float | None, float | None, float | None, float | None]:
    """Return the exponents of seconds and rows read over the size of the table, then of both over the changes."""
    rows, changes = over_rows(found), over_changes(found)
    return (
        exponent([(each.rows, each.seconds) for each in rows]),
        exponent([(each.rows, each.read) for each in rows]),
        exponent([(each.changed, each.seconds) for each in changes]),
        exponent([(each.changed, each.read) for each in changes]),
    )
