"""What the records of a file must have: their key, each once, and a cursor that can be ordered."""

from __future__ import annotations

from typing import TYPE_CHECKING

from incload.engines.files.column_types import NUMBERS
from incload.errors import Refused, visible
from incload.table import Kind

if TYPE_CHECKING:
    from incload.engines.files.column_types import Field, Typed, Wanted
    from incload.engines.session import Session

_NO_ORDER = {
    "boolean": "true and false",
    "huge": "numbers beyond 64 bits",
    "infinite": "NaN or Infinity",
    "nested": "nested values",
}
"""The families of values that a cursor cannot have, in words."""


def require(path: str, names: list[str], wanted: Wanted) -> None:
    """Refuse a file without its key or cursor."""
    for name in (*wanted.key, *filter(None, [wanted.cursor])):
        if name not in names:
            role = "cursor" if name == wanted.cursor else "key"
            known = ", ".join(map(visible, names)) or "none"
            raise Refused(f"{path!r} has no {role} column {name!r}: its columns are {known}.")


def check_cursor(path: str, field: Field, typed: Typed) -> None:
    """Refuse a cursor column of which some values have no certain order."""
    for family in sorted(field.families & _NO_ORDER.keys()):
        raise Refused(
            f"cursor column {field.name!r} of {path!r} holds {_NO_ORDER[family]}, which have no certain order: "
            "name a cursor of timestamps or numbers."
        )
    if typed.kind is Kind.TEXT and field.families <= NUMBERS and field.families:
        raise Refused(
            f"cursor column {field.name!r} of {path!r} holds numbers of many digits, and a float would lose digits "
            "of some: write them all without fractions, or name another cursor."
        )
    if len(field.families) > 1 and not field.families <= NUMBERS:
        raise Refused(
            f"cursor column {field.name!r} of {path!r} mixes {' and '.join(sorted(field.families))} values: "
            "their order cannot be known; write them all in one type."
        )


def check_key(session: Session, path: str, table: str, wanted: Wanted) -> None:
    """Refuse a record without its key, and two records with one; nothing where no key is named."""
    if not wanted.key:
        return
    relation, names = session.name("source", table), session.listed(wanted.key)
    shown = ", ".join(map(repr, wanted.key))
    nulls = " OR ".join(f"{session.quote(name)} IS NULL" for name in wanted.key)
    numbered = f"SELECT row_number() OVER () AS record, {nulls} AS missing FROM {relation}"
    if missing := session.rows(f"SELECT record FROM ({numbered}) WHERE missing LIMIT 1"):
        raise Refused(f"record {missing[0][0]} of {path!r} has no key {shown}: every record needs its key.")
    twice = session.rows(
        f"SELECT {names}, count(*) FROM {relation} GROUP BY {names} HAVING count(*) > 1 ORDER BY 1 LIMIT 1"
    )
    if twice:
        *values, number = twice[0]
        raise Refused(
            f"{number} records of {path!r} have the key {shown} = {', '.join(map(repr, values))}: "
            "remove the copies, or name a key that distinguishes them."
        )
