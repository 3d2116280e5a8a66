"""When two keys are one: what a source's own unique index says, in words that every engine can follow.

A source may take two values for one key that are not the same: texts that differ in case or in spaces at their end,
1.0 and 1.00. A target that compared them by their bytes would keep both rows. So the target compares keys as the source
does, by a collation of its own or by an expression of what the source looks at, its `fold`.
"""

from __future__ import annotations

from enum import StrEnum


class Equality(StrEnum):
    """By what the values of a key column are compared, besides their bytes."""

    NOCASE = "nocase"
    """The letters A to Z are a to z."""
    RTRIM = "rtrim"
    """Spaces at the end do not count."""
    NUMERIC = "numeric"
    """Exact decimals, written as text: zeros at the end of a fraction do not count."""
    OWN = "own"
    """Something that only the source's engine knows; others compare bytes, and say so."""


_UPPER, _LOWER = "ABCDEFGHIJKLMNOPQRSTUVWXYZ", "abcdefghijklmnopqrstuvwxyz"


def folded(expression: str, equality: Equality) -> str:
    """Return the expression by which keys are compared, as DuckDB and PostgreSQL know it."""
    match equality:
        case Equality.NOCASE:
            return f"translate({expression}, '{_UPPER}', '{_LOWER}')"
        case Equality.RTRIM:
            return f"rtrim({expression}, ' ')"
        case Equality.NUMERIC:
            return number(expression)
        case Equality.OWN:
            return expression


def number(expression: str) -> str:
    """Return the expression of a decimal's text without zeros at the end of its fraction."""
    return f"(CASE WHEN {expression} LIKE '%.%' THEN rtrim(rtrim({expression}, '0'), '.') ELSE {expression} END)"
