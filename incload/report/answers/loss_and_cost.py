"""Every loader of some reports in one picture: the rows that it read against the rows that it ever had wrong."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from incload.errors import Refused
from incload.report.answers.frontier import pareto
from incload.report.frame import REFERENCE, frame_of
from incload.report.outcome_csv import read_outcomes
from incload.report.render.cost_picture import Spot, cost_picture

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    import pandas as pd

CAPTIONS = {
    "own": "strategies of incload",
    "other": "loaders as people write them",
    "uncounted": "tools and scripts, which do not count what they read",
}


def draw_frontier(reports: Sequence[Path], picture: Path) -> None:
    """Draw what the CSVs of some comparisons hold.

    Raises:
        Refused: When a file is no report, or no trial of them has a verdict.
    """
    frames = [frame_of(each for each in read_outcomes(report) if each.suite == "matrix") for report in reports]
    found = [spot for frame in frames for spot in spots(frame)]
    if not found:
        raise Refused("there is no frontier to draw: no trial of these reports has a verdict.")
    rows = " or ".join(sorted({f"{number:,}" for frame in frames for number in frame["rows"].unique()}))
    title = f"What being right costs: wrong rows and rows read, on average over scenarios of a table of {rows} rows"
    picture.write_text(cost_picture(joined(found), title, CAPTIONS), encoding="utf-8")


def spots(trials: pd.DataFrame) -> list[Spot]:
    """Return the loaders of a report with means over the scenarios in which they ran; reference copies are none."""
    ran = trials[trials["outcome"].isin(["sound", "wrong"]) & (trials["strategy"] != REFERENCE)]
    found = []
    for name, part in ran.groupby("strategy", sort=True):
        scenarios = part.groupby("scenario")[["rows_read", "rows_ever_wrong"]].median()
        counted = bool(part["rows_read"].notna().all())
        read = float(scenarios["rows_read"].mean()) if counted else None
        kind = "own" if bool((part["predicted"] != "").any()) else "other"
        found.append(Spot(str(name), kind, read, float(scenarios["rows_ever_wrong"].mean()), len(scenarios)))
    return found


def joined(found: Iterable[Spot]) -> list[Spot]:
    """Return loaders, each with whether no other one reads and loses as little."""
    kept = list(found)
    counted = [(one.name, one.read, one.wrong) for one in kept if one.read is not None]
    best = {each.name for each in pareto(counted) if each.best}
    return [replace(each, joined=each.read is not None and each.name in best) for each in kept]
