"""The first wrong row of each failing cell, shown once where engines or strategies have the same."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from incload.report.comparison.verdict_matrix import verdict_trials
from incload.report.format import listed, plural
from incload.report.frame import in_order
from incload.report.render.blocks import Block, Fold, Heading, Paragraph, Story

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd


class _Cell(NamedTuple):
    """Whose story one is, under the names of the report's columns."""

    contender: str
    pair: str


def story_blocks(frame: pd.DataFrame) -> list[Block]:
    """Return the witnesses, scenario by scenario."""
    wrong = _wrong(frame)
    if not wrong:
        return []
    intro = "The story of the first wrong row of each failing cell. Cells with one and the same story share it."
    blocks: list[Block] = [Heading(2, "Witnesses"), Paragraph(intro)]
    for scenario, by_witness in wrong.items():
        number = len({cell.contender for cells in by_witness.values() for cell in cells})
        strategies = plural(number, "strategy", "strategies")
        blocks.append(Fold(f"{scenario}: {strategies}", _stories(scenario, by_witness)))
    return blocks


def anchors(frame: pd.DataFrame) -> dict[tuple[str, str], str]:
    """Return the anchor of the first story of each failing cell, by strategy and scenario."""
    found: dict[tuple[str, str], str] = {}
    for scenario, by_witness in _wrong(frame).items():
        for number, cells in enumerate(by_witness.values(), start=1):
            for cell in cells:
                found.setdefault((cell.contender, scenario), _anchor(scenario, number))
    return found


def _wrong(frame: pd.DataFrame) -> dict[str, dict[str, list[_Cell]]]:
    """Return the failing cells by scenario and story, in the order of the report: each story has few of many."""
    trials = verdict_trials(frame)
    wrong = trials[(trials["outcome"] == "wrong") & (trials["witness"] != "")]
    found: dict[str, dict[str, list[_Cell]]] = {}
    columns = (map(str, wrong[name]) for name in ("scenario", "witness", *_Cell._fields))
    for scenario, witness, *cell in zip(*columns, strict=True):
        found.setdefault(scenario, {}).setdefault(witness, []).append(_Cell(*cell))
    return found


def _anchor(scenario: str, number: int) -> str:
    """Return an anchor that needs no escaping, whatever the scenario is called."""
    return f"story-{re.sub(r'[^A-Za-z0-9]+', '-', scenario)}-{number}"


def _stories(scenario: str, by_witness: dict[str, list[_Cell]]) -> tuple[Story, ...]:
    pairs = in_order(cell.pair for cells in by_witness.values() for cell in cells)
    return tuple(
        Story(_whose(cells, pairs), _steps(witness), _anchor(scenario, number))
        for number, (witness, cells) in enumerate(by_witness.items(), start=1)
    )


def _steps(witness: str) -> tuple[str, ...]:
    """Return the lines of a story without the numbers that they may bear; the renderer numbers them again."""
    lines = enumerate(filter(None, map(str.strip, witness.splitlines())), start=1)
    return tuple(line.removeprefix(f"{number}. ") for number, line in lines)


def _whose(cells: Sequence[_Cell], pairs: list[str]) -> str:
    """Name the strategies of a story, and the engines when it does not happen on all of them."""
    where: dict[str, list[str]] = {}
    for cell in dict.fromkeys(cells):
        where.setdefault(cell.contender, []).append(cell.pair)
    return listed([name if on == pairs else f"{name} ({listed(on)})" for name, on in where.items()])
