"""Markdown's small change: escaped text and aligned tables, also for texts that were meant to break them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_SPECIAL = re.compile(r"[\\`*|\[\]~$]|(?<![^\W_])_|_(?![^\W_])")
_START = re.compile(r"(#|[-+=](?=\s|$|[-=])|\d+(?=[.)]))")
_ENTITIES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})
_BREAKS = re.compile(r"[\r\n\v\f\x1c-\x1e\x85\u2028\u2029]+")


def escaped(text: str) -> str:
    """Return a text that markdown shows as it is, on one line.

    Underscores inside a word stay bare: they are no emphasis there, and most ids have some.
    """
    return _SPECIAL.sub(r"\\\g<0>", _BREAKS.sub(" ", text)).translate(_ENTITIES)


def escaped_line(text: str) -> str:
    """Return an escaped text that may stand at the start of a line without becoming a heading, list or rule."""
    shown = escaped(text).lstrip()
    match = _START.match(shown)
    if match is None:
        return shown
    at = match.end() if match[0].isdigit() else 0
    return f"{shown[:at]}\\{shown[at:]}"


def table_lines(
    heads: Sequence[str], rows: Sequence[Sequence[str]], *, left: int, left_last: bool = False
) -> list[str]:
    """Return the lines of a markdown table whose pipes stand below one another.

    Args:
        heads: The heads of the columns, escaped.
        rows: The cells, escaped.
        left: How many columns, from the first, are aligned to the left.
        left_last: Whether the last column is, too.
    """
    lines = (heads, *rows)
    widths = [max(3, *(len(line[column]) for line in lines)) for column in range(len(heads))]
    lefts = [column < left or (left_last and column == len(heads) - 1) for column in range(len(heads))]
    rule = ["-" * width if on_left else f"{'-' * (width - 1)}:" for width, on_left in zip(widths, lefts, strict=True)]
    return [_aligned(line, widths, lefts) for line in (heads, rule, *rows)]


def even_parts(length: int, most: int) -> Iterator[slice]:
    """Cut a length into the fewest parts that hold at most so many, as even as they can be."""
    count = -(-length // most)
    start = 0
    for part in range(count):
        end = start + (length - start) // (count - part) + bool((length - start) % (count - part))
        yield slice(start, end)
        start = end


def _aligned(cells: Sequence[str], widths: Sequence[int], lefts: Sequence[bool]) -> str:
    padded = (
        cell.ljust(width) if on_left else cell.rjust(width)
        for cell, width, on_left in zip(cells, widths, lefts, strict=True)
    )
    return f"| {' | '.join(padded)} |"
