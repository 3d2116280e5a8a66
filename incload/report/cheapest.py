"""The cheapest sound strategy of some scenarios, decided in this one place for every sentence, table and picture.

The rule: of the strategies that were sound in every trial of the scenarios, on every pair of engines on which they can
run, that left no row for a later sync and whose rows read were counted, the one that reads the fewest rows: the median
over the pairs of each scenario, added up. What is not applicable on some pair is compared apart, on the pairs that it
has. Ties go to fewer queries, then to the first name. Time is not ranked: at the sizes of a matrix it is fixed cost.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

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


def right_in_all(trials: pd.DataFrame) -> list[str]:
    """Return the strategies that ran in every scenario given, and were sound wherever they ran, by their names' order.

    Args:
        trials: Trials of a verdict suite, reference copies left out (see `incload.report.frame`).
    """
    ran = trials[trials["outcome"] != "not_applicable"]
    scenarios = trials["scenario"].nunique()
    return [
        str(name)
        for name, part in ran.groupby("contender", sort=False)
        if part["scenario"].nunique() == scenarios and bool((part["outcome"] == "sound").all())
    ]


def costs(trials: pd.DataFrame) -> list[Cost]:
    """Return what each strategy cost that was sound in all trials given, the cheapest first.

    Args:
        trials: Trials of a verdict suite, reference copies left out (see `incload.report.frame`).
    """
    parts = {str(name): part for name, part in trials.groupby("contender", sort=False)}
    found = (_cost(name, parts[name]) for name in right_in_all(trials))
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


def _cost(name: str, trials: pd.DataFrame) -> Cost | None:
    ran = trials[trials["outcome"] != "not_applicable"]
    if bool((ran["rows_waiting"] > 0).any()) or bool(ran["rows_read"].isna().any()):
        return None
    queries = _added(ran, "queries") if bool(ran["queries"].notna().all()) else None
    return Cost(name, _added(ran, "rows_read"), queries, len(ran) == len(trials))


def _added(trials: pd.DataFrame, column: str) -> float:
    return float(trials.groupby("scenario", sort=False)[column].median().sum())


def _order(cost: Cost) -> tuple[float, float, str]:
    return cost.rows_read, float("inf") if cost.queries is None else cost.queries, cost.contender
