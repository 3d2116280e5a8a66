"""How what a sync intends is carried out in an engine that writes by statements."""

from __future__ import annotations

from typing import TYPE_CHECKING

from incload.engines.contract import WriteResult
from incload.engines.sql import Query

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Protocol

    from incload.engines.contract import WriteIntent
    from incload.engines.sql import Place
    from incload.table import Column, Table

    class Writes(Protocol):
        """What is asked of a session."""

        watch: Callable[[WriteIntent], None] | None

        def name(self, place: Place, table: str) -> str:
            """Name a table."""

        def quote(self, name: str) -> str:
            """Quote a name."""

        def listed(self, names: Sequence[str]) -> str:
            """List columns."""

        def columns(self, place: Place, table: str) -> tuple[Column, ...] | None:
            """Return the columns of a table."""

        def contents(self, names: tuple[str, ...], key: tuple[str, ...]) -> list[str]:
            """Return the columns that may differ in two rows of one key."""

        def equal_keys(self, key: tuple[str, ...], one: str, other: str) -> str:
            """Return the condition that two relations agree in the key columns."""

        def definition(self, column: Column, origin: str) -> str:
            """Define a column."""

        def write(self, sql: str) -> int:
            """Run a statement."""

        def insert(self, table: Table, query: Query) -> int:
            """Add the rows of a query."""

        def merge(self, table: Table, incoming: str) -> int:
            """Write rows over those with their keys."""

        def delete(self, key: tuple[str, ...], relation: str, keys: str) -> int:
            """Delete the rows with the keys that stand in a relation."""


def carry_out(session: Writes, intent: WriteIntent) -> WriteResult:
    """Write what is intended, deletions last."""
    if session.watch:
        session.watch(intent)
    relation, done = session.name("target", intent.table.name), intent.placed or WriteResult()
    written, removed = done.written, done.removed
    if intent.clear:
        removed += session.write(f"DELETE FROM {relation}")
    if intent.rows:
        rows = Query(f"SELECT {session.listed(intent.table.names)} FROM {intent.rows}")
        written += session.insert(intent.table, rows) if intent.adds else session.merge(intent.table, intent.rows)
    if intent.removals:
        removed += session.delete(intent.table.key, relation, intent.removals)
    return WriteResult(written, removed)


def creation(session: Writes, table: Table, *, keyed: bool, origin: str) -> str:
    """Return the statement that creates a target table for a source table of the engine named."""
    parts = [session.definition(column, origin) for column in table.columns]
    if keyed:
        parts.append(f"PRIMARY KEY ({session.listed(table.key)})")
    return f"CREATE TABLE {session.name('target', table.name)} ({', '.join(parts)})"


def merge(session: Writes, table: Table, incoming: str) -> int:
    """Write the rows of a relation over those with their keys, by statements that most engines understand."""
    return (update_rows if has_own_columns(session, table) else replace_rows)(session, table, incoming)


def replace_rows(session: Writes, table: Table, incoming: str) -> int:
    """Delete the rows with the keys of a relation and insert the relation's; return how many were inserted."""
    session.delete(table.key, session.name("target", table.name), incoming)
    return session.insert(table, Query(f"SELECT {session.listed(table.names)} FROM {incoming}"))


def has_own_columns(session: Writes, table: Table) -> bool:
    """Return whether the target has columns that a load does not write, and a deleted row would take along."""
    return any(column.name not in table.names for column in session.columns("target", table.name) or ())


def update_rows(session: Writes, table: Table, incoming: str) -> int:
    """Update the rows that are there and insert the others, so that columns of the target's own stay."""
    relation = session.name("target", table.name)
    columns, on = session.contents(table.names, table.key), session.equal_keys(table.key, "incload_new", "held")
    sets = ", ".join(f"{session.quote(name)} = incload_new.{session.quote(name)}" for name in columns)
    updated = 0
    if sets:
        updated = session.write(f"UPDATE {relation} AS held SET {sets} FROM {incoming} AS incload_new WHERE {on}")
    known = f"SELECT 1 FROM {relation} AS held WHERE {on}"
    new = f"SELECT {session.listed(table.names)} FROM {incoming} AS incload_new WHERE NOT EXISTS ({known})"
    return updated + session.insert(table, Query(new))
