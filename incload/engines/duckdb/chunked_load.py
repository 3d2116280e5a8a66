"""How DuckDB fills a table, or reads one, in parts; see `Parts`.

A transaction holds the index of all the keys that it adds, some 60 bytes each, and only a checkpoint lets go of it.
Blocks stay in memory as long as there is room, and the limit that DuckDB sets itself is most of the machine.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING

import duckdb

from incload.engines.abilities.optional import Parts, passing_name

if TYPE_CHECKING:
    from collections.abc import Iterable

    from incload.engines.session import Query, Session
    from incload.table import Table

_LET_GO = "40MB"
"""The memory limit for a moment between two parts: unused blocks are freed."""


class DuckdbParts(Parts):
    """The part of a DuckDB session that knows of parts."""

    rows: int | None = 1_000_000

    def __init__(self, session: Session) -> None:
        """Take the session that holds the tables."""
        self._session = session

    def of(self, relation: str) -> list[str]:
        """Cut a table by the numbers of its rows, which stand in this order in its blocks; a column may hide them.

        Not one in the target's own file: the checkpoint behind a part may give the rows of every table new numbers.
        """
        named = (str(name).lower() for name, *_ in self._session.rows(f"DESCRIBE {relation}"))
        if relation.startswith("target.") or "rowid" in named:
            return [relation]
        ((last,),) = self._session.rows(f"SELECT max(rowid) FROM {relation}")
        if not isinstance(last, int) or not self.rows or last < self.rows:
            return [relation]
        firsts = range(0, last + 1, self.rows)
        return [
            f"(SELECT * FROM {relation} WHERE rowid BETWEEN {first} AND {first + self.rows - 1})" for first in firsts
        ]

    def fill(self, table: Table, parts: Iterable[Query], *, keyed: bool, origin: str) -> int:
        """Commit part by part, each followed by a checkpoint, so that neither the index nor blocks stay in memory."""
        passing = replace(table, name=passing_name(table.name))
        self.discard(table.name)
        try:
            self._session.create(passing, keyed=keyed, origin=origin)
            return sum(self._add(passing, part) for part in parts)
        except BaseException:
            with suppress(duckdb.Error):
                self.discard(table.name)
            raise

    def _add(self, table: Table, part: Query) -> int:
        written = self._session.insert(table, part)
        self._session.rows("CHECKPOINT target")
        self.let_go()
        return written

    def let_go(self) -> None:
        """Free all blocks that are not in use."""
        with suppress(duckdb.OutOfMemoryException):  # what is in use may stay
            self._session.rows(f"SET memory_limit = '{_LET_GO}'")
        self._session.rows("RESET memory_limit")

    def adopt(self, table: str) -> None:
        """Rename it: DuckDB takes its key along."""
        session = self._session
        session.write(f"ALTER TABLE {session.name('target', passing_name(table))} RENAME TO {session.quote(table)}")

    def discard(self, table: str) -> None:
        """Drop it."""
        self._session.write(f"DROP TABLE IF EXISTS {self._session.name('target', passing_name(table))}")
