"""The report as markdown, rendered from its CSV alone; made to be read on a code host's page and as plain text."""

from __future__ import annotations

from typing import TYPE_CHECKING, assert_never

from incload.report.comparison.sections import report_blocks
from incload.report.frame import report_frame
from incload.report.render.blocks import (
    Drawing,
    Fold,
    Grid,
    Heading,
    Paragraph,
    Picture,
    Points,
    Story,
    Table,
    Verbatim,
)
from incload.report.render.markdown_tables import escaped, escaped_line, even_parts, table_lines

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    import pandas as pd

    from incload.report.render.blocks import Block
    from incload.report.verdict import Verdict

COLUMNS_MOST = 5
"""How many scenarios stand beside each other before a matrix is continued below: what a code host's page can show."""


def render(report: Path | str | pd.DataFrame) -> str:
    """Return a report as markdown.

    Args:
        report: The CSV of the report, or a frame with the columns of that CSV.

    Raises:
        Refused: For a file or frame that is no report, or that holds a trial twice.
    """
    return markdown(report_blocks(report_frame(report)))


def markdown(blocks: Iterable[Block]) -> str:
    """Return blocks as markdown, one empty line between them."""
    return "\n\n".join("\n".join(_lines(block)) for block in blocks) + "\n"


def _lines(block: Block) -> list[str]:  # noqa: C901, PLR0911 - one for each kind of block
    match block:
        case Heading(level, text):
            return [f"{'#' * level} {escaped(text)}"]
        case Paragraph(text, lead):
            return [_led(lead, text)]
        case Points(items):
            return [f"- {_led(lead, text)}" for lead, text in items]
        case Table(heads, rows, left, left_last):
            return table_lines(
                [*map(escaped, heads)], [[*map(escaped, row)] for row in rows], left=left, left_last=left_last
            )
        case Grid():
            return _grid(block)
        case Story(lead, steps):
            return _quoted(lead, steps)
        case Drawing(_, text):
            return [escaped_line(text)]
        case Verbatim(text):
            return _verbatim(text)
        case Picture(path, text):
            return [f"![{escaped(text)}]({path.name})"]
        case Fold(summary, inner):
            return ["<details>", f"<summary>{escaped(summary)}</summary>", "", markdown(inner), "</details>"]
        case _:
            assert_never(block)


def _led(lead: str, text: str) -> str:
    parts = (f"**{escaped(lead)}**" if lead else "", escaped(text) if lead else escaped_line(text))
    return " ".join(part for part in parts if part)


def _grid(grid: Grid) -> list[str]:
    """Return a matrix as tables of at most `COLUMNS_MOST` scenarios; heads have spaces so that they can wrap."""
    lines: list[str] = []
    for part in even_parts(len(grid.scenarios), COLUMNS_MOST):
        heads = ["strategy", *(escaped(scenario.replace("_", " ")) for scenario in grid.scenarios[part])]
        rows = [
            [escaped(contender), *map(_cell, cells[part])]
            for contender, cells in zip(grid.contenders, grid.cells, strict=True)
        ]
        lines += [*([""] if lines else []), *table_lines(heads, rows, left=len(heads))]
    return lines


def _cell(cell: Verdict) -> str:
    """Return a cell, emphasised where a copy was wrong or nothing could be observed."""
    return f"**{escaped(cell.text)}**" if cell.outcome in {"wrong", "unknown"} else escaped(cell.text)


def _quoted(lead: str, steps: Iterable[str]) -> list[str]:
    """Return a story as a quotation of numbered steps."""
    items = [f"> {number}. {escaped_line(step)}" for number, step in enumerate(steps, start=1)]
    return [f"**{escaped(lead)}**", "", *items]


def _verbatim(text: str) -> list[str]:
    """Return a fenced text; the fence is longer than any run of backticks in it."""
    fence = "`" * 3
    while fence in text:
        fence += "`"
    return [fence, *text.splitlines(), fence]
