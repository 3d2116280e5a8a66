"""What is measured on request, from memory to the floor: each suite is one table of figures."""

from __future__ import annotations

from typing import TYPE_CHECKING

from incload.report.comparison import scaling
from incload.report.format import MISSING, TIMES, figure, ratio, rounded, whole
from incload.report.render.blocks import Block, Heading, Paragraph, Table

if TYPE_CHECKING:
    import pandas as pd

SUITES = {
    "memory": "The peak memory of a process that loads everything, of a table and of one of ten times its size.",
    "start_up": "Whole processes with nothing to do, start-up and exit included.",
    "dataset": "Rows made and streamed to Parquet by a whole process.",
    "peers": "Whole processes by turns on the same files; the multiple is that of incload's fastest round.",
    "floor": "SQLite's own statement under settings that bear on it; the multiple is that of the reference copy. "
    "Without a journal no target survives that the process dies, and without waiting for the disk none a power cut.",
    scaling.SUITE: "One sync of a table of which some rows changed, one half of them new.",
}
"""The suites, and what each measures."""

_HEADS = (
    "what",
    "engines",
    "who",
    "rows",
    "seconds, min",
    "seconds, median",
    "table rows/s",
    TIMES,
    "peak MB",
    "rows read",
)
_GROWTH_HEADS = (
    "strategy", "seconds over table", "rows read over table", "seconds over changes", "rows read over changes",
)  # fmt: skip


def figure_blocks(frame: pd.DataFrame) -> list[Block]:
    """Return a section for each of the suites that is there."""
    blocks: list[Block] = []
    for suite, meaning in SUITES.items():
        part = frame[frame["suite"] == suite]
        if not part.empty:
            blocks += [Heading(2, f"Measured on request: {suite.replace('_', ' ')}"), Paragraph(meaning), _table(part)]
            blocks += _exponents(part) if suite == scaling.SUITE else []
    return blocks


def _table(part: pd.DataFrame) -> Table:
    rows = tuple(
        (
            str(row.scenario).replace("_", " "), _engines(str(row.pair)), str(row.strategy),
            whole(row.rows), rounded(row.load_seconds_min), rounded(row.load_seconds_median),
            rounded(row.table_rows_per_second), ratio(row.times_reference), _megabytes(row.peak_memory_bytes),
            whole(row.rows_read),
        )
        for row in part.itertuples()
    )  # fmt: skip
    return Table(_HEADS, rows, left=3)


def _engines(pair: str) -> str:
    """Return the engines' names, or a mark where no engine takes part."""
    return pair if pair.strip(" \N{RIGHTWARDS ARROW}") else MISSING


def _megabytes(value: object) -> str:
    return whole(value / 1e6) if isinstance(value, int | float) and value == value else MISSING  # noqa: PLR0124 - not a number


def _exponents(part: pd.DataFrame) -> list[Block]:
    """Say with which power each cost follows the size and the changes: 0 does not follow, 1 follows in proportion."""
    found: dict[str, list[scaling.Point]] = {}
    for row in part.itertuples():
        read = figure(row.rows_read)
        point = scaling.point(str(row.scenario), float(str(row.load_seconds_min)), None if read is None else int(read))
        if point:
            found.setdefault(str(row.strategy), []).append(point)
    rows = tuple((name, *map(_power, scaling.exponents(points))) for name, points in found.items())
    intro = (
        "The exponents fitted to these points: a cost that does not follow has 0, one in proportion has 1. "
        "A cursor strategy should have about 0 over the table and no more than 1 over its changes."
    )
    return [Paragraph(intro), Table(_GROWTH_HEADS, rows)]


def _power(value: float | None) -> str:
    return MISSING if value is None else f"{value:.2f}"
