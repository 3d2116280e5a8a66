"""The rows of a copy as an audit of single rows reads them: those of some keys, or all."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from incload.auditing.audit import Key, Row
    from incload.engines.session import Session
    from incload.table import Table

_AT_ONCE = 512
"""Values in one statement, a power of two."""

_READ_ALL = 2_000
"""From how many rows on reading the whole target is cheaper than naming them."""

_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 - timestamps are UTC without saying so
_MICROSECOND = timedelta(microseconds=1)


def copies(session: Session, table: Table, keys: list[Key] | None) -> dict[Key, list[Row]]:
    """Return a target's rows of some keys, or all of them, each key with all of its rows."""
    select = f"SELECT {session.listed(table.names)} FROM {session.name('target', table.name)}"
    places = [table.names.index(name) for name in table.key]
    found: dict[Key, list[Row]] = {}
    for row in map(_plain, _read(session, table, select, keys)):
        key = (row[places[0]],) if len(places) == 1 else tuple(row[place] for place in places)
        found.setdefault(key, []).append(row)
    return found


def _read(session: Session, table: Table, select: str, keys: list[Key] | None) -> list[Row]:
    if keys is None or len(keys) > _READ_ALL:
        return session.rows(select)
    rows: list[Row] = []
    for start in range(0, len(keys), _AT_ONCE // len(table.key)):
        some = _filled_up(keys[start : start + _AT_ONCE // len(table.key)])
        condition = _condition(tuple([session.quote(name) for name in table.key]), len(some))
        rows += session.rows(f"{select} WHERE {condition}", [value for key in some for value in key])
    return rows


def _filled_up(keys: list[Key]) -> list[Key]:
    """Name the last key again until there are as many as a power of two: few statements then do for any number."""
    return [*keys, *keys[-1:] * ((1 << (len(keys) - 1).bit_length()) - len(keys))]


@lru_cache(maxsize=64)
def _condition(names: tuple[str, ...], number: int) -> str:
    """Return the condition that a row has one of so many keys."""
    if len(names) == 1:
        return f"{names[0]} IN ({', '.join('?' * number)})"
    one = " AND ".join(f"{name} = ?" for name in names)
    return " OR ".join([f"({one})"] * number)


def _plain(row: Row) -> Row:
    """Return a row with timestamps of a database's own type as the microseconds that the history counts in."""
    if datetime not in map(type, row):
        return row
    return tuple((each - _EPOCH) // _MICROSECOND if isinstance(each, datetime) else each for each in row)
