"""The first wrong row of each failing cell, shown once where engines or strategies have the same."""

from __future__ import annotations

from typing import TYPE_CHECKING

from incload.report.comparison.verdict_matrix import verdict_trials
from incload.report.format import listed, plural
from incload.report.frame import in_order
from incload.report.render.blocks import Block, Fold, Heading, Paragraph, Story

if TYPE_CHECKING:
    import pandas as pd


def story_blocks(frame: pd.DataFrame) -> list[Block]:
    """Return the witnesses, scenario by scenario."""
    trials = verdict_trials(frame)
    wrong = trials[(trials["outcome"] == "wrong") & (trials["witness"] != "")]
    if wrong.empty:
        return []
    intro = "The story of the first wrong row of each failing cell. Cells with one and the same story share it."
    blocks: list[Block] = [Heading(2, "Witnesses"), Paragraph(intro)]
    for scenario, part in wrong.groupby("scenario", sort=False):
        strategies = plural(part["contender"].nunique(), "strategy", "strategies")
        blocks.append(Fold(f"{scenario}: {strategies}", _stories(part)))
    return blocks


def _stories(wrong: pd.DataFrame) -> tuple[Story, ...]:
    pairs = in_order(wrong["pair"])
    return tuple(
        Story(_whose(part, pairs), _steps(str(witness))) for witness, part in wrong.groupby("witness", sort=False)
    )


def _steps(witness: str) -> tuple[str, ...]:
    """Return the lines of a story without the numbers that they may bear; the renderer numbers them again."""
    lines = enumerate(filter(None, map(str.strip, witness.splitlines())), start=1)
    return tuple(line.removeprefix(f"{number}. ") for number, line in lines)


def _whose(cells: pd.DataFrame, pairs: list[str]) -> str:
    """Name the strategies of a story, and the engines when it does not happen on all of them."""
    where = {str(name): in_order(part["pair"]) for name, part in cells.groupby("contender", sort=False)}
    return listed([name if on == pairs else f"{name} ({listed(on)})" for name, on in where.items()])
