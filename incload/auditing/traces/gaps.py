"""Stretches of cursors of which the copy has nothing, where no state says what was read.

Late rows lie among rows that were read in time. Where several wrong rows follow each other and the copy has no row
between them, no sync has read that stretch, or what it read was not kept. What must stay true: a stretch is named only
where so many late rows in a row are no chance.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from math import prod
from typing import TYPE_CHECKING

from incload.auditing.traces.parts import came_later
from incload.auditing.traces.placed import FEWEST, placed
from incload.engines.digests.spans import Span

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from incload.auditing.traces.parts import Keys
    from incload.auditing.traces.placed import Placed
    from incload.engines.digests.canonical import Digests

_MOST_QUERIES = 100
_CHANCE = 0.01
"""How many such stretches late rows may be expected to leave by chance."""


def unread(cursors: Collection[str], keys: Keys, copy: Digests, at: int) -> set[str]:
    """Return those of some cursors that lie in a stretch of which the copy has nothing.

    Args:
        cursors: The cursors of late rows, none of which the copy has.
        keys: Their keys, each with whether the copy has lost the row; where keys are whole numbers.
        copy: The copy.
        at: The place of the cursor among its columns.
    """
    wrong = placed(cursors)
    runs = [each for each in _Search(copy, at).runs(wrong) if len(each) >= FEWEST] if len(wrong) >= FEWEST else []
    if not runs:
        return set()
    rows = len(wrong) + Span(copy, at, wrong[0][1], copy.largest(at)).count()
    found = (each for each in runs if _expected(len(each), len(wrong), rows) < _CHANCE)
    return {text for run in found if not _came_later(run, keys, copy, at) for _, text in run}


def _expected(run: int, wrong: int, rows: int) -> float:
    """Return how many runs of wrong rows, so long or longer, are expected where any of all rows may be wrong."""
    return (rows - run + 1) * prod((wrong - each) / (rows - each) for each in range(run))


def _came_later(run: list[Placed], keys: Keys, copy: Digests, at: int) -> bool:
    rows = [row for _, text in run for row in keys.get(text, ())]
    return bool(rows) and came_later(rows, Span(copy, at, None, run[-1][1]))


@dataclass(slots=True)
class _Search:
    """Looks for stretches by halving what is left, with so many queries at most."""

    copy: Digests
    at: int
    asked: int = field(default=0)

    def runs(self, wrong: list[Placed]) -> Iterator[list[Placed]]:
        """Yield cursors between which the copy has none."""
        run: list[Placed] = []
        for part in self._parts(wrong):
            if run and not self._is_empty(run[-1], part[0]):
                yield run
                run = []
            run = run + part
        yield run

    def _parts(self, wrong: list[Placed]) -> Iterator[list[Placed]]:
        if len(wrong) == 1 or self._is_empty(wrong[0], wrong[-1]):
            yield wrong
            return
        half = len(wrong) // 2
        yield from self._parts(wrong[:half])
        yield from self._parts(wrong[half:])

    def _is_empty(self, first: Placed, last: Placed) -> bool:
        """Return whether the copy has nothing between two cursors; not once it was asked often enough."""
        self.asked += 1
        return self.asked <= _MOST_QUERIES and Span(self.copy, self.at, first[1], last[1]).is_empty()
