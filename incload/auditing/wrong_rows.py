"""The wrong rows of some blocks: both sides' rows, value by value, as their canonical texts.

A row is lost when the copy does not have its key, stale when a copy of it has another content, phantom when only the
copy has its key; a key of which the copy has several rows is duplicated by the number that is too many.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from incload.errors import Refused

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from incload.engines.digests.canonical import Digests, Within

Texts = tuple[str, ...]

LOST, STALE, PHANTOM, DUPLICATED = "lost", "stale", "phantom", "duplicated"
KINDS = (LOST, STALE, PHANTOM, DUPLICATED)


@dataclass(frozen=True, slots=True)
class WrongRow:
    """A key with something wrong about it.

    Attributes:
        key: The canonical texts of its values.
        kinds: What is wrong, in the order of `KINDS`.
        source: The source's row; None where there is none.
        copies: The copy's rows, in an order of their own.
    """

    key: Texts
    kinds: tuple[str, ...]
    source: Texts | None
    copies: tuple[Texts, ...]

    @property
    def too_many(self) -> int:
        """How many rows of the copy are too many for its key."""
        return max(len(self.copies) - 1, 0)

    @property
    def differing(self) -> tuple[int, ...]:
        """The places of the values that a copy of the row has otherwise."""
        mine = self.source
        if mine is None:
            return ()
        return tuple(at for at, value in enumerate(mine) if any(each[at] != value for each in self.copies))


def wrong_rows(source: Digests, copy: Digests, within: Within) -> Iterator[WrongRow]:
    """Yield what is wrong in some blocks, in the order of the keys' texts; refuse a source that repeats a key."""
    truth = by_key(source.rows(within), source.key)
    held = by_key(copy.rows(within), copy.key)
    for key in sorted(truth.keys() | held.keys()):
        mine = truth.get(key, [])
        if len(mine) > 1:
            raise Refused(f"the source has several rows of the key {shown_key(key)}: name a key that one row has.")
        found = judged(key, mine[0] if mine else None, held.get(key, []))
        if found:
            yield found


def by_key(rows: Sequence[Texts], places: tuple[int, ...]) -> dict[Texts, list[Texts]]:
    """Return rows by their keys."""
    found: dict[Texts, list[Texts]] = defaultdict(list)
    for row in rows:
        found[tuple(row[place] for place in places)].append(row)
    return found


def judged(key: Texts, source: Texts | None, copies: list[Texts]) -> WrongRow | None:
    """Return what is wrong about a key; None where nothing is."""
    kinds = []
    if source is None:
        kinds.append(PHANTOM)
    elif not copies:
        kinds.append(LOST)
    elif any(copy != source for copy in copies):
        kinds.append(STALE)
    if len(copies) > 1:
        kinds.append(DUPLICATED)
    return WrongRow(key, tuple(kinds), source, tuple(sorted(copies))) if kinds else None


def shown_key(key: Texts) -> str:
    """Return a key as a reader writes it."""
    from incload.auditing.values import shown

    return ", ".join(str(shown(text)) for text in key)
