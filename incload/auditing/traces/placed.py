"""Cursors at their places, and the spans between watermarks in which they lie."""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from incload.auditing.watermark import place_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

Placed = tuple[int, str]
"""A cursor's place and its canonical text."""

FEWEST = 3
"""With fewer watermarks a common unit may be chance, and with fewer wrong rows that the copy has none of a sync."""


@dataclass(frozen=True, slots=True)
class Between:
    """The cursors of wrong rows between two watermarks, and at the second.

    Attributes:
        before: The first watermark; None before the first of all.
        end: The second.
        wrong: The cursors, in ascending order.
    """

    before: str | None
    end: Placed
    wrong: list[Placed]

    @property
    def is_evidence(self) -> bool:
        """Whether a wrong row is the one from which the watermark came, or so many are wrong that it may have been."""
        return self.wrong[-1][0] == self.end[0] or len(self.wrong) >= FEWEST

    def read_once(self, rereads: int | None) -> tuple[str, bool] | None:
        """Return up to where a loader reads the span once alone, and whether that is included.

        Args:
            rereads: How many ticks behind its watermark it reads again, 0 for the watermark itself; None for nothing.

        None where nothing is left of the span, or where the place has no text.
        """
        place, text = self.end
        if not rereads:
            return text, rereads is None
        start = None if self.before is None else place_of(self.before)
        is_left = not isinstance(start, int) or place - rereads > start
        return (f"{text[0]}{place - rereads};", False) if text[0] in "mi" and is_left else None

    def wrong_until(self, text: str, *, includes: bool) -> list[Placed]:
        """Return the cursors of wrong rows up to a place."""
        end = place_of(text)
        return [
            each for each in self.wrong if isinstance(end, int) and (each[0] < end or (includes and each[0] == end))
        ]


def placed(texts: Collection[str]) -> list[Placed]:
    """Return cursors in the order of their places; plain texts and infinite times have none."""
    places = ((place_of(text), text) for text in set(texts))
    return sorted((place, text) for place, text in places if isinstance(place, int))


def between_marks(ends: list[Placed], wrong: list[Placed]) -> Iterator[Between]:
    """Yield the spans between watermarks in which there are wrong rows, the latest first."""
    places = [place for place, _ in ends]
    within: dict[int, list[Placed]] = defaultdict(list)
    for each in wrong:
        within[bisect_left(places, each[0])].append(each)
    for number in sorted(within.keys() - {len(ends)}, reverse=True):
        yield Between(ends[number - 1][1] if number else None, ends[number], within[number])
