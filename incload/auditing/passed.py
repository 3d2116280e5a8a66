"""Rows that a kept state has passed over: it says that they were read, and the copy shows that they were not kept.

Two traces distinguish them from late rows. Where a state was saved without the rows of its sync, the copy has no row
between the watermark before and this one, and a wrong row has the watermark itself, or several rows between the two are
wrong. A state that is coarser than the cursor has watermarks in whole units, and what it has passed lies less than one
unit before one of them, with no row of the copy between the two. What must stay true: no row that leaves neither trace
is named here.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from dataclasses import dataclass
from itertools import islice
from math import gcd
from typing import TYPE_CHECKING

from incload.auditing.watermark import place_of
from incload.engines.digests.literals import holds_between

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from incload.engines.digests.canonical import Digests

    Placed = tuple[int, str]

_FEWEST = 3
"""With fewer watermarks a common unit may be chance, and with fewer wrong rows that the copy has none of a sync."""
_MOST_SPANS = 100
"""About how many spans between two watermarks the copy is asked, the latest first."""


def passed(marks: Collection[str], cursors: Collection[str], copy: Digests, at: int) -> set[str]:
    """Return those of some cursors whose rows the state has passed over.

    Args:
        marks: The watermarks of all syncs that are known, as canonical texts.
        cursors: The cursors of wrong rows that lie at or behind the last of them.
        copy: The copy.
        at: The place of the cursor among its columns.
    """
    ends = _placed(marks)
    if len(ends) < len(set(marks)):
        return set()  # plain texts and infinite times have no distances
    held = _Held(copy, at)
    unit = _unit([place for place, _ in ends], place_of(copy.largest(at)))
    found: set[str] = set()
    for span in islice(_spans(ends, _placed(set(cursors))), _MOST_SPANS):
        if span.is_evidence and not held.any_between(span.before, span.end[1]):
            found |= {text for _, text in span.wrong}
        elif unit:
            found |= set(_unread(span, unit, held))
    return found


@dataclass(frozen=True, slots=True)
class _Span:
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
        return self.wrong[-1][0] == self.end[0] or len(self.wrong) >= _FEWEST


@dataclass(frozen=True, slots=True)
class _Held:
    """The cursors of the copy."""

    copy: Digests
    at: int

    def any_between(self, after: str | None, until: str) -> bool:
        """Return whether there is one above the first, and at or below the second."""
        return holds_between(self.copy, self.at, after, until)


def _placed(texts: Collection[str]) -> list[Placed]:
    places = ((place_of(text), text) for text in set(texts))
    return sorted((place, text) for place, text in places if isinstance(place, int))


def _spans(ends: list[Placed], wrong: list[Placed]) -> Iterator[_Span]:
    """Yield the spans in which there are wrong rows, the latest first."""
    places = [place for place, _ in ends]
    within: dict[int, list[Placed]] = defaultdict(list)
    for each in wrong:
        within[bisect_left(places, each[0])].append(each)
    for number in sorted(within.keys() - {len(ends)}, reverse=True):
        yield _Span(ends[number - 1][1] if number else None, ends[number], within[number])


def _unit(ends: list[int], largest: object) -> int:
    """Return the unit of the watermarks, where the copy shows that cursors are finer; 0 where it does not."""
    unit = gcd(*ends)
    is_coarse = len(ends) >= _FEWEST and unit > 1 and isinstance(largest, int) and largest % unit
    return unit if is_coarse else 0


def _unread(span: _Span, unit: int, held: _Held) -> Iterator[str]:
    """Yield the cursors less than a unit before the watermark, behind the last one that the copy has."""
    near = [each for each in span.wrong if span.end[0] - each[0] < unit and each[0] % unit]
    first = bisect_left(near, 1, key=lambda each: int(not held.any_between(each[1], span.end[1])))
    yield from (text for _, text in near[first:])
