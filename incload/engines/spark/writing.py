"""The one statement that carries out what a sync intends."""

from __future__ import annotations

from typing import TYPE_CHECKING

from incload.records import replace
from incload.strategy import WriteRule

if TYPE_CHECKING:
    from incload.engines.contract import WriteIntent
    from incload.engines.session import Session

_GONE = "incload_gone_now"
"""The column that says of an incoming key that its row leaves."""


def statement(session: Session, intent: WriteIntent, into: str) -> str:
    """Return the statement that writes into a table or a branch of it; deletions win over rows of the same key."""
    if intent.clear:
        assert intent.removals is None  # noqa: S101 - all that was there leaves anyway
        return _inserting(session, intent, f"INSERT OVERWRITE {into}") if intent.rows else f"DELETE FROM {into}"
    if intent.adds and intent.rows and not intent.removals:
        return _inserting(session, intent, f"INSERT INTO {into}")
    return _merge(session, intent, into)


def as_added(intent: WriteIntent) -> WriteIntent:
    """Return what is intended with an empty table: rows whose keys were looked at are added, which compares nothing."""
    adds = intent.rows and not intent.removals
    return replace(intent, rule=WriteRule.APPEND) if adds else intent


def _inserting(session: Session, intent: WriteIntent, into: str) -> str:
    columns, values = _inserted(session, intent, "r")
    return f"{into} ({columns}) SELECT {values} FROM {intent.rows} AS r"


def _inserted(session: Session, intent: WriteIntent, alias: str) -> tuple[str, str]:
    """Return the columns of a new row and their values; those of the target's own are null: Spark wants all."""
    names = intent.table.names
    own = [each for each in session.columns("target", intent.table.name) or () if each.name not in names]
    nulls = (f"CAST(NULL AS {each.declared})" for each in own)
    columns = session.listed((*names, *(each.name for each in own)))
    return columns, ", ".join([session.listed(names, alias), *nulls])


def _merge(session: Session, intent: WriteIntent, into: str) -> str:
    """Return the statement that updates, inserts and deletes at once."""
    table, gone = intent.table, f"s.{session.quote(_GONE)}"
    on = session.equal_keys(table.key, "t", "s") + (f" AND {gone}" if intent.adds else "")
    clauses = [f"WHEN MATCHED AND {gone} THEN DELETE"] if intent.removals else []
    if intent.rows:
        contents = session.contents(table.names, table.key)
        sets = ", ".join(f"t.{session.quote(name)} = s.{session.quote(name)}" for name in contents)
        clauses += [f"WHEN MATCHED THEN UPDATE SET {sets}"] if sets and not intent.adds else []
        columns, values = _inserted(session, intent, "s")
        new = f" AND NOT {gone}" if intent.removals else ""
        clauses.append(f"WHEN NOT MATCHED{new} THEN INSERT ({columns}) VALUES ({values})")
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
