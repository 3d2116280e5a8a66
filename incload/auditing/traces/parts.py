"""Rows that a sync was answered without: neighbours by their keys, of what the state says was read.

Late rows lie anywhere among the keys of the rows that a sync read, or have been inserted since and have larger keys
than those that were inserted after it. Where a source answers without a part of its rows, as a page or the last of
them, the wrong rows of the sync are the neighbours by key of which the copy has nothing, and their keys are older. What
must stay true: where late rows may look so by chance, nothing is named.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from math import comb, prod
from typing import TYPE_CHECKING

from incload.auditing.traces.passed import MOST_SPANS
from incload.auditing.traces.placed import Between, between_marks, placed
from incload.engines.digests.spans import Span, keys_between

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from incload.auditing.watermark import Loaded
    from incload.engines.digests.canonical import Digests

    Keys = Mapping[str, Sequence[tuple[int, bool]]]

_CHANCE = 0.05
"""How probable such keys of late rows may be, of all spans together ..."""
_CHANCE_OF_ONE = 0.2
"""... and of one."""
_CHANCE_UNKNOWN = 0.01
"""The same of all rows, where it is not known what was read."""
_LATER = 3
"""One of so many keys may be that of a row which came later, or has changed since."""


def missing_parts(loaded: Loaded, keys: Keys, copy: Digests, at: int) -> set[str]:
    """Return the cursors of late rows that a sync was answered without.

    Args:
        loaded: What the loader has kept.
        keys: The keys of late rows by their cursors, each with whether the copy has lost the row.
        copy: The copy.
        at: The place of the cursor among its columns.
    """
    if loaded.window.removes:
        return _removed(loaded, keys, (copy, at))
    spans = list(islice(between_marks(placed(loaded.marks), placed(keys)), MOST_SPANS))
    found = [each for each in (_part(span, loaded.window.rereads, keys, (copy, at)) for span in spans) if each]
    chance = comb(len(spans), len(found)) * prod(each.chance for each in found)
    return {text for each in found for text in each.cursors} if found and chance <= _CHANCE else set()


def _removed(loaded: Loaded, keys: Keys, side: tuple[Digests, int]) -> set[str]:
    """Return the cursors of what one sync has taken for deleted, whenever it was read."""
    wrong = placed(keys)
    ends = placed(loaded.marks)[:-MOST_SPANS:-1]
    for end in ends:
        part = _part(Between(None, end, wrong), loaded.window.rereads, keys, side)
        if part and part.chance * len(ends) <= _CHANCE:
            return set(part.cursors)
    return set()


def missing_keys(keys: Keys, copy: Digests, at: int) -> set[str]:
    """Return the cursors of late rows of which the copy has no neighbour by key, where no state says what was read."""
    wrong = placed(keys)
    part = _part(Between(None, wrong[-1], wrong), None, keys, (copy, at)) if wrong else None
    return set(part.cursors) if part and part.chance <= _CHANCE_UNKNOWN else set()


@dataclass(frozen=True, slots=True)
class _Part:
    """The late rows between two watermarks, which are neighbours by key, and how probable that is by chance."""

    cursors: list[str]
    chance: float


def _part(span: Between, rereads: int | None, keys: Keys, side: tuple[Digests, int]) -> _Part | None:
    """Return the late rows of a span, where they are what was left out."""
    once = span.read_once(rereads)
    cursors = [text for _, text in span.wrong_until(once[0], includes=once[1])] if once else []
    if once is None or not cursors:
        return None
    rows = sorted(row for text in cursors for row in keys[text])
    below, within, above = _around(span, once, side, (rows[0][0], rows[-1][0]))
    chance = (below + above + 1 if above else 1) / comb(below + above + len(rows), len(rows))
    if within or chance > _CHANCE_OF_ONE or came_later(rows, Span(*side, None, span.end[1])):
        return None
    return _Part(cursors, chance)


def _around(
    span: Between, once: tuple[str, bool], side: tuple[Digests, int], keys: tuple[int, int]
) -> tuple[int, int, int]:
    """Return how many rows the sync of a span has read with keys below some, among and above them."""
    parts = [Span(*side, span.before, *once)]
    place, text = span.end
    if not once[1] and text[0] in "mi":
        parts.append(
            Span(*side, f"{text[0]}{place - 1};", text)
        )  # the row that the watermark came from was read as well
    found = [each.around(*keys) for each in parts]
    below, within, above = (sum(numbers) for numbers in zip(*found, strict=True))
    return below, within, above


def came_later(rows: Iterable[tuple[int, bool]], until: Span) -> bool:
    """Return whether lost rows have the keys of rows that were inserted after those up to a cursor."""
    largest = until.largest_key()
    new = [key for key, is_lost in rows if is_lost and (largest is None or key > largest)]
    return bool(new) and keys_between(until.table, largest, max(new)) * _LATER > len(new)
