"""A PostgreSQL table with everything its rows may be in: partitions at every level, tables that inherit from it.

A statement may name any of them, and triggers and publications go by the table that a statement names. A log therefore
watches all of them. The form of the tree is part of a log's position: it changes with every ATTACH, DETACH, CREATE or
DROP of a member and with every ALTER of a column, none of which a log shows row by row.
"""

from __future__ import annotations

from itertools import starmap
from typing import TYPE_CHECKING

from incload.errors import Refused

if TYPE_CHECKING:
    from incload.engines.session import Session

TREE = (
    "WITH RECURSIVE root AS (SELECT to_regclass(?)::oid AS oid),"
    " tree(member) AS (SELECT oid FROM root"
    " UNION SELECT i.inhrelid FROM pg_inherits AS i JOIN tree AS t ON i.inhparent = t.member)"
)
"""Names `root`, the table given, and `tree`, it and all below it."""

FORM = (
    "md5(concat_ws(' ', (SELECT oid FROM root),"
    " (SELECT string_agg(concat_ws(' ', i.inhparent, i.inhrelid, i.xmin), ',' ORDER BY i.inhparent, i.inhrelid)"
    " FROM pg_inherits AS i JOIN tree AS t ON i.inhparent = t.member),"
    " (SELECT string_agg(concat_ws(' ', a.attnum, a.xmin), ',' ORDER BY a.attnum)"
    " FROM pg_attribute AS a JOIN root AS r ON a.attrelid = r.oid AND a.attnum > 0)))"
)
"""A fingerprint of the tree and of the root's columns.

The number of the transaction that wrote a row of the catalogue is part of it, so that a member that left and came back,
or a column whose values were computed again, is noticed too.
"""

_UNWATCHABLE = {
    "f": "is a foreign table, whose changes no {log} shows",
    "v": "is a view, whose changes no {log} shows",
    "m": "is a materialized view, whose changes no {log} shows",
}


def members(session: Session, relation: str) -> list[str]:
    """Return the qualified names of a table and of all below it, the table first."""
    found = session.rows(
        f"{TREE} SELECT format('%I.%I', n.nspname, c.relname) FROM tree AS t JOIN pg_class AS c ON c.oid = t.member"
        " JOIN pg_namespace AS n ON n.oid = c.relnamespace ORDER BY c.oid <> (SELECT oid FROM root), 1",
        (relation,),
    )
    return [str(name) for (name,) in found]


def refuse_unwatchable(session: Session, relation: str, log: str) -> None:
    """Refuse a table that is, or has below it, what cannot be watched."""
    found = session.rows(
        f"{TREE} SELECT c.oid::regclass::text, c.relkind::text, c.relpersistence::text,"
        " EXISTS (SELECT 1 FROM pg_subscription_rel AS s WHERE s.srrelid = c.oid)"
        " FROM tree AS t JOIN pg_class AS c ON c.oid = t.member ORDER BY c.oid <> (SELECT oid FROM root), 1",
        (relation,),
    )
    for name, *what in found:
        why = _why_not(log, *map(str, what))
        if why:
            raise Refused(f"{name} {why}: choose another strategy, or another table.")


def _why_not(log: str, kind: str, persistence: str, is_subscribed: str) -> str:
    """Say why a member cannot be watched; empty when it can."""
    if kind in _UNWATCHABLE:
        return _UNWATCHABLE[kind].format(log=log)
    if persistence != "p":
        return f"is {'temporary' if persistence == 't' else 'unlogged'}: a crash empties it, which no {log} shows"
    if is_subscribed == "True" and log == "trigger":
        return "is filled by logical replication, which fires no trigger of a statement"
    return ""


def types_of(session: Session, relation: str, key: tuple[str, ...]) -> list[str]:
    """Return the declared types of the key's columns, those that exist."""
    found = session.rows(
        "SELECT attname::text, format_type(atttypid, atttypmod) FROM pg_attribute"
        " WHERE attrelid = to_regclass(?) AND attnum > 0 AND NOT attisdropped",
        (relation,),
    )
    declared = {str(name): str(type_) for name, type_ in found}
    return [declared[name] for name in key if name in declared]


def refuse_generated(session: Session, relation: str, key: tuple[str, ...]) -> None:
    """Refuse a key with a generated column, which the server's log leaves out."""
    found = session.rows(
        "SELECT attname::text FROM pg_attribute WHERE attrelid = to_regclass(?) AND attgenerated <> ''", (relation,)
    )
    for (name,) in found:
        if name in key:
            raise Refused(
                f"key column {name!r} is generated, and the server's log leaves it out: choose other columns."
            )


_NUMBERS = ("smallint", "integer", "bigint", "numeric")
_TEXTS = ("text", "character varying", "character", "bpchar")


def reads_as(before: list[str], now: list[str]) -> bool:
    """Return whether every value of some types, written as text, can be read as one of others."""
    return len(before) == len(now) and all(starmap(_widens, zip(before, now, strict=True)))


def _widens(before: str, now: str) -> bool:
    if before in _NUMBERS and now in _NUMBERS:
        return _NUMBERS.index(before) <= _NUMBERS.index(now)
    return before == now or (before.partition("(")[0] in _TEXTS and now in _TEXTS[:2])
