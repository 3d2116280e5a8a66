"""How DuckDB fills a table, or reads one, in parts; see `parts`.

A transaction holds the index of all the keys that it adds, some 60 bytes each, and only a checkpoint lets go of it.
Blocks stay in memory as long as there is room, and the limit that DuckDB sets itself is most of the machine.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar

import duckdb

from incload.engines.parts import passing_name
from incload.engines.session import Session

if TYPE_CHECKING:
    from collections.abc import Iterable

    from incload.engines.session import Query
    from incload.table import Table

_LET_GO = "40MB"
"""The memory limit for a moment between two parts: whatever nobody uses goes."""


class DuckdbParts(Session):
    """The part of a DuckDB session that knows of parts."""

    part_rows: ClassVar[int | None] = 1_000_000

    def parts(self, relation: str) -> list[str]:
        """Cut a table by the numbers of its rows, which stand in this order in its blocks; a column may hide them.

        Not one in the target's own file: the checkpoint behind a part may number the rows of every table anew.
        """
        named = (str(name).lower() for name, *_ in self.rows(f"DESCRIBE {relation}"))
        if relation.startswith("target.") or "rowid" in named:
            return [relation]
        ((last,),) = self.rows(f"SELECT max(rowid) FROM {relation}")
        if not isinstance(last, int) or not self.part_rows or last < self.part_rows:
            return [relation]
        firsts = range(0, last + 1, self.part_rows)
        return [
            f"(SELECT * FROM {relation} WHERE rowid BETWEEN {first} AND {first + self.part_rows - 1})"
            for first in firsts
        ]

    def fill(self, table: Table, parts: Iterable[Query], *, keyed: bool, origin: str) -> int:
        """Commit part by part, each followed by a checkpoint, so that neither the index nor blocks stay in memory."""
        passing = replace(table, name=passing_name(table.name))
        self.discard(table.name)
        try:
            self.create(passing, keyed=keyed, origin=origin)
            return sum(self._add(passing, part) for part in parts)
        except BaseException:
            with suppress(duckdb.Error):
                self.discard(table.name)
            raise

    def _add(self, table: Table, part: Query) -> int:
        written = self.insert(table, part)
        self.rows("CHECKPOINT target")
        self.let_go()
        return written

    def let_go(self) -> None:
        """Let go of all blocks that nobody uses."""
        with suppress(duckdb.OutOfMemoryException):  # what is in use may stay
            self.rows(f"SET memory_limit = '{_LET_GO}'")
        self.rows("RESET memory_limit")

    def adopt(self, table: str) -> None:
        """Rename it: DuckDB takes its key along."""
        self.write(f"ALTER TABLE {self.name('target', passing_name(table))} RENAME TO {self.quote(table)}")

    def discard(self, table: str) -> None:
        """Drop it."""
        self.write(f"DROP TABLE IF EXISTS {self.name('target', passing_name(table))}")
