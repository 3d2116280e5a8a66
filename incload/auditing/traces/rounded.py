"""Rows that a watermark has passed which was rounded up, where no state says what was read.

Such a load reads up to a row of a minute, keeps the end of that minute, and never reads what comes in the rest of it:
the copy has rows of the minute before the wrong ones and none behind them. Late rows lie anywhere among those of their
minute. What must stay true: rows are named only where all of them look so that are looked at, in several spans of a
unit, and by chance would not.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from math import comb
from typing import TYPE_CHECKING

from incload.auditing.traces.placed import FEWEST, placed
from incload.engines.digests.spans import Span

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from incload.auditing.traces.placed import Placed
    from incload.engines.digests.canonical import Digests

_UNITS = (1, 60, 3_600, 86_400)
"""What a watermark may be rounded up to, in seconds."""
_MOST_CELLS = 50
"""About how many spans of a unit the copy is asked, evenly among all."""
_CHANCE = 0.01
"""How probable late rows may look so by chance."""


def rounded_up(cursors: Collection[str], copy: Digests, at: int, per_second: int) -> set[str]:
    """Return some cursors, where all are those of rows that a rounded watermark has passed; else none.

    Args:
        cursors: The cursors of late rows, none of which the copy has.
        copy: The copy.
        at: The place of the cursor among its columns.
        per_second: How many ticks per second the cursor counts.
    """
    wrong = placed(cursors)
    if not wrong or not per_second or wrong[0][1][0] not in "mi":
        return set()
    sides = (_Cells(wrong, unit * per_second, copy, at) for unit in _UNITS)
    return set(cursors) if any(each.chance() * len(_UNITS) <= _CHANCE for each in sides) else set()


@dataclass(frozen=True, slots=True)
class _Cells:
    """The cursors of late rows by the spans of a unit, each with its end and without its beginning."""

    wrong: list[Placed]
    unit: int
    copy: Digests
    at: int

    def chance(self) -> float:
        """Return how probable it is that late rows are the last of all their spans; 1 where they are not."""
        cells = [(number, list(rows)) for number, rows in groupby(self.wrong, lambda each: (each[0] - 1) // self.unit)]
        if len(cells) < FEWEST:
            return 1
        found = 1.0
        for each in self._chances(cells[:: len(cells) // _MOST_CELLS + 1]):
            if each == 1:
                return 1
            found *= each
        return found

    def _chances(self, cells: list[tuple[int, list[Placed]]]) -> Iterator[float]:
        """Yield of each span how probable it is that the late rows are its last; 1 where they are not, or alone."""
        for number, rows in cells:
            first = rows[0][1]
            start, end = (f"{first[0]}{edge * self.unit};" for edge in (number, number + 1))
            is_last = Span(self.copy, self.at, first, end).is_empty()
            before = Span(self.copy, self.at, start, first).count() if is_last else 0
            yield 1 / comb(before + len(rows), len(rows))
