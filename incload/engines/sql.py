"""What is said to a database and what it answers, whatever its engine."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Place = Literal["source", "target"]
Row = tuple[object, ...]


@dataclass(frozen=True, slots=True)
class Query:
    """A piece of SQL with its parameters."""

    sql: str
    params: tuple[object, ...] = ()
