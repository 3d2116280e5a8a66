"""Rows named by the keys that an audit has found, as values of each side's own columns."""

from __future__ import annotations

from typing import TYPE_CHECKING

from incload.engines.digests.literals import literal
from incload.engines.session import Query

if TYPE_CHECKING:
    from collections.abc import Sequence

    from incload.engines.digests.canonical import Held
    from incload.engines.session import Session

NUMBER = "incload_number"
"""The column that numbers the keys."""


def numbered(session: Session, held: Sequence[Held], keys: Sequence[tuple[int, tuple[str, ...]]]) -> Query:
    """Return a query for keys and their numbers, as values of a side's columns.

    Args:
        session: The session that will run it.
        held: The side's key columns.
        keys: Numbers, and the canonical texts of keys.
    """
    names = ", ".join([session.quote(NUMBER), *(session.quote(each.column.name) for each in held)])
    rows = ", ".join(
        f"({number}, {', '.join(literal(session, column, text) for column, text in zip(held, texts, strict=True))})"
        for number, texts in keys
    )
    return Query(f"WITH v ({names}) AS (VALUES {rows}) SELECT {names} FROM v")
