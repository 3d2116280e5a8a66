"""Ids whose texts are in the order of time: ULIDs and UUIDs of version 7, as cursor columns.

Both begin with 48 bits that count milliseconds since 1970-01-01 UTC, and 80 bits follow. The whole id is the position,
so that no two ids are one, and a second is 1,000 times two to the power of 80: windows of time mean what they say.
"""

from __future__ import annotations

import re
from datetime import timedelta
from functools import lru_cache
from typing import TYPE_CHECKING

from incload.cursor import Scale, plain_scale_of_tag
from incload.errors import Refused
from incload.exact_numbers import exact_numbers_of_tag
from incload.records import record

if TYPE_CHECKING:
    from incload.strategy import Position

_LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's 32 digits, in the order of their values and of their texts."""
_PER_SECOND = 1_000 << 80
_LARGEST = (1 << 128) - 1
_HEX = "[0-9A-F]"
_FORMS = {
    "ulid": "[0-7]" + "[0-9A-HJKMNP-TV-Z]" * 25,
    "uuid7": "-".join((_HEX * 8, _HEX * 4, f"7{_HEX * 3}", f"[89AB]{_HEX * 3}", _HEX * 12)),
}
"""The pattern of each form in capitals; it is a regular expression, and what SQLite calls a GLOB."""


@record
class OrderedIds(Scale):
    """A column of ids of one form, all in capitals or all in small letters.

    Attributes:
        form: `ulid` or `uuid7`.
        small: Whether the letters are small.
    """

    form: str
    small: bool

    @property
    def pattern(self) -> str:
        """What every id matches, as a regular expression and as a GLOB."""
        pattern = _FORMS[self.form]
        return pattern.lower() if self.small else pattern

    @property
    def tag(self) -> str:
        """An id of this form: one of another form must not be compared with it."""
        return f"{self.form} in {'small letters' if self.small else 'capitals'}"

    def position(self, value: object) -> Position:
        """Return the number that an id is; refuse what is no id of the form."""
        text = str(value)
        if re.fullmatch(self.pattern, text) is None:
            raise Refused(
                f"the cursor column holds {value!r} among ids such as {self.stored(0)!r}: "
                "ids are only ordered when all have one form; write them in one form, or name another cursor."
            )
        if self.form == "uuid7":
            return int(text.replace("-", ""), 16)
        number = 0
        for letter in text.upper():
            number = number * 32 + _LETTERS.index(letter)
        return number

    def stored(self, position: Position) -> object:
        """Return the id at a position, which need not be one that was ever given out."""
        number = min(max(int(position), 0), _LARGEST)
        if self.form == "uuid7":
            digits = f"{number:032x}"
            text = "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))
        else:
            text = "".join(_LETTERS[number >> 5 * place & 31] for place in range(25, -1, -1))
        return text.lower() if self.small else text.upper()

    def ticks(self, span: timedelta) -> int:
        """Return a span of time in positions."""
        return span // timedelta(microseconds=1) * _PER_SECOND // 1_000_000


def ids_of(text: str) -> OrderedIds | None:
    """Return the form of an id, or None for a text that is none."""
    for form in _FORMS:
        for small in (False, True):
            ids = OrderedIds(_PER_SECOND, form, small)
            if re.fullmatch(ids.pattern, text):
                return ids
    return None


def ids_of_tag(tag: str) -> OrderedIds | None:
    """Return the ids that a tag names, or None when it names none."""
    known = (OrderedIds(_PER_SECOND, form, small) for form in _FORMS for small in (False, True))
    return next((ids for ids in known if ids.tag == tag), None)


def mixed_ids(column: str, one: object, other: object) -> Refused:
    """Return the refusal of a column that holds ids and other texts, or ids of two forms."""
    return Refused(
        f"cursor column {column!r} holds {one!r} and {other!r}, whose order cannot be known: "
        "write all ids in one form, or name another cursor."
    )


@lru_cache(maxsize=256)
def scale_of_tag(tag: str) -> Scale | None:
    """Return the scale that a tag names, of ids or of any other cursor; None when it names none."""
    return ids_of_tag(tag) or exact_numbers_of_tag(tag) or plain_scale_of_tag(tag)
