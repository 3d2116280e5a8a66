"""Two values of a column in words: what stood in the baseline, and what stands there now."""

from __future__ import annotations

from itertools import takewhile
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from incload.report.csv_records import Value

_SHOWN = 80
"""How many characters of a long text are shown, those around the first difference."""

_BEFORE = 20
"""How many of them stand before it."""


def change(baseline: Value, latest: Value) -> str:
    """Return both values of a column, long texts around their first difference."""
    if isinstance(baseline, str) and isinstance(latest, str):
        start = 0 if max(len(baseline), len(latest)) <= _SHOWN else max(0, _alike(baseline, latest) - _BEFORE)
        return f"{_excerpt(baseline, start)} -> {_excerpt(latest, start)}"
    return f"{_shown(baseline)} -> {_shown(latest)}"


def _alike(one: str, other: str) -> int:
    """Return how many characters two texts have in common at their start."""
    same = takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False))
    return sum(1 for _ in same)


def _shown(value: Value) -> str:
    return "nothing" if value is None else str(value)


def _excerpt(text: str, start: int) -> str:
    end = start + _SHOWN
    return f"{'…' if start else ''}{text[start:end]!r}{'…' if end < len(text) else ''}"
