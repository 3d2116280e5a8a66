"""The cheapest sound strategy of some scenarios, decided in this one place for every sentence, table and picture.

The rule: of the strategies that were sound in every trial of the scenarios, on every pair of engines on which they can
run, that left no row for a later sync and whose rows read were counted, the one that reads the fewest rows: the median
over the pairs of each scenario, added up. What is not applicable on some pair is compared apart, on the pairs that it
has. Ties go to fewer queries, then to the first name. Time is not ranked: at the sizes of a matrix it is fixed cost.
"""

from __future__ import annotations

from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING, NamedTuple

from incload.report.format import figure

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import pandas as pd

RULE = (
    "Cheapest is the sound strategy that reads the fewest rows: medians over the pairs of engines, added up over the "
    "scenarios. One that leaves rows for a later sync, or whose reads are not counted, is not named; one that some "
    "pair of engines cannot run is named apart. Time is not ranked here: at this size most of it is fixed cost."
)
"""The rule for readers."""


@dataclass(frozen=True, slots=True)
class Cost:
    """What a sound strategy cost in some scenarios.

    Attributes:
        contender: Its name.
        rows_read: The median over the pairs of each scenario, added up.
        queries: Likewise; None where they were not counted.
        everywhere: Whether it ran on every pair of engines.
    """

    contender: str
    rows_read: float
    queries: float | None
    everywhere: bool


class _Trial(NamedTuple):
    """What of a trial decides, under the names of the report's columns."""

    contender: str
    scenario: str
    outcome: str
    rows_waiting: float | None
    rows_read: float | None
    queries: float | None

    @property
    def ran(self) -> bool:
        """Whether it was tried at all."""
        return self.outcome != "not_applicable"


def right_in_all(trials: pd.DataFrame) -> list[str]:
    """Return the strategies that ran in every scenario given, and were sound wherever they ran, by their names' order.

    Args:
        trials: Trials of a verdict suite, reference copies left out (see `incload.report.frame`).
    """
    scenarios = trials["scenario"].nunique()
    return [name for name, part in _by_contender(trials) if _is_right(part, scenarios)]


def costs(trials: pd.DataFrame) -> list[Cost]:
    """Return what each strategy cost that was sound in all trials given, the cheapest first.

    Args:
        trials: Trials of a verdict suite, reference copies left out (see `incload.report.frame`).
    """
    scenarios = trials["scenario"].nunique()
    found = (_cost(name, part) for name, part in _by_contender(trials) if _is_right(part, scenarios))
    return sorted(filter(None, found), key=_order)


def cheapest(trials: pd.DataFrame) -> Cost | None:
    """Return the cheapest of the strategies that ran on every pair of engines; None where none was sound."""
    return next((each for each in costs(trials) if each.everywhere), None)


def cheaper_somewhere(trials: pd.DataFrame) -> Cost | None:
    """Return the cheapest of those that only some pairs can run; None where it reads no less than who runs on all."""
    found = costs(trials)
    best = next((each for each in found if each.everywhere), None)
    apart = next((each for each in found if not each.everywhere), None)
    if apart is None or (best is not None and apart.rows_read >= best.rows_read):
        return None
    return apart


def first_of(found: Iterable[Cost]) -> list[Cost]:
    """Return those of a sorted list that read no more than the first."""
    listed = list(found)
    return [each for each in listed if each.rows_read == listed[0].rows_read]


def _by_contender(trials: pd.DataFrame) -> list[tuple[str, list[_Trial]]]:
    """Return the trials of each strategy that ran at all, in the order in which they first ran."""
    found: dict[str, list[_Trial]] = {}
    names = ("rows_waiting", "rows_read", "queries")
    counters = [map(figure, trials[name]) for name in names]
    texts = [map(str, trials[name]) for name in ("contender", "scenario", "outcome")]
    for row in zip(*texts, *counters, strict=True):
        found.setdefault(row[0], []).append(_Trial(*row))
    first = dict.fromkeys(each.contender for part in found.values() for each in part if each.ran)
    return [(name, found[name]) for name in first]


def _is_right(part: Sequence[_Trial], scenarios: int) -> bool:
    ran = [each for each in part if each.ran]
    return len({each.scenario for each in ran}) == scenarios and all(each.outcome == "sound" for each in ran)


def _cost(name: str, part: Sequence[_Trial]) -> Cost | None:
    ran = [each for each in part if each.ran]
    rows_read = _added(ran, "rows_read")
    if rows_read is None or any(each.rows_waiting and each.rows_waiting > 0 for each in ran):
        return None
    return Cost(name, rows_read, _added(ran, "queries"), len(ran) == len(part))


def _added(trials: Sequence[_Trial], counter: str) -> float | None:
    """Return the medians of a counter over the pairs of each scenario, added up; None where one was not counted."""
    found: dict[str, list[float]] = {}
    for each in trials:
        count = getattr(each, counter)
        if count is None:
            return None
        found.setdefault(each.scenario, []).append(count)
    return float(sum(map(median, found.values())))


def _order(cost: Cost) -> tuple[float, float, str]:
    return cost.rows_read, float("inf") if cost.queries is None else cost.queries, cost.contender
