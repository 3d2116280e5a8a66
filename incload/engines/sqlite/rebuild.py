"""A table of SQLite with other types for some of its columns: built again, with all that belongs to it.

SQLite's manual describes the way: a new table from the old one's own statement, its rows, then its name; indexes and
triggers go with the old table and are made again, views stay and are looked at again. What the table was called by,
in views, triggers and foreign keys of other tables, must not follow the renaming; hence the old way of renaming.
"""

from __future__ import annotations

import re
import sqlite3
from typing import TYPE_CHECKING

from incload.engines.columns.definition import retyped
from incload.errors import Refused

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from incload.engines.session import Session


_MADE = re.compile(r"CREATE (UNIQUE INDEX|INDEX|TRIGGER) ")


def rebuild(session: Session, schema: str, table: str, types: Mapping[str, str]) -> None:
    """Give columns of a table other types, within the transaction; every value is converted as SQLite stores it.

    Raises:
        Refused: When the table's statement does not say its types, or something that uses the table would not work any
            more.
    """
    found = session.rows(f"PRAGMA {schema}.table_xinfo({session.quote(table)})")
    present = {str(name): str(declared) for _, name, declared, *_ in found}
    changed = {name: declared for name, declared in types.items() if present[name] != declared}
    if not changed:
        return
    before = _broken(session, schema)
    try:
        _rebuild(session, schema, table, changed, [str(name) for _, name, *_, hidden in found if hidden == 0])
    except sqlite3.Error as error:
        names = ", ".join(f"{name!r} to {declared}" for name, declared in changed.items())
        raise Refused(
            f"the type of a column of target table {table!r} cannot change ({names}), because SQLite says: {error}: "
            "drop what does not allow it, load, and make it again."
        ) from error
    _check_views(session, schema, table, before)


def _rebuild(session: Session, schema: str, table: str, changed: Mapping[str, str], written: Sequence[str]) -> None:
    names = session.listed(written)
    old, new = (f"{schema}.{session.quote(name)}" for name in (table, f"{table} rebuilt"))
    sql, belonging = _schema_of(session, schema, table)
    sequence = _sequence(session, schema, table)
    session.write(retyped(sql, new, changed))
    session.write(f"INSERT INTO {new} ({names}) SELECT {names} FROM {old}")
    session.write("PRAGMA legacy_alter_table = ON")
    try:
        session.write(f"DROP TABLE {old}")
        session.write(f"ALTER TABLE {new} RENAME TO {session.quote(table)}")
    finally:
        session.write("PRAGMA legacy_alter_table = OFF")
    for statement in belonging:
        session.write(_in(schema, statement))
    if sequence is not None:
        session.write(f"UPDATE {schema}.sqlite_sequence SET seq = ? WHERE name = ?", (sequence, table))


def _schema_of(session: Session, schema: str, table: str) -> tuple[str, list[str]]:
    """Return the statement that made a table, and those of its indexes and triggers."""
    found = session.rows(
        f"SELECT type, sql FROM {schema}.sqlite_master WHERE tbl_name = ? COLLATE NOCASE AND sql IS NOT NULL"
        " ORDER BY rowid",
        (table,),
    )
    (made,) = [str(sql) for kind, sql in found if kind == "table"]
    return made, [str(sql) for kind, sql in found if kind != "table"]


def _in(schema: str, statement: str) -> str:
    """Return the statement of an index or trigger for a database by name; SQLite keeps it without one."""
    return _MADE.sub(rf"\g<0>{schema}.", statement, count=1)


def _sequence(session: Session, schema: str, table: str) -> object:
    """Return the last number that AUTOINCREMENT gave, which goes with the old table; None without one."""
    if not session.rows(f"SELECT 1 FROM {schema}.sqlite_master WHERE name = 'sqlite_sequence'"):
        return None
    found = session.rows(f"SELECT seq FROM {schema}.sqlite_sequence WHERE name = ?", (table,))
    return found[0][0] if found else None


def _broken(session: Session, schema: str) -> dict[str, str]:
    """Return the views that do not work, each with what SQLite says."""
    said = {}
    for (name,) in session.rows(f"SELECT name FROM {schema}.sqlite_master WHERE type = 'view'"):
        try:
            session.rows(f"SELECT 1 FROM {schema}.{session.quote(str(name))} LIMIT 0")
        except sqlite3.Error as error:
            said[str(name)] = str(error)
    return said


def _check_views(session: Session, schema: str, table: str, before: Mapping[str, str]) -> None:
    """Refuse what a view that worked before does not survive, and rows to which foreign keys lead no more."""
    for name, error in _broken(session, schema).items():
        if name not in before:
            raise Refused(
                f"the type of a column of target table {table!r} cannot change, because view {name!r} would "
                f"not work any more ({error}): drop the view, load, and make it again."
            )
