"""Rows named by the keys that an audit has found: canonical texts become values of each side's own columns.

Where a text does not say which value it was, as a time that one side keeps as a text of some form, the repair refuses:
a key that is made up would name no row, or another one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from incload.cursor import Timestamps
from incload.engines.session import Query
from incload.errors import Refused
from incload.table import Kind

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


def literal(session: Session, held: Held, text: str) -> str:
    """Return the value of a canonical text as SQL of the type of a column."""
    plain = "NULL" if text == "n;" else _plain(session, held, text[0], text[1:-1])
    declared = held.column.declared
    # A column of SQLite takes any value as it is, and a cast would change some.
    return f"CAST({plain} AS {declared})" if declared and not session.capabilities.holds_any else plain


def _plain(session: Session, held: Held, tag: str, value: str) -> str:
    kind = held.column.kind
    match tag:
        case "i":
            return value
        case "t":
            found = value.partition(":")[2]
            return found if kind is Kind.INTEGER else _quoted(held, found)
        case "m" if kind is Kind.INTEGER:
            return str(int(value) // held.factor)
        case "m" if kind is Kind.TIMESTAMP:
            zone = "+00" if held.column.zoned else ""
            moment = (
                value if value.endswith("infinity") else f"{Timestamps(held.form.per_second).shown(int(value))}{zone}"
            )
            return _quoted(held, moment)
        case "d" if kind in {Kind.INTEGER, Kind.DECIMAL} and not session.capabilities.holds_any:
            return value
        case "b":
            return session.bytes_literal(value)
    raise Refused(
        f"key column {held.column.name!r} is {held.column.declared or kind} there, from which no row can be found "
        "again as an audit compares it: repair by a key of whole numbers, texts, times or bytes on both sides."
    )


def _quoted(held: Held, text: str) -> str:
    if "\0" in text:
        raise Refused(f"a key in column {held.column.name!r} holds a NUL character, which no statement can name.")
    return "'" + text.replace("'", "''") + "'"
