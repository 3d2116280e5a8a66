"""The first wrong row of each failing cell, shown once where engines or strategies have the same."""

from __future__ import annotations

import re
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
        blocks.append(Fold(f"{scenario}: {strategies}", _stories(str(scenario), part)))
    return blocks


def anchors(frame: pd.DataFrame) -> dict[tuple[str, str], str]:
    """Return the anchor of the first story of each failing cell, by strategy and scenario."""
    trials = verdict_trials(frame)
    wrong = trials[(trials["outcome"] == "wrong") & (trials["witness"] != "")]
    found: dict[tuple[str, str], str] = {}
    for scenario, part in wrong.groupby("scenario", sort=False):
        for number, (_, cells) in enumerate(part.groupby("witness", sort=False), start=1):
            for contender in in_order(cells["contender"]):
                found.setdefault((contender, str(scenario)), _anchor(str(scenario), number))
    return found


def _anchor(scenario: str, number: int) -> str:
    """Return an anchor that needs no escaping, whatever the scenario is called."""
    return f"story-{re.sub(r'[^A-Za-z0-9]+', '-', scenario)}-{number}"


def _stories(scenario: str, wrong: pd.DataFrame) -> tuple[Story, ...]:
    pairs = in_order(wrong["pair"])
    return tuple(
        Story(_whose(part, pairs), _steps(str(witness)), _anchor(scenario, number))
        for number, (witness, part) in enumerate(wrong.groupby("witness", sort=False), start=1)
    )


def _steps(witness: str) -> tuple[str, ...]:
    """Return the lines of a story without the numbers that they may bear; the renderer numbers them again."""
    lines = enumerate(filter(None, map(str.strip, witness.splitlines())), start=1)
    return tuple(line.removeprefix(f"{number}. ") for number, line in lines)


def _whose(cells: pd.DataFrame, pairs: list[str]) -> str:
    """Name the strategies of a story, and the engines when it does not happen on all of them."""
    where = {str(name): in_order(part["pair"]) for name, part in cells.groupby("contender", sort=False)}
    return listed([name if on == pairs else f"{name} ({listed(on)})" for name, on in where.items()])
