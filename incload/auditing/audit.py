"""An independent comparison of the whole source with the whole target, by key and by content.

It shares nothing with the load but the names of the columns: it is handed the rows of both sides, each ordered by key,
and walks them in windows of keys, so that it never holds more than a chunk of each.

Two values are equal when they are of one type and equal; a null equals a null, and a NaN a NaN. Nothing is rounded,
trimmed or converted.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from dataclasses import dataclass, field
from itertools import islice
from operator import itemgetter, le, lt
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

Row = tuple[object, ...]
Key = tuple[object, ...]
Order = tuple[tuple[int, object], ...]

_RANK = {type(None): 0, bool: 1, int: 1, float: 1, str: 2, bytes: 3}
"""How values of different types follow each other in an ordered key, in SQLite and here."""


@dataclass(frozen=True, slots=True)
class Difference:
    """What is wrong with a target at one moment.

    Attributes:
        lost: Keys of the source that the target does not have.
        stale: Keys that both have, where a copy in the target has other content.
        phantom: Keys of the target that the source does not have.
        duplicated: Keys with more than one copy in the target, and how many copies are too many.
    """

    lost: frozenset[Key] = frozenset()
    stale: frozenset[Key] = frozenset()
    phantom: frozenset[Key] = frozenset()
    duplicated: dict[Key, int] = field(default_factory=dict)

    @property
    def wrong(self) -> frozenset[Key]:
        """Every key with anything wrong about it."""
        return self.lost | self.stale | self.phantom | frozenset(self.duplicated)

    def kinds(self, key: Key) -> tuple[str, ...]:
        """Return the names of what is wrong about a key."""
        found = {"lost": self.lost, "stale": self.stale, "phantom": self.phantom, "duplicated": self.duplicated}
        return tuple(kind for kind, keys in found.items() if key in keys)


def audit(source: Iterable[list[Row]], target: Iterable[list[Row]], key: tuple[int, ...]) -> Difference:
    """Compare two tables, given as chunks of rows in ascending order of their keys.

    Args:
        source: Chunks of the source's rows.
        target: Chunks of the target's rows, columns in the same order; a key may stand several times.
        key: The places of the key columns in a row.

    Raises ValueError when a side is not in ascending order or the source repeats a key: a verdict would mean nothing.
    """
    found = _Found(key)
    rest = _Rest(_ascending(target, key, "target", repeats=True), key)
    for chunk in _ascending(source, key, "source", repeats=False):
        found.compare(chunk, rest.until(order(_key(chunk[-1], key))))
    for chunk in rest.remaining():
        found.compare([], chunk)
    return Difference(frozenset(found.lost), frozenset(found.stale), frozenset(found.phantom), found.duplicated)


def order(key: Key) -> Order:
    """Return what orders keys whatever the types of their values: nulls, numbers, texts, blobs."""
    return tuple((_RANK.get(type(value), 4), value) for value in key)


def _ascending(
    chunks: Iterable[list[Row]], places: tuple[int, ...], side: str, *, repeats: bool
) -> Iterator[list[Row]]:
    """Yield the chunks that hold rows; raise ValueError at a key that should not follow the one before."""
    last: list[Row] = []
    for chunk in filter(None, chunks):
        wrong = _out_of_order(last + chunk, places, repeats=repeats)
        if wrong is not None:
            raise ValueError(f"the {side} {'' if repeats else 'repeats a key or '}is out of order at {wrong!r}")
        last = chunk[-1:]
        yield chunk


def _out_of_order(rows: list[Row], places: tuple[int, ...], *, repeats: bool) -> Key | None:
    """Return the first key that should not follow the one before."""
    columns = [list(map(itemgetter(place), rows)) for place in places]
    keys = list(zip(*columns, strict=True))
    of_one_type = all(len(set(map(type, column))) == 1 for column in columns)
    comparable = keys if of_one_type else list(map(order, keys))
    followed = map(le if repeats else lt, comparable, islice(comparable, 1, None))
    return next((key for key, fine in zip(islice(keys, 1, None), followed, strict=True) if not fine), None)


class _Rest:
    """The target's rows that no window has taken yet."""

    def __init__(self, chunks: Iterable[list[Row]], key: tuple[int, ...]) -> None:
        self._chunks: Iterator[list[Row]] = iter(chunks)
        self._key = key
        self._held: list[Row] = []

    def until(self, end: Order) -> list[Row]:
        """Take all rows up to a key, that key included."""
        taken: list[Row] = []
        while True:
            if not self._held:
                self._held = next((chunk for chunk in self._chunks if chunk), [])
            if not self._held:
                return taken
            if self._held and order(_key(self._held[-1], self._key)) <= end:
                taken += self._held
                self._held = []
                continue
            cut = bisect_right(self._held, end, key=lambda row: order(_key(row, self._key)))
            taken += self._held[:cut]
            self._held = self._held[cut:]
            return taken

    def remaining(self) -> Iterator[list[Row]]:
        """Yield what no window has taken."""
        yield self._held
        yield from self._chunks


class _Found:
    """What was found so far."""

    def __init__(self, key: tuple[int, ...]) -> None:
        self._key = key
        self.lost: set[Key] = set()
        self.stale: set[Key] = set()
        self.phantom: set[Key] = set()
        self.duplicated: dict[Key, int] = {}

    def compare(self, source: list[Row], target: list[Row]) -> None:
        """Compare the rows of one window of keys."""
        is_typed = _of_one_type_each(source, target)
        if is_typed and source == target:
            return
        truth, keys = dict(zip(_keys(source, self._key), source, strict=True)), _keys(target, self._key)
        copies = Counter(keys)
        self.lost |= truth.keys() - copies.keys()
        # A phantom key whose copies stand in two chunks of the rest is still one key.
        again = self.phantom & copies.keys()
        self.duplicated.update({key: self.duplicated.get(key, 0) + copies[key] for key in again})
        self.phantom |= copies.keys() - truth.keys()
        self.duplicated.update({key: number - 1 for key, number in copies.items() if number > 1 and key not in again})
        both = ((key, truth[key], row) for key, row in zip(keys, target, strict=True) if key in truth)
        self.stale.update(key for key, true, row in both if not (is_typed and true == row) and not _same(true, row))


def _key(row: Row, places: tuple[int, ...]) -> Key:
    return (row[places[0]],) if len(places) == 1 else tuple(row[place] for place in places)


def _keys(rows: list[Row], places: tuple[int, ...]) -> list[Key]:
    """Return the keys of rows."""
    return list(zip(*(map(itemgetter(place), rows) for place in places), strict=True))


def _of_one_type_each(source: list[Row], target: list[Row]) -> bool:
    """Return whether each column has one type, the same on both sides, so that equal values are of one type."""
    pairs = zip(_types(source), _types(target), strict=False)  # a side without rows has no types
    return all(len(one | other) <= 1 for one, other in pairs)


def _types(rows: list[Row]) -> list[set[type]]:
    """Return the types of each column's values, nulls left out."""
    places = range(len(rows[0]) if rows else 0)
    return [set(map(type, map(itemgetter(place), rows))) - {type(None)} for place in places]


def _same(one: Row, other: Row) -> bool:
    """Compare two rows value by value, types included; a NaN equals a NaN."""
    if one == other:
        return list(map(type, one)) == list(map(type, other))
    return all(
        type(a) is type(b) and (a == b or (a != a and b != b))  # noqa: PLR0124 - only a NaN differs from itself
        for a, b in zip(one, other, strict=True)
    )
