"""How a cursor column is spoken of in one engine."""

from __future__ import annotations

from incload.records import record


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


def shape(text: str, zone: str) -> str:
    """Return by what texts of one shape are grouped: their signs, digits apart, and the zone in which they end, if any.

    Both are expressions; that of the zone is asked only where there may be one other than Z, for it is a slow one.
    """
    may_have = f"{text} LIKE '%:%+%' OR {text} LIKE '%:%-%'"
    return f"translate({text}, '123456789', '000000000'), CASE WHEN {may_have} THEN {zone} END"
