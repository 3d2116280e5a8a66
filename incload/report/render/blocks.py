"""The report as blocks of plain text, before any markup: what it says, in which order, in which tables.

Blocks hold text as it is; the renderers escape it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from incload.report.verdict import Verdict


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading; level 1 is the title."""

    level: int
    text: str


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A paragraph, with an emphasised beginning if it has one."""

    text: str
    lead: str = ""


@dataclass(frozen=True, slots=True)
class Points:
    """A list; each point has an emphasised beginning, which may be empty, and a text."""

    items: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Table:
    """A table of texts.

    Attributes:
        heads: The heads of the columns.
        rows: The cells, as many in each row as there are heads.
        left: How many columns, from the first, are aligned to the left; the last is too when `left_last` is set.
        left_last: See above.
    """

    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    left: int = 1
    left_last: bool = False


@dataclass(frozen=True, slots=True)
class Note:
    """What a page that can be pointed at says of a cell, and the anchor of the story to which it leads, if any."""

    why: str
    anchor: str = ""


@dataclass(frozen=True, slots=True)
class Grid:
    """A verdict matrix: contenders down, scenarios across; with a note for each cell, or without any."""

    contenders: tuple[str, ...]
    scenarios: tuple[str, ...]
    cells: tuple[tuple[Verdict, ...], ...]
    notes: tuple[tuple[Note, ...], ...] = ()


@dataclass(frozen=True, slots=True)
class Story:
    """A quoted story, step by step, and whose it is; with the anchor that leads to it, if something does."""

    lead: str
    steps: tuple[str, ...]
    anchor: str = ""


@dataclass(frozen=True, slots=True)
class Verbatim:
    """A text to be shown as it was typed."""

    text: str


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture that stands in a file beside the report, and what it shows in words."""

    path: Path
    text: str


@dataclass(frozen=True, slots=True)
class Drawing:
    """A picture as SVG inside a page, and in words for what cannot show it; a table beside it has the figures."""

    svg: str
    text: str


@dataclass(frozen=True, slots=True)
class Fold:
    """Blocks that are shown when their summary is opened."""

    summary: str
    blocks: tuple[Block, ...]


Block = Heading | Paragraph | Points | Table | Grid | Story | Verbatim | Picture | Drawing | Fold
