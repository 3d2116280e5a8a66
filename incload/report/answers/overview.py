"""The heat map of a report: strategies down, the soundest and then the cheapest first, scenarios across."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from incload.report.comparison.witnesses import anchors
from incload.report.format import figure, listed, shortened
from incload.report.frame import in_order
from incload.report.render.blocks import Block, Grid, Heading, Note, Paragraph
from incload.report.verdict import NOT_RUN, SHOWN, Verdict

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

INTRO = (
    "Strategies from the one that is right in most scenarios to the one that is right in the fewest, those that read "
    "fewer rows first. A cell shows the worst that any pair of engines saw; in the HTML report it leads to the story "
    "of its first wrong row, and says more when it is pointed at or focused."
)
_WHY = 160


class _Trial(NamedTuple):
    """What is seen of a trial, under the names of the report's columns: a frame for each cell would take seconds."""

    contender: str
    scenario: str
    outcome: str
    verdict: Verdict
    pair: str
    assumption: str
    reason: str
    cell: str


def overview_blocks(trials: pd.DataFrame, anchored: pd.DataFrame) -> list[Block]:
    """Return the heat map of the trials of a suite; nothing without any.

    Args:
        trials: The trials.
        anchored: The whole report, whose stories are linked.
    """
    if trials.empty:
        return []
    return [Heading(2, "Where each strategy fails"), Paragraph(INTRO), overview(trials, anchors(anchored))]


def overview(trials: pd.DataFrame, stories: dict[tuple[str, str], str]) -> Grid:
    """Return the matrix over all pairs of engines, sorted."""
    contenders, scenarios = ranked(trials), in_order(trials["scenario"])
    groups: dict[tuple[str, str], list[_Trial]] = {}
    for row in zip(*(trials[column] for column in _Trial._fields), strict=True):
        seen = _Trial(*row)
        groups.setdefault((seen.contender, seen.scenario), []).append(seen)
    cells = tuple(tuple(_worst(groups.get((who, what), ())) for what in scenarios) for who in contenders)
    notes = tuple(
        tuple(Note(_why(groups.get((who, what), ())), stories.get((who, what), "")) for what in scenarios)
        for who in contenders
    )
    return Grid(tuple(contenders), tuple(scenarios), cells, notes)


def ranked(trials: pd.DataFrame) -> list[str]:
    """Return the strategies by the number of scenarios in which no pair found them wrong, then by rows read."""
    ran = trials[trials["outcome"] != "not_applicable"]
    failed = ran[ran["outcome"] != "sound"].groupby("contender")["scenario"].nunique()
    tried = ran.groupby("contender")["scenario"].nunique()
    read = ran.groupby("contender")["rows_read"].mean()
    names = in_order(trials["contender"])

    def place(name: str) -> tuple[float, float]:
        if name not in tried:
            return 1.0, 0.0
        rows = figure(read[name])
        return -float(tried[name] - failed.get(name, 0)), float("inf") if rows is None else rows

    return sorted(names, key=place)


def _worst(trials: Sequence[_Trial]) -> Verdict:
    """Return the verdict of the pair on which most was wrong; an error is worse than any number."""
    return max((each.verdict for each in trials), key=_badness, default=NOT_RUN)


def _badness(verdict: Verdict) -> tuple[int, int]:
    place = {"not_applicable": 0, "sound": 1, "wrong": 2, "unknown": 3}
    return place.get(verdict.outcome, 0), verdict.number or 0


def _why(trials: Sequence[_Trial]) -> str:
    """Say what was seen, on which engines if not on all, and which assumption was broken."""
    if not trials:
        return "not run"
    by: dict[str, list[_Trial]] = {}
    for each in trials:
        by.setdefault(each.outcome, []).append(each)
    parts = [f"{SHOWN.get(outcome, outcome)}{_where(part, trials)}{_cause(part)}" for outcome, part in by.items()]
    return shortened("; ".join(parts), _WHY)


def _where(part: Sequence[_Trial], trials: Sequence[_Trial]) -> str:
    return "" if len(part) == len(trials) else f" on {listed(in_order(each.pair for each in part))}"


def _cause(part: Sequence[_Trial]) -> str:
    broken = in_order(each.assumption for each in part if each.assumption)
    reason = next((each.reason for each in part if each.reason), "")
    if part[0].outcome == "wrong":
        said = [part[0].cell, *([f"it needs {listed(broken)}"] if broken else [])]
        return f": {', '.join(said)}"
    return f": {reason}" if reason else ""
