"""The functions that a SQLite connection brings along, and the digests that are written with them."""

from __future__ import annotations

import marshal
import sqlite3
from typing import TYPE_CHECKING

from xxhash import xxh3_64_digest, xxh3_64_intdigest

from incload.cursor import UNITS, MixedText
from incload.engines.session import Session
from incload.exact_numbers import rank
from incload.table import Kind

if TYPE_CHECKING:
    from collections.abc import Sequence

    from incload.table import Column

_JSON = sqlite3.sqlite_version_info >= (3, 38)
"""Whether JSON is certain to be built in."""
MOST_ARGUMENTS = 100
"""SQLite is built with this limit: in a function's call at least so many values."""

TAG = f"sqlite-xxh3/2{'j' if _JSON else ''}"
"""The digests are xxh3 of the row's marshalled values, or of its JSON."""


def bring(connection: sqlite3.Connection) -> None:
    """Give a connection the functions."""
    connection.create_function("incload_digest", -1, _digest, deterministic=True)
    if _JSON:
        connection.create_function("incload_xxh3", 1, xxh3_64_digest, deterministic=True)
    connection.create_function("incload_rank", 1, rank, deterministic=True)
    connection.create_function("incload_meaning", 1, _meaning, deterministic=True)


def fast_digest(columns: Sequence[Column], slow: str) -> str:
    """Let SQLite write integers and texts as JSON, which spares Python every value; other kinds go the slow way.

    JSON distinguishes types, nulls and borders, but not the last digits of a real that stands in an integer column.
    """
    plain = all(column.kind in {Kind.INTEGER, Kind.TEXT} for column in columns)
    if not _JSON or not plain or len(columns) > MOST_ARGUMENTS:
        return slow
    values = ", ".join(Session.quote(column.name) for column in columns)
    fast = f"incload_xxh3(CAST(json_array({values}) AS BLOB))"
    odd = [_may_be_real(Session.quote(each.name), each.declared) for each in columns if each.kind is Kind.INTEGER]
    return f"CASE WHEN {' OR '.join(odd)} THEN {slow} ELSE {fast} END" if odd else fast


def _may_be_real(name: str, declared: str) -> str:
    """Return the condition that a value in a column of integers is a real number, or at least none of them.

    Where the declared type turns every real that is whole into an integer, arithmetic finds out, which is faster.
    """
    return f"{name} | 0 IS NOT {name}" if "INT" in declared.upper() else f"typeof({name}) = 'real'"


def _meaning(text: str | None) -> float | None:
    """Return the microseconds since 1970-01-01 UTC that an ISO text means; a null means none."""
    return None if text is None else MixedText(UNITS["us"], zoned=True).position(text)


def _digest(*values: object) -> int:
    """Hash the values of a row, types and nulls included, to a signed 64-bit integer.

    `marshal` version 2 writes each value with its type and length and knows no references, so equal rows give equal
    bytes and no value can be mistaken for the border between two.
    """
    return xxh3_64_intdigest(marshal.dumps(values, 2)) - (1 << 63)  # type: ignore[arg-type]  # SQLite hands over plain values
