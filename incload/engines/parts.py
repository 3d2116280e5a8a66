"""What the load asks of an engine that cannot take any number of rows into a new table without holding them all.

Such an engine is filled in parts under a passing name: each part is a transaction of its own, and the one that makes
the sync durable gives the table its name. Until then no reader sees the table, and a load that is killed leaves nothing
but a passing table, which the next first load drops. A table of such an engine is read in parts as well.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from collections.abc import Iterable

    from incload.engines.sql import Query
    from incload.table import Table


def passing_name(table: str) -> str:
    """Return the name under which a table is filled."""
    return f"_incload_filling_{table}"


class FillsInParts:
    """What a session says of tables that it fills in parts; an engine that has no need to leaves it at that."""

    engine: ClassVar[str]

    part_rows: ClassVar[int | None] = None
    """How many rows it takes into a new table in one transaction; None for any number."""

    def parts(self, relation: str) -> list[str]:
        """Return relations that together are a table, where an engine would keep in memory what it has read of one."""
        return [relation]

    def fill(self, table: Table, parts: Iterable[Query], *, keyed: bool, origin: str) -> int:
        """Fill a new table under its passing name, outside of the sync's transaction; return how many rows it has."""
        raise AssertionError(f"{self.engine} takes {table.name} at once, keyed={keyed}, from {origin}: {parts}")

    def adopt(self, table: str) -> None:
        """Give the table that was filled its name, within the sync's transaction."""

    def discard(self, table: str) -> None:
        """Drop what a load that was killed may have left under a table's passing name."""
