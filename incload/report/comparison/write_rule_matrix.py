"""The mismatch matrix: which way of reading goes with which way of writing, and what the others do to the copy."""

from __future__ import annotations

from typing import TYPE_CHECKING

from incload.report.frame import in_order
from incload.report.render.blocks import Block, Grid, Heading, Paragraph
from incload.report.verdict import NOT_RUN, Verdict

if TYPE_CHECKING:
    import pandas as pd

SUITE = "write_rules"
"""The suite in which every strategy meets every write rule."""

_LEGEND = (
    "Strategies down, write rules across: append adds every row read, merge overwrites by key, newest does so unless "
    "the version there is newer, replace makes the rows read the whole target, mirror merges and deletes what was not "
    "read; the guard against mass removal is off. Cells as above. Duplicated rows come of appending what was read or "
    "updated before, lost rows of replacing or mirroring with less than everything, phantoms of rules that never "
    "delete, stale rows of a version held back."
)


def mismatch_blocks(frame: pd.DataFrame) -> list[Block]:
    """Return the section of the suite's trials; none without any."""
    if frame.empty:
        return []
    blocks: list[Block] = [Heading(2, "Read rule x write rule"), Paragraph(_LEGEND)]
    for (scenario, pair), trials in frame.groupby(["scenario", "pair"], sort=False):
        blocks += [Heading(3, f"{scenario}, {pair}"), Paragraph(str(trials["meaning"].iloc[0])), _grid(trials)]
    return blocks


def _grid(trials: pd.DataFrame) -> Grid:
    strategies, rules = in_order(trials["strategy"]), in_order(trials["write_rule"])
    verdicts: dict[tuple[str, str], Verdict] = dict(
        zip(zip(trials["strategy"], trials["write_rule"], strict=True), trials["verdict"], strict=True)
    )
    cells = tuple(tuple(verdicts.get((strategy, rule), NOT_RUN) for rule in rules) for strategy in strategies)
    return Grid(tuple(strategies), tuple(rules), cells)
