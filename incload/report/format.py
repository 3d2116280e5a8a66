"""How a report words its figures: digits, units, lists of names. What was not measured is a dash, never a zero."""

from __future__ import annotations

import math
from numbers import Real
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

MISSING = "–"  # noqa: RUF001 - a dash of the width of a figure
"""What stands where nothing was measured."""

TIMES = "×"  # noqa: RUF001 - the sign of multiplication is meant
"""What stands between a multiple and what it is a multiple of."""

_DIGITS = 3
"""The significant digits of a measured figure; more would be noise."""


def figure(value: object) -> float | None:
    """Return a number, or None for None and for what pandas keeps in its place."""
    if not isinstance(value, Real) or math.isnan(value):
        return None
    return float(value)


def whole(value: object) -> str:
    """Return a count with separated thousands; the half that a median may have is kept."""
    number = figure(value)
    return MISSING if number is None else f"{number:,.1f}".removesuffix(".0")


def rounded(value: object) -> str:
    """Return a figure with three significant digits and separated thousands."""
    number = figure(value)
    if number is None:
        return MISSING
    decimals = _DIGITS - 1 - math.floor(math.log10(abs(number))) if number else 0
    return f"{round(number, decimals):,.{max(0, decimals)}f}"


def ratio(value: object) -> str:
    """Return a multiple with two decimals, or with three digits where two decimals would say too much or nothing."""
    number = figure(value)
    if number is None:
        return MISSING
    return f"{number:.2f}" if 0.1 <= number < 10 else rounded(number)


def plural(count: int, noun: str, nouns: str = "") -> str:
    """Return a count with its noun: `1 trial`, `2 trials`; with another plural if one is given."""
    return f"{count:,} {noun if count == 1 else nouns or f'{noun}s'}"


def listed(names: Sequence[str]) -> str:
    """Return names as a reader would say them: `a`, `a and b`, `a, b and c`; `none` for none."""
    if len(names) < 2:
        return names[0] if names else "none"
    return f"{', '.join(names[:-1])} and {names[-1]}"


def sentence(text: str) -> str:
    """Return a text with a full stop at its end."""
    text = text.strip()
    return text if not text or text.endswith((".", "!", "?")) else f"{text}."


def shortened(text: str, length: int) -> str:
    """Return a text on one line, cut to a length with an ellipsis."""
    line = " ".join(text.split())
    return line if len(line) <= length else line[: length - 1].rstrip() + "…"
