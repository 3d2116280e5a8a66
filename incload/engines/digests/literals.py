"""Canonical texts as values of a column, in the SQL of its engine.

Where a text does not say which value it was, as a time that is kept as a text of some form, there is no value: one that
is made up would find no row, or another one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from incload.cursor import Timestamps
from incload.errors import Refused
from incload.table import Kind

if TYPE_CHECKING:
    from incload.engines.digests.canonical import Held
    from incload.engines.session import Session


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
        f"column {held.column.name!r} is {held.column.declared or kind} there, from which no row can be found "
        "again as an audit compares it: name a column of whole numbers, texts, times or bytes on both sides."
    )


def _quoted(held: Held, text: str) -> str:
    if "\0" in text:
        raise Refused(f"a value of column {held.column.name!r} holds a NUL character, which no statement can name.")
    return "'" + text.replace("'", "''") + "'"
