"""What is said to a database and what it answers, whatever its engine."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Literal

from incload.errors import Refused
from incload.records import record

if TYPE_CHECKING:
    from collections.abc import Callable

Place = Literal["source", "target"]
Row = tuple[object, ...]


@record
class Query:
    """A piece of SQL with its parameters."""

    sql: str
    params: tuple[object, ...] = ()


@lru_cache(maxsize=4096)
def _quoted(name: str) -> str:
    """Quote an identifier, whatever it holds."""
    if "\0" in name:
        raise Refused(f"the name {name!r} holds a NUL character, which no database can store: rename it.")
    return '"' + name.replace('"', '""') + '"'


quoted: Callable[[str], str] = _quoted


def in_ranges(key: str, bound: str, ranges: tuple[tuple[int, int], ...]) -> Query:
    """Return the condition that a key of whole numbers, compared with some placeholder, lies in one of some ranges."""
    several = [ends for ends in ranges if ends[0] < ends[1]]
    one = [low for low, high in ranges if low == high]
    parts = [f"{key} BETWEEN {bound} AND {bound}"] * len(several)
    if one:
        parts.append(f"{key} IN ({', '.join([bound] * len(one))})")
    return Query(" OR ".join(parts) or "1 = 0", (*(end for ends in several for end in ends), *one))
