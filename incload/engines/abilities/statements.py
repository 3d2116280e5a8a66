"""How what a sync intends is carried out in an engine that writes by statements."""

from __future__ import annotations

from typing import TYPE_CHECKING

from incload.engines.contract import WriteResult
from incload.engines.sql import Query

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Protocol

    from incload.engines.contract import WriteIntent
    from incload.engines.sql import Place
    from incload.table import Column, Table

    class Writes(Protocol):
        """What is asked of a session."""

        watch: Callable[[WriteIntent], None] | None

        def name(self, place: Place, table: str) -> str:
            """Name a table."""

        def listed(self, names: tuple[str, ...]) -> str:
            """List columns."""

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
