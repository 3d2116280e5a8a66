"""How many rows may leave a copy in one sync without anybody having said so: the numbers, and the rule, once."""

from __future__ import annotations

PERCENT = 20
"""So many of a hundred rows may leave ..."""

ROWS = 10
"""... or so many rows, if that is more."""


def within_limit(count: int, total: int, percent: int = PERCENT, rows: int = ROWS) -> bool:
    """Return whether so many rows may leave a target that holds so many."""
    return count <= rows or count * 100 <= percent * total
