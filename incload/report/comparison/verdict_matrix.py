"""The verdict matrices: strategies down, scenarios across, one for each suite; pairs of engines that agree share it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from incload.report.format import listed, plural, sentence
from incload.report.frame import in_order
from incload.report.render.blocks import Block, Grid, Heading, Paragraph, Points
from incload.report.verdict import NOT_RUN, SHOWN, Verdict

if TYPE_CHECKING:
    import pandas as pd

LEGEND = (
    "A cell counts the wrong rows of the copy at the end: lost (in the source only), stale (other content), phantom "
    "(in the target only), duplicated (extra copies of a key). (healed): wrong after some sync and right at the end, "
    "with the largest counts on the way; (gone): the wrong rows left the source before they were right."
)


def verdict_trials(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of a report that belong into a verdict matrix."""
    return frame[~frame["timed"] & ~frame["reference"]]


def grid(trials: pd.DataFrame) -> Grid:
    """Return the matrix of the trials of one suite on one pair of engines."""
    contenders, scenarios = in_order(trials["contender"]), in_order(trials["scenario"])
    verdicts: dict[tuple[str, str], Verdict] = dict(
        zip(zip(trials["contender"], trials["scenario"], strict=True), trials["verdict"], strict=True)
    )
    cells = tuple(
        tuple(verdicts.get((contender, scenario), NOT_RUN) for scenario in scenarios) for contender in contenders
    )
    return Grid(tuple(contenders), tuple(scenarios), cells)


def matrix_blocks(frame: pd.DataFrame) -> list[Block]:
    """Return the section with every verdict matrix; none when the report has no verdict trials."""
    trials = verdict_trials(frame)
    if trials.empty:
        return []
    blocks: list[Block] = [Heading(2, "Verdicts"), Paragraph(LEGEND)]
    for suite, of_suite in trials.groupby("suite", sort=False):
        blocks.append(Paragraph(_agreement(of_suite)))
        for pairs, matrix in _distinct(of_suite):
            blocks += [Heading(3, pair_title(str(suite), listed(pairs))), matrix]
        blocks += _reasons(of_suite)
    return blocks


def _distinct(trials: pd.DataFrame) -> list[tuple[list[str], Grid]]:
    """Return the matrices that differ, each with the pairs of engines that have it."""
    found: list[tuple[list[str], Grid]] = []
    for pair, of_pair in trials.groupby("pair", sort=False):
        matrix = grid(of_pair)
        pairs = next((pairs for pairs, known in found if known == matrix), None)
        if pairs is None:
            found.append(([str(pair)], matrix))
        else:
            pairs.append(str(pair))
    return found


def disagreeing_cells(trials: pd.DataFrame) -> list[tuple[str, str]]:
    """Return the (contender, scenario) whose cell is not the same on every pair of engines that could be tried."""
    cells = trials.pivot_table(
        index=["contender", "scenario"], columns="pair", values="cell", aggfunc="first", sort=False
    ).fillna(NOT_RUN.text)
    differ = cells.apply(lambda row: len({*row} - {"n/a"}) > 1, axis="columns")
    return [(str(contender), str(scenario)) for contender, scenario in cells[differ].index]


def pair_title(suite: str, pair: str) -> str:
    """Return the title of a pair of engines; the suite is named when it is not the usual one."""
    return pair if suite == "matrix" else f"{pair}, suite {suite}"


def _agreement(trials: pd.DataFrame) -> str:
    pairs = in_order(trials["pair"])
    if len(pairs) == 1:
        return f"One pair of engines was tried: {pairs[0]}."
    different = disagreeing_cells(trials)
    if not different:
        tried = ", where a strategy can be tried" if "not_applicable" in set(trials["outcome"]) else ""
        return f"All {len(pairs)} pairs of engines agree, cell by cell{tried}."
    cells = [f"{contender} in {scenario}" for contender, scenario in different[:5]]
    rest = f", and {len(different) - len(cells)} more" if len(different) > len(cells) else ""
    return f"The pairs of engines differ in {plural(len(different), 'cell')}: {'; '.join(cells)}{rest}."


def _reasons(trials: pd.DataFrame) -> list[Block]:
    """Return the whole reasons of the cells without an observation, each listed once."""
    without = trials[trials["outcome"].isin(["unknown", "not_applicable"])]
    if without.empty:
        return []
    points = []
    for (outcome, reason), cells in without.groupby(["outcome", "reason"], sort=False):
        who = [
            f"{contender} in {listed(in_order(each['scenario']))}" if outcome == "unknown" else str(contender)
            for contender, each in cells.groupby("contender", sort=False)
        ]
        points.append(
            (f"{'; '.join(who)}, {SHOWN.get(str(outcome), outcome)}:", sentence(str(reason) or "no reason was given"))
        )
    return [Paragraph("Cells without an observation, and why:"), Points(tuple(points))]
