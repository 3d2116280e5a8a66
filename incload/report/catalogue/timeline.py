"""A history of a few rows as a small picture: when each row became visible, with which cursor value, and was wrong.

The picture is plain SVG with its own background, so that it is readable on light and on dark pages.
"""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_LEFT, _STEP, _HIGH, _TOP, _BELOW = 64, 84, 40, 30, 22
_INK, _GREY, _BLUE, _RED = "#1b1f24", "#8a929c", "#0072b2", "#c0392b"


@dataclass(frozen=True, slots=True)
class Mark:
    """What happens to a row.

    Attributes:
        tick: After which tick it is visible; 0 for the start.
        gone: Whether the row is deleted.
        label: The cursor value of the row from then on.
    """

    tick: int
    gone: bool
    label: str


@dataclass(frozen=True, slots=True)
class Line:
    """A row.

    Attributes:
        name: Its key.
        marks: What happens to it.
        wrong: From which sync to which its copy is wrong, by the ticks that they follow; None for never.
        kind: How it is wrong.
    """

    name: str
    marks: tuple[Mark, ...]
    wrong: tuple[int, int] | None = None
    kind: str = ""


@dataclass(frozen=True, slots=True)
class Timeline:
    """A history of a few rows.

    Attributes:
        title: What a reader who cannot see it is read.
        rows: The rows.
        syncs: After which ticks a sync runs.
        ticks: How many ticks there are; those in which nothing happens to the rows are left out at both ends.
    """

    title: str
    rows: tuple[Line, ...]
    syncs: tuple[int, ...]
    ticks: int

    @property
    def first(self) -> int:
        """The first tick that is drawn: the one before anything happens."""
        return max(min((mark.tick for row in self.rows for mark in row.marks), default=0) - 1, 0)

    @property
    def last(self) -> int:
        """The last tick that is drawn: one or two after anything happens."""
        marks = [mark.tick for row in self.rows for mark in row.marks]
        wrong = [row.wrong[0] for row in self.rows if row.wrong]
        return min(max([0, *marks, *wrong]) + 2, self.ticks)

    def svg(self) -> str:
        """Return the picture."""
        width = self._place(self.last) + _STEP
        height = _TOP + _HIGH * len(self.rows) + _BELOW
        parts = [
            *self._schedule(height),
            *(line for at, row in enumerate(self.rows) for line in self._line(at, row)),
        ]
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" role="img"'
            f' font-family="monospace" font-size="11"><title>{escape(self.title)}</title>\n'
            f'<rect width="{width}" height="{height}" fill="#ffffff"/>\n' + "\n".join(parts) + "\n</svg>\n"
        )

    def _schedule(self, height: int) -> Iterator[str]:
        """Draw a line for each sync."""
        for tick in filter(lambda tick: self.first <= tick <= self.last, self.syncs):
            at = self._place(tick)
            yield f'<path d="M{at} {_TOP - 8}V{height - _BELOW}" stroke="{_GREY}" stroke-dasharray="3 3"/>'
            yield _text(at, _TOP - 14, f"sync {tick}", _GREY, "middle")

    def _line(self, at: int, row: Line) -> Iterator[str]:
        """Draw a row: a line while it is in the source, a point for each version, red while the copy is wrong."""
        y = _TOP + _HIGH * at + _HIGH // 2
        yield _text(8, y + 4, row.name, _INK, "start")
        alive = [*row.marks, Mark(self.last, gone=True, label="")]
        for mark, after in zip(row.marks, alive[1:], strict=True):
            if not mark.gone:
                end = self._place(self.last) + _STEP // 2 if after is alive[-1] else self._before(after.tick)
                yield f'<path d="M{self._before(mark.tick)} {y}H{end}" stroke="{_BLUE}" stroke-width="2"/>'
        if row.wrong:
            first = self._place(row.wrong[0])
            # What is wrong to the end goes on to the end of the picture.
            last = self._place(self.last) + _STEP // 2 if row.wrong[1] >= self.last else self._place(row.wrong[1])
            yield f'<path d="M{first} {y}H{max(last, first + 6)}" stroke="{_RED}" stroke-width="6" opacity="0.6"/>'
            yield _text(first + 4, y - 6, row.kind, _RED, "start")
        for mark in row.marks:
            x = self._before(mark.tick)
            if mark.gone:
                yield f'<path d="M{x - 4} {y - 4}l8 8m0 -8l-8 8" stroke="{_INK}" stroke-width="2"/>'
            else:
                yield f'<circle cx="{x}" cy="{y}" r="4" fill="{_BLUE}"/>'
            yield _text(x, y + 16, mark.label, _INK, "middle")

    def _place(self, tick: int) -> int:
        """Return where the sync after a tick is drawn."""
        return _LEFT + _STEP + (tick - self.first) * _STEP

    def _before(self, tick: int) -> int:
        """Return where the tick itself is drawn: half a step before its sync."""
        return self._place(tick) - _STEP // 2


def _text(x: int, y: int, text: str, colour: str, anchor: str) -> str:
    return f'<text x="{x}" y="{y}" fill="{colour}" text-anchor="{anchor}">{escape(text)}</text>'
