"""A report as plain text for a terminal: the same blocks, without markup."""

from __future__ import annotations

from typing import TYPE_CHECKING

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

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from incload.report.render.blocks import Block


def plain(blocks: Iterable[Block]) -> str:
    """Return blocks as text, one empty line between them, ending with a line feed."""
    return "\n\n".join("\n".join(_lines(block)) for block in blocks) + "\n"


def _lines(block: Block) -> list[str]:  # noqa: C901, PLR0911 - one for each kind of block
    match block:
        case Heading(_, text):
            return [text, "-" * len(text)]
        case Paragraph(text, lead):
            return [" ".join(filter(None, (lead, text)))]
        case Points(items):
            return ["  " + " ".join(filter(None, item)) for item in items]
        case Table():
            return _table(block)
        case Story(lead, steps):
            return [lead, *(f"  {number}. {step}" for number, step in enumerate(steps, start=1))]
        case Verbatim(text):
            return [f"  {line}" for line in text.splitlines()]
        case Drawing(_, text):
            return [text]
        case Picture(path, text):
            return [f"{text}: {path}"]
        case Fold(summary, inner):
            return [summary, "", plain(inner).rstrip("\n")]
        case Grid():
            raise TypeError("a matrix is not rendered in plain text")


def _table(table: Table) -> list[str]:
    """Return a table with its columns below one another; long heads take as many lines as they have words."""
    cells = [list(row) for row in table.rows]
    widths = [
        max([*(len(row[place]) for row in cells), *map(len, head.split())]) for place, head in enumerate(table.heads)
    ]
    heads = [_wrapped(head, width) for head, width in zip(table.heads, widths, strict=True)]
    height = max(map(len, heads))
    rows = [[""] * (height - len(head)) + head for head in heads]
    lines = [_line([head[line] for head in rows], widths, table.left) for line in range(height)]
    return [*lines, _line(["-" * width for width in widths], widths, table.left)] + [
        _line(row, widths, table.left) for row in cells
    ]


def _wrapped(text: str, width: int) -> list[str]:
    """Break a text into lines of at most so many characters; no word is longer."""
    lines: list[str] = []
    for word in text.split():
        if lines and len(lines[-1]) + 1 + len(word) <= width:
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    return lines


def _line(cells: Sequence[str], widths: Sequence[int], left: int) -> str:
    padded = [
        cell.ljust(width) if place < left else cell.rjust(width)
        for place, (cell, width) in enumerate(zip(cells, widths, strict=True))
    ]
    return f"  {'  '.join(padded)}".rstrip()
