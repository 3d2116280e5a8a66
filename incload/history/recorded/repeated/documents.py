"""JSON documents of which most records stood in the document before: those are found by their text, not read again.

An object ends where its own text says, whatever follows. So where a document goes on with the whole text of an object
that was read before, reading it once more would give an equal object that ends where that text ends. Only the names and
brackets on the way to the records are read here; a document with anything unusual on that way is read as any other.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from incload.engines.files.documents import loads, object_of, scan
from incload.engines.files.layout import Unusable

if TYPE_CHECKING:
    from incload.engines.files.layout import Layout

_START = 256
"""So many of its first characters lead to a known text, or as many as the shortest of them has."""
_ALIKE = 8
"""So many texts of one start are compared; where there are more, the object is read."""

_blanks = re.compile(r"[ \t\n\r]*").match


class Documents:
    """Reads the versions of one file, one after the other.

    A record whose text has not changed is the same object in both versions: it must not be changed.
    """

    def __init__(self, layout: Layout) -> None:
        """Take where the records are; those that fields are written into, which they inherit, are read each time."""
        path = layout.records
        self._depth = path.count(".") + 1 if path not in {"", "."} else 0
        self._is_off = bool(layout.inherited)
        self._known = _Known([])

    def loads(self, text: str) -> object:
        """Return the document of a JSON text; raise `Unusable` for what is none."""
        if self._is_off:
            return loads(text)
        reading = _Reading(text, self._known)
        try:
            document = reading.document(self._depth)
        except (Unusable, IndexError, ValueError):
            return loads(text)  # which says what is wrong with it
        self._known = _Known(reading.met)
        return document


class _Known:
    """Objects by their texts.

    Attributes:
        ordered: The texts and the objects, in the order of the document.
    """

    def __init__(self, ordered: list[tuple[str, object]]) -> None:
        self.ordered = ordered
        self._width = min((len(text) for text, _ in ordered), default=0)
        self._width = min(self._width, _START)
        self._places: dict[str, list[int]] = {}
        for place, (text, _) in enumerate(ordered):
            self._places.setdefault(text[: self._width], []).append(place)

    def place(self, text: str, at: int, expected: int) -> int | None:
        """Return the place of the object whose whole text stands somewhere in another text; None for an unknown one."""
        if expected < len(self.ordered) and text.startswith(self.ordered[expected][0], at):
            return expected
        places = self._places.get(text[at : at + self._width], ())
        return next((each for each in places[:_ALIKE] if text.startswith(self.ordered[each][0], at)), None)


class _Reading:
    """One text on its way to a document; whatever is unusual about it raises an error.

    Attributes:
        met: The texts of the objects among the records, and these, in their order.
    """

    def __init__(self, text: str, known: _Known) -> None:
        self.met: list[tuple[str, object]] = []
        self._text, self._known, self._at, self._expected = text, known, 0, 0

    def document(self, depth: int) -> object:
        """Return the document; the records are the members of what lies so many names deep, or of any list before."""
        self._skip()
        found = self._value(depth)
        self._skip()
        if self._at < len(self._text):
            raise ValueError("something follows the document")
        return found

    def _value(self, depth: int) -> object:
        first = self._text[self._at]
        if first == "[":
            return self._list()
        return self._members(depth) if first == "{" else self._plain()

    def _plain(self) -> object:
        found, self._at = scan(self._text, self._at)
        return found

    def _list(self) -> list[object]:
        found: list[object] = []
        while self._goes_on("]", is_first=not found):
            found.append(self._record())
        return found

    def _members(self, depth: int) -> dict[str, object]:
        found: list[tuple[str, object]] = []
        while self._goes_on("}", is_first=not found):
            if self._text[self._at] != '"':
                raise ValueError("a name is a text")
            name = self._plain()
            self._skip()
            self._take(":")
            found.append((str(name), self._value(depth - 1) if depth else self._record()))
        return object_of(found)

    def _goes_on(self, end: str, *, is_first: bool) -> bool:
        """Go to the next member of a list or an object; return whether there is one."""
        self._at += is_first  # past the bracket that opens it
        self._skip()
        if self._text[self._at] == end:
            self._at += 1
            return False
        if not is_first:
            self._take(",")
        return True

    def _record(self) -> object:
        """Return a member of what holds the records; an object whose text is known is not read."""
        text, begins = self._text, self._at
        if text[begins] != "{":
            return self._plain()
        place = self._known.place(text, begins, self._expected)
        if place is None:
            value = self._plain()
            found = text[begins : self._at], value
        else:
            found = self._known.ordered[place]
            self._expected, self._at = place + 1, begins + len(found[0])
        self.met.append(found)
        return found[1]

    def _take(self, sign: str) -> None:
        if self._text[self._at] != sign:
            raise ValueError(f"no {sign!r}")
        self._at += 1
        self._skip()

    def _skip(self) -> None:
        """Pass over blanks."""
        self._at = _blanks(self._text, self._at).end()  # type: ignore[union-attr]  # it matches no blanks as well
