"""Rows that a kept state has passed over: it says that they were read, and the copy shows that they were not kept.

Three traces distinguish them from late rows. Where a state was saved without the rows of its sync, the copy has no row
between the watermark before and this one, and a wrong row has the watermark itself, or several rows between the two are
wrong. A loader that reads again what lies close behind its watermark has brought that part back, and nothing before it.
A state that is coarser than the cursor has watermarks in whole units, and what it has passed lies less than one unit
before one of them, with no row of the copy between the two. What must stay true: no row that leaves no such trace is
named here.
"""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass
from itertools import islice
from math import gcd
from typing import TYPE_CHECKING

from incload.auditing.traces.placed import FEWEST, between_marks, placed
from incload.auditing.watermark import place_of
from incload.engines.digests.spans import Span

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from incload.auditing.traces.placed import Between
    from incload.auditing.watermark import Loaded
    from incload.engines.digests.canonical import Digests

MOST_SPANS = 100
"""About how many spans between two watermarks the copy is asked, the latest first."""


def passed(loaded: Loaded, cursors: Collection[str], copy: Digests, at: int) -> set[str]:
    """Return those of some cursors whose rows the state has passed over.

    Args:
        loaded: What the loader has kept.
        cursors: The cursors of wrong rows that lie at or behind its last watermark.
        copy: The copy.
        at: The place of the cursor among its columns.
    """
    ends = placed(loaded.marks)
    if len(ends) < len(set(loaded.marks)):
        return set()  # plain texts and infinite times have no distances
    held = _Held(copy, at)
    unit = _unit([place for place, _ in ends], place_of(copy.largest(at)))
    found: set[str] = set()
    for span in islice(between_marks(ends, placed(set(cursors))), MOST_SPANS):
        if span.is_evidence and held.is_empty(span.before, span.end[1]):
            found |= {text for _, text in span.wrong}
        elif unit:
            found |= set(_unread(span, unit, held))
        elif loaded.window.rereads is not None:
            found |= set(_not_kept(span, loaded, held))
    return found


@dataclass(frozen=True, slots=True)
class _Held:
    """The cursors of the copy."""

    copy: Digests
    at: int

    def is_empty(self, after: str | None, until: str, *, includes: bool = True) -> bool:
        """Return whether there is none above the first, and at or below the second."""
        return Span(self.copy, self.at, after, until, includes).is_empty()


def _unit(ends: list[int], largest: object) -> int:
    """Return the unit of the watermarks, where the copy shows that cursors are finer; 0 where it does not."""
    unit = gcd(*ends)
    is_coarse = len(ends) >= FEWEST and unit > 1 and isinstance(largest, int) and largest % unit
    return unit if is_coarse else 0


def _unread(span: Between, unit: int, held: _Held) -> Iterator[str]:
    """Yield the cursors less than a unit before the watermark, behind the last one that the copy has."""
    near = [each for each in span.wrong if span.end[0] - each[0] < unit and each[0] % unit]
    first = bisect_left(near, 1, key=lambda each: int(held.is_empty(each[1], span.end[1])))
    yield from (text for _, text in near[first:])


def _not_kept(span: Between, loaded: Loaded, held: _Held) -> Iterator[str]:
    """Yield the cursors of what was read once, where the copy has none of it.

    A row that the sync before should have seen and did not was late already then: it is no evidence.
    """
    once = span.read_once(loaded.window.rereads)
    if once is None:
        return
    wrong = span.wrong_until(once[0], includes=once[1])
    since = loaded.looked.get(span.before or "")
    evidence = [place for place, _ in wrong if since is None or place > since]
    if len(evidence) >= FEWEST and held.is_empty(span.before, once[0], includes=once[1]):
        yield from (text for _, text in wrong)
