"""The frontier: how many rows each strategy ever had wrong, against how many it read; whom no other one beats."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from incload.report.format import whole
from incload.report.render.blocks import Block, Drawing, Heading, Paragraph, Table
from incload.report.render.frontier_svg import Dot, frontier_svg

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

INTRO = (
    "Every strategy that ran in all scenarios: the rows that it ever had wrong against the rows that it read, each the "
    "median over the pairs of engines, added up over the scenarios. No other strategy has fewer of one and as few of "
    "the other than those that the line joins. Rows that a strategy left for a later sync are not read yet."
)


@dataclass(frozen=True, slots=True)
class Point:
    """A strategy on the chart.

    Attributes:
        name: The strategy.
        read: The rows that it read.
        wrong: The rows that were ever wrong.
        best: Whether no other strategy has as few of both, and fewer of one.
    """

    name: str
    read: float
    wrong: float
    best: bool


def frontier_blocks(trials: pd.DataFrame) -> list[Block]:
    """Return the chart and its figures; nothing for fewer than two strategies."""
    found = points(trials)
    if len(found) < 2:
        return []
    return [Heading(2, "What being right costs"), Paragraph(INTRO), *drawn(found)]


def drawn(found: Sequence[Point]) -> list[Block]:
    """Return points as a drawing, and as a table of those that no other one beats."""
    dots = [Dot(each.name, each.read, each.wrong, each.best) for each in found]
    best = [each for each in found if each.best]
    rows = tuple((each.name, whole(each.read), whole(each.wrong)) for each in best)
    text = f"{len(found)} strategies; {len(best)} are not beaten in both rows read and rows ever wrong."
    return [Drawing(frontier_svg(dots), text), Table(("strategy", "rows read", "rows ever wrong"), rows)]


def points(trials: pd.DataFrame) -> list[Point]:
    """Return the strategies that ran in all scenarios and counted what they read, the one that reads least first."""
    ran = trials[trials["outcome"].isin(["sound", "wrong"]) & trials["rows_read"].notna()]
    medians = ran.groupby(["contender", "scenario"], sort=False)[["rows_read", "rows_ever_wrong"]].median()
    totals = medians.groupby("contender", sort=False).agg(["sum", "size"])
    number = trials["scenario"].nunique()
    pairs = [(str(row[0]), float(row[1]), float(row[3])) for row in totals.itertuples(name=None) if row[2] == number]
    return pareto(pairs)


def pareto(pairs: Sequence[tuple[str, float, float]]) -> list[Point]:
    """Return points by cost, each with whether no other one is at most as high in both and lower in one."""

    def beaten(read: float, wrong: float) -> bool:
        return any(x <= read and y <= wrong and (x < read or y < wrong) for _, x, y in pairs)

    return sorted(
        (Point(name, read, wrong, not beaten(read, wrong)) for name, read, wrong in pairs),
        key=lambda point: (point.read, point.wrong, point.name),
    )
