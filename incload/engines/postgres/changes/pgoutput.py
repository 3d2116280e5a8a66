"""The messages of PostgreSQL's `pgoutput`, protocol version 1: which keys each committed transaction changed.

Values that a key does not need are passed over unread, so a large value that an update left alone, which the server
does not repeat, makes no difference.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from struct import unpack_from
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

Key = tuple[str, ...]


@dataclass(slots=True)
class Committed:
    """One transaction of the log.

    Attributes:
        number: The low 32 bits of its number.
        keys: The keys that it changed, old and new, as the server writes values as text.
        whole: Whether it may have changed every row.
        end: The position behind its commit; 0 until that was read.
    """

    number: int
    keys: set[Key] = field(default_factory=set)
    whole: bool = False
    end: int = 0

    def add(self, message: bytes, places: list[int]) -> None:
        """Take in a change of a row, of a table whose key stands at these places."""
        if places:
            self.keys.update(_keys(message, places))
        else:
            self.whole = True


def committed(messages: Iterable[bytes], key: tuple[str, ...], types: list[int]) -> Iterator[Committed]:
    """Yield the transactions of a stream of messages that speak of one table and of those below it, oldest first.

    Each of these has its columns in its own order. A change from when a column of the key had another name, or another
    type than the one whose number is given, names no key that could be looked for: any row may have changed.
    """
    places = dict[int, list[int]]()
    open_: Committed | None = None
    for message in messages:
        kind = message[:1]
        if kind == b"B":
            open_ = Committed(unpack_from(">I", message, 17)[0])
        elif kind == b"R":
            places[unpack_from(">I", message, 1)[0]] = _places(message, key, types)
        elif kind == b"C" and open_ is not None:
            open_.end = unpack_from(">Q", message, 10)[0]
            yield open_
            open_ = None
        elif kind == b"T" and open_ is not None:
            open_.whole = True
        elif kind in {b"I", b"U", b"D"} and open_ is not None:
            open_.add(message, places[unpack_from(">I", message, 1)[0]])


def _places(message: bytes, key: tuple[str, ...], types: list[int]) -> list[int]:
    """Return where the columns of the key stand; nowhere if one of them has another name or type."""
    columns = _columns(message)
    known = {name: (place, type_) for place, (name, type_) in enumerate(columns)}
    found = [known.get(name, (-1, 0)) for name in key]
    return [place for place, _ in found] if [type_ for _, type_ in found] == types else []


def _columns(message: bytes) -> list[tuple[str, int]]:
    """Read the names of a table's columns, and the numbers of their types."""
    at = message.index(b"\0", 5) + 1  # behind the table's number and its schema
    at = message.index(b"\0", at) + 1 + 1  # behind its name and its replica identity
    (count,) = unpack_from(">H", message, at)
    at += 2
    columns = []
    for _ in range(count):
        end = message.index(b"\0", at + 1)
        columns.append((message[at + 1 : end].decode(), unpack_from(">I", message, end + 1)[0]))
        at = end + 1 + 8
    return columns


def _keys(message: bytes, places: list[int]) -> Iterator[Key]:
    """Yield the keys that a change names: of the row as it was, where the log holds it, and as it is."""
    at, before = 5, dict[int, str]()
    while at < len(message):
        values, end = _tuple(message, at + 1, max(places))
        # What is not repeated in the new row is as it was in the old one.
        known = {place: values.get(place, before.get(place)) for place in places}
        yield tuple(str(known[place]) for place in places)
        before, at = values, end


def _tuple(message: bytes, at: int, last: int) -> tuple[dict[int, str], int]:
    """Read the values of a row up to a place, nulls and values that are not repeated left out; return its end too."""
    (count,) = unpack_from(">H", message, at)
    at += 2
    values = {}
    for place in range(count):
        kind = message[at : at + 1]
        at += 1
        if kind == b"t":
            (length,) = unpack_from(">I", message, at)
            at += 4
            if place <= last:
                values[place] = message[at : at + length].decode()
            at += length
    return values, at
