"""How long wrong rows stay wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING

from incload.report.comparison.verdict_matrix import pair_title, verdict_trials
from incload.report.format import listed, whole
from incload.report.render.blocks import Block, Heading, Paragraph, Table

if TYPE_CHECKING:
    import pandas as pd

_HEADS = (
    "strategy", "wrong trials", "wrong syncs", "rows ever wrong", "predicted", "never healed", "syncs to heal, median",
    "syncs to heal, max",
)  # fmt: skip


def healing_blocks(frame: pd.DataFrame) -> list[Block]:
    """Return what became of the wrong rows of each strategy; equal tables of several engine pairs are shown once."""
    trials = verdict_trials(frame)
    wrong = trials[trials["outcome"] == "wrong"]
    if wrong.empty:
        return []
    tables: dict[Table, list[str]] = {}
    for (suite, pair), part in wrong.groupby(["suite", "pair"], sort=False):
        tables.setdefault(_table(part), []).append(pair_title(str(suite), str(pair)))
    intro = (
        "The wrong trials of each strategy, added up: the syncs after which source and target differed, the rows that "
        "were wrong after any sync, how many the lags predicted (for strategies that merge what a cursor shows), those "
        "that were never seen right again, and for the rest after how many syncs they were right (the median over "
        "trials of each trial's median, and the largest of all)."
    )
    blocks: list[Block] = [Heading(2, "Healing"), Paragraph(intro)]
    for table, pairs in tables.items():
        blocks += [Paragraph("", lead=f"{listed(pairs)}:"), table]
    return blocks


def _table(wrong: pd.DataFrame) -> Table:
    totals = wrong.groupby("contender", sort=False).agg(
        trials=("outcome", "size"),
        wrong_syncs=("wrong_syncs", "sum"),
        syncs=("syncs", "sum"),
        ever=("rows_ever_wrong", "sum"),
        predicted=("rows_ever_wrong_predicted", lambda numbers: numbers.sum(min_count=1)),
        never=("rows_never_healed", "sum"),
        median=("heal_syncs_median", "median"),
        most=("heal_syncs_max", "max"),
    )
    rows = tuple(
        (
            str(row.Index), whole(row.trials), f"{row.wrong_syncs:,} of {row.syncs:,}",
            *map(whole, (row.ever, row.predicted, row.never, row.median, row.most)),
        )
        for row in totals.itertuples()
    )  # fmt: skip
    return Table(_HEADS, rows)
