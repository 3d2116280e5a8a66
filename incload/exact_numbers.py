"""Cursors of exact numbers: decimals with a fixed number of places, and whole numbers that 64 bits do not hold.

A position is the number without its point, an integer of any size, so that no digit is lost on the way into a state.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from incload.cursor import Scale, carried, no_place
from incload.errors import Refused
from incload.records import record
from incload.table import Kind

if TYPE_CHECKING:
    from incload.strategy import Position
    from incload.table import Column

_NUMBER = re.compile(r"([+-]?)(\d+)(?:\.(\d+))?", re.ASCII)
_TAG = "decimal "
_WHOLE = {"UBIGINT", "HUGEINT"}
"""Types of DuckDB whose whole numbers are exact, and of no other kind."""


@record
class ExactNumbers(Scale):
    """A column of exact numbers of one scale.

    Attributes:
        places: How many digits stand behind the point.
    """

    places: int

    @property
    def tag(self) -> str:
        """The places: a position counts units of the last one."""
        return f"{_TAG}{self.places}"

    def position(self, value: object) -> Position:
        """Return the number without its point; refuse what is no number of these places, such as NaN."""
        found = _NUMBER.fullmatch(str(value))
        if found is None:
            raise no_place(str(value))
        fraction = (found[3] or "").rstrip("0")
        if len(fraction) > self.places:
            raise Refused(f"the cursor column holds {value}, which has more than {self.places} places: round it.")
        number = int(found[2] + fraction.ljust(self.places, "0"))
        return -number if found[1] == "-" else number

    def stored(self, position: Position) -> object:
        """Return the number as text, with all its places."""
        number = int(position)
        digits = str(abs(number)).rjust(self.places + 1, "0")
        whole, fraction = digits[: len(digits) - self.places], digits[len(digits) - self.places :]
        return f"{'-' if number < 0 else ''}{whole}{'.' if fraction else ''}{fraction}"


def exact_numbers(column: Column, per_second: int | None) -> ExactNumbers | None:
    """Return the scale of a column of exact numbers; None for a column of others.

    Args:
        column: The column as the source declares it.
        per_second: What one counts, in ticks per second; None for numbers without a time.
    """
    if column.kind is not Kind.DECIMAL and column.declared not in _WHOLE:
        return None
    places = column.digits[1] if column.kind is Kind.DECIMAL else 0
    return ExactNumbers(per_second and per_second * 10**places, places)


def exact_numbers_of_tag(tag: str) -> ExactNumbers | None:
    """Return the exact numbers that a tag names, or None when it names none."""
    places = tag.removeprefix(_TAG)
    return ExactNumbers(None, int(places)) if places != tag and places.isdecimal() else None


def carried_exactly(position: Position, before: Scale, now: Scale) -> Position | None:
    """Return a remembered position in the scale of today's values, as `carried` does; numbers stay comparable.

    A column of whole numbers may become one of decimals, and gain or lose places.
    """
    if not {type(before), type(now)} <= {Scale, ExactNumbers} or type(before) is type(now) is Scale:
        return carried(position, before, now)
    from fractions import Fraction

    return Fraction(position) * Fraction(10) ** (_places(now) - _places(before)) // 1


def _places(scale: Scale) -> int:
    return scale.places if isinstance(scale, ExactNumbers) else 0


_MOST_PLACES = 38
_MIDDLE = 2 * 10**80
"""So far above zero that every number with that many places keeps its width when it is added."""
RANK_WIDTH = len(str(_MIDDLE))


def rank(text: str | None) -> str | None:
    """Return a text of one width that orders as the number does that another text writes; a null is none."""
    if text is None:
        return None
    whole, _, fraction = text.partition(".")
    return str(_MIDDLE + int(whole + fraction.ljust(_MOST_PLACES, "0")))
