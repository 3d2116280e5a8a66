"""What is said to a database and what it answers, whatever its engine."""

from __future__ import annotations

from typing import Literal

from incload.records import record

Place = Literal["source", "target"]
Row = tuple[object, ...]


@record
class Query:
    """A piece of SQL with its parameters."""

    sql: str
    params: tuple[object, ...] = ()
