"""A verdict matrix as an SVG picture that a page can show: one coloured cell for each strategy and scenario.

It is drawn from the matrix alone, without a plotting library, so that it is the same on every machine. The picture has
a background of its own and is therefore readable on light and on dark pages; every cell holds its words, so that
colour is never the only sign.
"""

from __future__ import annotations

from html import escape
from textwrap import wrap
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from incload.report.render.blocks import Grid
    from incload.report.verdict import Verdict

_COLOURS = {
    "none": ("#d5ecd9", "#14532d"),
    "1-9": ("#fde7c9", "#3b0d00"),
    "10-99": ("#f8c08f", "#3b0d00"),
    "100+": ("#e9805a", "#3b0d00"),
    "unknown": ("#ddd3f2", "#1b1f24"),
    "absent": ("#eceef1", "#59636e"),
}
"""The colours of a cell and of its words, by `Verdict.shade`; the same as in the report's HTML, on a light page."""

_LEFT, _TOP, _WIDTH, _HEIGHT, _MARGIN = 286, 84, 128, 24, 12
"""Where the first cell begins, the size of a cell and the space around all of them, in pixels."""

_FONT = "font-family='system-ui,-apple-system,Segoe UI,Helvetica,Arial,sans-serif'"


def heat_map(grid: Grid, title: str) -> str:
    """Return an SVG of a verdict matrix.

    Args:
        grid: Strategies down, scenarios across.
        title: What the picture shows, in one line above it and for screen readers.
    """
    width = _LEFT + len(grid.scenarios) * _WIDTH + _MARGIN
    height = _TOP + len(grid.contenders) * _HEIGHT + _MARGIN
    size = f"viewBox='0 0 {width} {height}' width='{width}' height='{height}'"
    lines = [
        f"<svg xmlns='http://www.w3.org/2000/svg' {size} role='img' {_FONT} font-size='12'>",
        f"<title>{escape(title)}</title>",
        f"<rect width='{width}' height='{height}' rx='8' fill='#ffffff'/>",
        _text(_MARGIN, 22, title, "#1b1f24", "font-size='14' font-weight='600'"),
        *_heads(grid.scenarios),
        *_names(grid.contenders),
        *_cells(grid),
        "</svg>",
    ]
    return "\n".join(lines) + "\n"


def _heads(scenarios: tuple[str, ...]) -> Iterator[str]:
    """Write the scenarios above the columns, in as many lines as they need."""
    for place, scenario in enumerate(scenarios):
        x, lines = _LEFT + place * _WIDTH + _WIDTH // 2, wrap(scenario.replace("_", " "), 18)
        for line, words in enumerate(reversed(lines)):
            yield _text(x, _TOP - 7 - 14 * line, words, "#1b1f24", "text-anchor='middle'")


def _names(contenders: tuple[str, ...]) -> Iterator[str]:
    """Write the strategies before the rows."""
    for place, name in enumerate(contenders):
        yield _text(_LEFT - 8, _TOP + place * _HEIGHT + 16, name, "#1b1f24", "text-anchor='end'")


def _cells(grid: Grid) -> Iterator[str]:
    """Draw the cells, row by row."""
    for down, verdicts in enumerate(grid.cells):
        for across, verdict in enumerate(verdicts):
            yield from _cell(_LEFT + across * _WIDTH, _TOP + down * _HEIGHT, verdict)


def _cell(x: int, y: int, verdict: Verdict) -> Iterator[str]:
    """Draw one cell and write its verdict into it."""
    colour, ink = _COLOURS[verdict.shade]
    yield f"<rect x='{x}' y='{y}' width='{_WIDTH - 2}' height='{_HEIGHT - 2}' rx='3' fill='{colour}'/>"
    yield _text(x + _WIDTH // 2 - 1, y + 15, verdict.text, ink, "text-anchor='middle' font-size='11'")


def _text(x: int, y: int, said: str, colour: str, more: str) -> str:
    return f"<text x='{x}' y='{y}' fill='{colour}' {more}>{escape(said)}</text>"
