"""How a cursor column is spoken of in one engine."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from incload.records import record

if TYPE_CHECKING:
    from collections.abc import Callable


@record
class CursorSql:
    """The expressions of a cursor column.

    Attributes:
        compared: The expression that is compared; the bare column wherever an index on it can serve.
        bound: The placeholder of the value it is compared with.
        position: The expression whose value `Scale.position` understands.
        largest: The expression of the largest position, where that of `position` would be slow.
    """

    compared: str
    bound: str = "?"
    position: str = ""
    largest: str = ""

    @property
    def maximum(self) -> str:
        """The expression of the largest position of a relation."""
        return self.largest or f"max({self.position})"


def _zone(text: str) -> str:
    """Return the expression of the zone in which an ISO text ends: the sign that stands 6, 5 or 3 from the end, on."""
    tails = [f"substr({text}, length({text}) - {length - 1})" for length in (6, 5, 3)]
    cases = [f"WHEN substr({tail}, 1, 1) IN ('+', '-') THEN {tail}" for tail in tails]
    return f"CASE {' '.join(cases)} END"


class TextWords(NamedTuple):
    """How an engine speaks of a cursor's texts, of which one of every shape is looked at.

    Attributes:
        one_of: The function that returns one value of several.
        zone: Returns the expression of the zone in which an ISO text, which may have one, ends.
        integer: What the engine calls a large integer.
    """

    one_of: str = "min"
    zone: Callable[[str], str] = _zone
    integer: str = "BIGINT"


def shape(text: str, zone: str) -> str:
    """Return by what texts of one shape are grouped: their signs, digits apart, and the zone in which they end, if any.

    Both are expressions; that of the zone is asked only where there may be one other than Z, for it is a slow one.
    """
    may_have = f"{text} LIKE '%:%+%' OR {text} LIKE '%:%-%'"
    return f"translate({text}, '123456789', '000000000'), CASE WHEN {may_have} THEN {zone} END"
