"""The one statement that carries out what a sync intends."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from incload.engines.contract import WriteIntent
    from incload.engines.session import Session

_GONE = "incload_gone_now"
"""The column that says of an incoming key that its row leaves."""


def statement(session: Session, intent: WriteIntent, into: str) -> str:
    """Return the statement that writes into a table or a branch of it; deletions win over rows of the same key."""
    names = session.listed(intent.table.names)
    if intent.clear:
        assert intent.removals is None  # noqa: S101 - all that was there leaves anyway
        if intent.rows is None:
            return f"DELETE FROM {into} WHERE true"
        return f"INSERT OVERWRITE {into} ({names}) SELECT {names} FROM {intent.rows}"
    if intent.adds and intent.rows and not intent.removals:
        return f"INSERT INTO {into} ({names}) SELECT {names} FROM {intent.rows}"
    return _merge(session, intent, into)


def _merge(session: Session, intent: WriteIntent, into: str) -> str:
    """Return the statement that updates, inserts and deletes at once."""
    table = intent.table
    on = session.equal_keys(table.key, "t", "s")
    if intent.adds:
        on = f"{on} AND s.{session.quote(_GONE)}"
    clauses = []
    if intent.removals:
        clauses.append(f"WHEN MATCHED AND s.{session.quote(_GONE)} THEN DELETE")
    if intent.rows:
        contents = session.contents(table.names, table.key)
        sets = ", ".join(f"t.{session.quote(name)} = s.{session.quote(name)}" for name in contents)
        if sets and not intent.adds:
            clauses.append(f"WHEN MATCHED THEN UPDATE SET {sets}")
        values = session.listed(table.names, "s")
        not_gone = f" AND NOT s.{session.quote(_GONE)}" if intent.removals else ""
        clauses.append(f"WHEN NOT MATCHED{not_gone} THEN INSERT ({session.listed(table.names)}) VALUES ({values})")
    return f"MERGE INTO {into} AS t USING ({_incoming(session, intent)}) AS s ON {on} {' '.join(clauses)}"


def _incoming(session: Session, intent: WriteIntent) -> str:
    """Return the query for what comes in: rows, and keys that leave."""
    table, gone = intent.table, session.quote(_GONE)
    if not intent.removals:
        return f"SELECT {session.listed(table.names)}, false AS {gone} FROM {intent.rows}"
    keys = f"SELECT {session.listed(table.key)}, true AS {gone} FROM {intent.removals}"
    if not intent.rows:
        return keys
    staying = (
        f"SELECT {session.listed(table.names, 'r')}, false AS {gone} FROM {intent.rows} AS r"
        f" LEFT ANTI JOIN {intent.removals} AS g ON {session.equal_keys(table.key, 'g', 'r')}"
    )
    empty = {name: f"CAST(NULL AS {_type(session, intent, name)}) AS {session.quote(name)}" for name in table.names}
    leaving = ", ".join(session.quote(name) if name in table.key else empty[name] for name in table.names)
    return f"{staying} UNION ALL SELECT {leaving}, true AS {gone} FROM {intent.removals}"


def _type(session: Session, intent: WriteIntent, name: str) -> str:
    """Return the type of a target's column."""
    columns = session.columns("target", intent.table.name) or ()
    return next(each.declared for each in columns if each.name == name)


def count_removed(session: Session, intent: WriteIntent) -> int:
    """Count the rows of the target whose keys leave."""
    held, on = session.name("target", intent.table.name), session.equal_keys(intent.table.key, "g", "t")
    return session.count(f"(SELECT 1 FROM {held} AS t LEFT SEMI JOIN {intent.removals} AS g ON {on})")
