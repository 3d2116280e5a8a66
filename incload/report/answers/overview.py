"""The heat map of a report: strategies down, the soundest and then the cheapest first, scenarios across."""

from __future__ import annotations

from typing import TYPE_CHECKING

from incload.report.comparison.witnesses import anchors
from incload.report.format import figure, listed, shortened
from incload.report.frame import in_order
from incload.report.render.blocks import Block, Grid, Heading, Note, Paragraph
from incload.report.verdict import NOT_RUN, SHOWN, Verdict

if TYPE_CHECKING:
    import pandas as pd

INTRO = (
    "Strategies from the one that is right in most scenarios to the one that is right in the fewest, those that read "
    "fewer rows first. A cell shows the worst that any pair of engines saw; in the HTML report it leads to the story "
    "of its first wrong row, and says more when it is pointed at or focused."
)
_WHY = 160
_SEEN = ["contender", "scenario", "outcome", "verdict", "pair", "assumption", "reason", "cell"]
"""The columns of which a cell is made: to cut a frame into parts takes its time for each column."""


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
    parts = trials[_SEEN].groupby(["contender", "scenario"], sort=False)
    groups = {(str(who), str(what)): part for (who, what), part in parts}
    cells = tuple(tuple(_worst(groups.get((who, what))) for what in scenarios) for who in contenders)
    notes = tuple(
        tuple(Note(_why(groups.get((who, what))), stories.get((who, what), "")) for what in scenarios)
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


def _worst(trials: pd.DataFrame | None) -> Verdict:
    """Return the verdict of the pair on which most was wrong; an error is worse than any number."""
    if trials is None:
        return NOT_RUN
    verdicts: list[Verdict] = list(trials["verdict"])
    return max(verdicts, key=_badness)


def _badness(verdict: Verdict) -> tuple[int, int]:
    place = {"not_applicable": 0, "sound": 1, "wrong": 2, "unknown": 3}
    return place.get(verdict.outcome, 0), verdict.number or 0


def _why(trials: pd.DataFrame | None) -> str:
    """Say what was seen, on which engines if not on all, and which assumption was broken."""
    if trials is None:
        return "not run"
    parts = [
        f"{SHOWN.get(str(outcome), str(outcome))}{_where(part, trials)}{_cause(part)}"
        for outcome, part in trials.groupby("outcome", sort=False)
    ]
    return shortened("; ".join(parts), _WHY)


def _where(part: pd.DataFrame, trials: pd.DataFrame) -> str:
    return "" if len(part) == len(trials) else f" on {listed(in_order(part['pair']))}"


def _cause(part: pd.DataFrame) -> str:
    broken = in_order(part["assumption"][part["assumption"] != ""])
    reasons = in_order(part["reason"][part["reason"] != ""])
    if str(part["outcome"].iloc[0]) == "wrong":
        said = [str(part["cell"].iloc[0]), *([f"it needs {listed(broken)}"] if broken else [])]
        return f": {', '.join(said)}"
    return f": {reasons[0]}" if reasons else ""
