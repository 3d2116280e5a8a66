"""The report as one HTML page, rendered from its CSV alone: no network, readable without script and colour."""

from __future__ import annotations

from base64 import b64encode
from html import escape
from typing import TYPE_CHECKING, assert_never

from incload.report.comparison.sections import report_blocks
from incload.report.comparison.summary import TITLE
from incload.report.frame import report_frame
from incload.report.render.blocks import (
    Drawing,
    Fold,
    Grid,
    Heading,
    Note,
    Paragraph,
    Picture,
    Points,
    Story,
    Table,
    Verbatim,
)
from incload.report.render.page_style import SCRIPT, STYLE

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    import pandas as pd

    from incload.report.render.blocks import Block
    from incload.report.verdict import Verdict

MAP = "matrix"
"""The anchor of the matrix with links to stories."""

_CLASSES = {"none": "c0", "1-9": "c1", "10-99": "c2", "100+": "c3", "unknown": "unsure", "absent": "none"}

_LEGEND = (
    "✓ sound · ✗ wrong at the end · ↺ wrong on the way, right at the end · ? unknown · n/a refused when it was set up. "
    "The number counts wrong rows, and the words below it say of which kinds; a cell shows more when pointed at."
)


def render(report: Path | str | pd.DataFrame) -> str:
    """Return a report as a whole HTML page.

    Args:
        report: The CSV of the report, or a frame with the columns of that CSV.

    Raises:
        Refused: For a file or frame that is no report, or that holds a trial twice.
    """
    return page(report_blocks(report_frame(report)), TITLE)


def page(blocks: Iterable[Block], title: str) -> str:
    """Return blocks as a whole HTML page."""
    head = '<meta charset="utf-8">\n<meta name="viewport" content="width=device-width">'
    body = page_body(blocks)
    script = f"<script>{SCRIPT}</script>\n" if '<table class="grid sortable">' in body else ""
    return (
        f'<!doctype html>\n<html lang="en">\n<head>\n{head}\n<title>{escape(title)}</title>\n<style>{STYLE}</style>\n'
        f"</head>\n<body>\n<main>\n{body}\n</main>\n{script}</body>\n</html>\n"
    )


def page_body(blocks: Iterable[Block]) -> str:
    """Return blocks as HTML elements, one after the other."""
    return "\n".join(map(_element, blocks))


def _element(block: Block) -> str:  # noqa: C901, PLR0911 - one for each kind of block
    match block:
        case Heading(level, text):
            return f"<h{level}>{escape(text)}</h{level}>"
        case Paragraph(text, lead):
            return f"<p>{_led(lead, text)}</p>"
        case Points(items):
            points = "\n".join(f"<li>{_led(lead, text)}</li>" for lead, text in items)
            return f"<ul>\n{points}\n</ul>"
        case Table():
            return _table(block)
        case Grid():
            return _grid(block)
        case Story():
            return _story(block)
        case Verbatim(text):
            return f'<pre tabindex="0">{escape(text)}</pre>'
        case Picture(path, text):
            # The page is to be whole on its own, wherever it is sent.
            data = b64encode(path.read_bytes()).decode()
            return f'<p><img style="max-width:100%" alt="{escape(text)}" src="data:image/png;base64,{data}"></p>'
        case Drawing(svg, _):
            return f'<div class="wide" tabindex="0" role="group" aria-label="Chart">{svg}</div>'
        case Fold(summary, inner):
            return f"<details><summary>{escape(summary)}</summary>\n{page_body(inner)}\n</details>"
        case _:
            assert_never(block)


def _story(story: Story) -> str:
    numbered = "\n".join(f"<li>{escape(step)}</li>" for step in story.steps)
    anchor = f' id="{story.anchor}"' if story.anchor else ""
    back = f' <a href="#{MAP}">back to the matrix</a>' if story.anchor else ""
    return f"<p{anchor}><b>{escape(story.lead)}</b>{back}</p>\n<blockquote><ol>\n{numbered}\n</ol></blockquote>"


def _led(lead: str, text: str) -> str:
    return " ".join(part for part in (f"<b>{escape(lead)}</b>" if lead else "", escape(text)) if part)


def _table(table: Table) -> str:
    last = len(table.heads) - 1

    def row(tag: str, cells: Sequence[str]) -> str:
        lefts = (at < table.left or (table.left_last and at == last) for at in range(last + 1))
        sides = [' class="left"' if on_left else "" for on_left in lefts]
        return "".join(f"<{tag}{side}>{escape(cell)}</{tag}>" for side, cell in zip(sides, cells, strict=True))

    body = "\n".join(f"<tr>{row('td', cells)}</tr>" for cells in table.rows)
    head = f"<thead><tr>{row('th', table.heads)}</tr></thead>"
    table_of_rows = f"<table>\n{head}\n<tbody>\n{body}\n</tbody>\n</table>"
    return f'<div class="wide" tabindex="0" role="group" aria-label="Table">{table_of_rows}</div>'


def _grid(grid: Grid) -> str:
    """Return a matrix with contenders down and scenarios across; its heads and its first column stay in sight."""
    heads = "".join(f'<th scope="col">{escape(name.replace("_", " "))}</th>' for name in grid.scenarios)
    notes = grid.notes or tuple((Note(""),) * len(grid.scenarios) for _ in grid.contenders)
    rows = "\n".join(
        f'<tr><th scope="row">{_breakable(contender)}</th>{"".join(map(_cell, cells, said))}</tr>'
        for contender, cells, said in zip(grid.contenders, grid.cells, notes, strict=True)
    )
    kind, place = ("grid sortable", f' id="{MAP}"') if grid.notes else ("grid", "")
    return (
        f'<div class="wide map"{place} tabindex="0" role="group" aria-label="Verdicts"><table class="{kind}">\n'
        f"<thead><tr><td></td>{heads}</tr></thead>\n<tbody>\n{rows}\n</tbody>\n</table></div>\n<p>{escape(_LEGEND)}</p>"
    )


def _breakable(name: str) -> str:
    """Return a name that a narrow page breaks after an underscore, not in the middle of a word."""
    return escape(name).replace("_", "_<wbr>")


def _cell(cell: Verdict, note: Note) -> str:
    """Return a cell: its sign and number, with what was seen for who points at it, and a link to its story."""
    number = f"&nbsp;{cell.number:,}" if cell.number is not None else ""
    kinds = f"<small>{escape(', '.join(kind for kind, _ in cell.counts))}</small>" if cell.counts else ""
    shown = f"{cell.sign}{number}{kinds}"
    if note.anchor:
        shown = f'<a href="#{note.anchor}">{shown}</a>'
    if not note.why:
        return f'<td class="{_CLASSES[cell.shade]}" title="{escape(cell.text)}">{shown}</td>'
    rank = {"sound": 0, "wrong": 1 + (cell.number or 0)}.get(cell.outcome, 10**9)
    return f'<td class="{_CLASSES[cell.shade]}" data-n="{rank}">{shown}<span class="why">{escape(note.why)}</span></td>'
