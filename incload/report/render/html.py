"""The report as one HTML page, rendered from its CSV alone: no network, no script, readable without colour."""

from __future__ import annotations

from base64 import b64encode
from html import escape
from typing import TYPE_CHECKING, assert_never

from incload.report.comparison.sections import report_blocks
from incload.report.comparison.summary import TITLE
from incload.report.frame import report_frame
from incload.report.render.blocks import Fold, Grid, Heading, Paragraph, Picture, Points, Story, Table, Verbatim

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    import pandas as pd

    from incload.report.render.blocks import Block
    from incload.report.verdict import Verdict

_STYLE = """
:root{color-scheme:light dark;--ink:#1b1f24;--soft:#59636e;--line:#d5dae0;--page:#fff;--ok:#d5ecd9;--ok-ink:#14532d;
--c1:#fde7c9;--c2:#f8c08f;--c3:#e9805a;--c-ink:#3b0d00;--none:#eceef1;--unsure:#ddd3f2}
@media(prefers-color-scheme:dark){:root{--ink:#e4e7ea;--soft:#9aa4ae;--line:#3a424a;--page:#14171a;--ok:#1d3b27;
--ok-ink:#b7e3c3;--c1:#55401f;--c2:#7a4320;--c3:#a63d22;--c-ink:#fff;--none:#262b30;--unsure:#43365f}}
body{font:15px/1.5 system-ui,sans-serif;color:var(--ink);background:var(--page);max-width:82rem;
margin:2rem auto;padding:0 1rem}
h1{font-size:1.6rem}h2{margin-top:2.5rem;border-bottom:1px solid var(--line)}
p,li{max-width:60rem}
.wide{overflow-x:auto}
table{border-collapse:collapse;font-size:.87rem;font-variant-numeric:tabular-nums}
th,td{padding:.3rem .6rem;border-bottom:1px solid var(--line);text-align:right;vertical-align:top}
th{font-weight:600;vertical-align:bottom}
.left{text-align:left}
.grid{border-collapse:separate;border-spacing:2px;line-height:1.2}
.grid th,.grid td{border:0;padding:.25rem}
.grid thead th{text-align:center;font-size:.8rem}
.grid tbody th{font-size:.8rem;text-align:left;vertical-align:middle;white-space:nowrap}
.grid td{text-align:center;vertical-align:middle;border-radius:4px;min-width:3.4rem}
.grid small{display:block;font-size:.7rem}
.c0{background:var(--ok);color:var(--ok-ink)}.c1{background:var(--c1)}.c2{background:var(--c2)}
.c3{background:var(--c3);color:var(--c-ink)}.unsure{background:var(--unsure)}
.none{background:var(--none);color:var(--soft)}
blockquote{margin:.3rem 0 1rem;border-left:3px solid var(--line);color:var(--soft)}
summary{cursor:pointer;padding:.15rem 0}pre{overflow-x:auto;background:var(--none);padding:.8rem}
"""

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
    return (
        f'<!doctype html>\n<html lang="en">\n<head>\n{head}\n<title>{escape(title)}</title>\n<style>{_STYLE}</style>\n'
        f"</head>\n<body>\n{page_body(blocks)}\n</body>\n</html>\n"
    )


def page_body(blocks: Iterable[Block]) -> str:
    """Return blocks as HTML elements, one after the other."""
    return "\n".join(map(_element, blocks))


def _element(block: Block) -> str:  # noqa: PLR0911 - one for each kind of block
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
        case Story(lead, steps):
            numbered = "\n".join(f"<li>{escape(step)}</li>" for step in steps)
            return f"<p><b>{escape(lead)}</b></p>\n<blockquote><ol>\n{numbered}\n</ol></blockquote>"
        case Verbatim(text):
            return f"<pre>{escape(text)}</pre>"
        case Picture(path, text):
            # The page is to be whole on its own, wherever it is sent.
            data = b64encode(path.read_bytes()).decode()
            return f'<p><img style="max-width:100%" alt="{escape(text)}" src="data:image/png;base64,{data}"></p>'
        case Fold(summary, inner):
            return f"<details><summary>{escape(summary)}</summary>\n{page_body(inner)}\n</details>"
        case _:
            assert_never(block)


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
    return f'<div class="wide"><table>\n{head}\n<tbody>\n{body}\n</tbody>\n</table></div>'


def _grid(grid: Grid) -> str:
    """Return a matrix with scenarios down, where a page has room for them, and contenders across."""
    heads = "".join(f"<th>{escape(name.replace('_', ' '))}</th>" for name in grid.contenders)
    columns = zip(*grid.cells, strict=True)
    rows = "\n".join(
        f"<tr><th>{escape(scenario)}</th>{''.join(map(_cell, column))}</tr>"
        for scenario, column in zip(grid.scenarios, columns, strict=True)
    )
    return (
        f'<div class="wide"><table class="grid">\n<thead><tr><th></th>{heads}</tr></thead>\n<tbody>\n{rows}\n</tbody>\n'
        f"</table></div>\n<p>{escape(_LEGEND)}</p>"
    )


def _cell(cell: Verdict) -> str:
    number = f"&nbsp;{cell.number:,}" if cell.number is not None else ""
    kinds = f"<small>{escape(', '.join(kind for kind, _ in cell.counts))}</small>" if cell.counts else ""
    return f'<td class="{_CLASSES[cell.shade]}" title="{escape(cell.text)}">{cell.sign}{number}{kinds}</td>'
