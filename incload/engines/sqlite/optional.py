"""What SQLite can do beyond the contract: keep a change table by triggers, look at few values of a cursor column."""

from __future__ import annotations

from typing import TYPE_CHECKING

from incload.engines.abilities.optional import CursorLooks, Logs
from incload.engines.sql import Query
from incload.engines.sqlite.cursor_check import CursorValues

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from incload.cursor import Scale
    from incload.engines.abilities.change_log import ChangeLog
    from incload.engines.session import Session
    from incload.engines.sql import Place
    from incload.engines.sqlite.catalog import Catalogue
    from incload.strategy import Capability, Rows
    from incload.table import Column


class SqliteLogs(Logs):
    """The change tables that triggers keep."""

    def __init__(self, session: Session, catalogue: Catalogue) -> None:
        """Take the session that reads them, and what its catalogue says."""
        self._session, self._catalogue = session, catalogue

    def change_log(self, log: Capability, place: Place, table: str) -> ChangeLog:  # noqa: ARG002 - there is one kind
        """Return the change table that triggers keep."""
        from incload.engines.sqlite.changes.change_log import SqliteLog

        return SqliteLog(self._session, place, table)

    def left_behind(self, place: Place) -> list[str]:
        """Ask the registry of change logs."""
        from incload.engines.sqlite.changes.change_log import tables_left

        return tables_left(self._session, place)

    def primary_key(self, place: Place, table: str) -> tuple[str, ...]:
        """Look at the catalogue, which numbers the columns of the key."""
        return self._catalogue.description(place, table).key


class SqliteLooks(CursorLooks):
    """Looks at those values of a cursor column on which the order of what is asked hangs."""

    def __init__(self, session: Session, stands: Mapping[Place, str], catalogue: Catalogue) -> None:
        """Take the session that reads them, under which name each place is attached, and what its catalogue says."""
        super().__init__(session.rows, session.relation)
        self._session, self._stands, self._catalogue = session, stands, catalogue

    def rereads(self, place: Place, table: str, column: str) -> bool:
        """Ask the planner: rows that need no sorting stand in an index."""
        relation = self._session.relation(place, table)
        if self._catalogue.searches(relation, column):
            return True
        return not self._catalogue.sorts(
            Query(f"SELECT 1 FROM {relation} ORDER BY {self._session.quote(column)} DESC LIMIT 1")
        )

    def seems(self, place: Place, table: str, column: Column, scale: Scale) -> bool:
        """Look at the largest value, where an index finds it and the others."""
        values = self._values(place, table, column)
        in_order = self._catalogue.compares_bytes and self._catalogue.searches(values.relation, column.name)
        return in_order and values.seem(scale)

    def confirm(self, place: Place, table: str, column: Column, scale: Scale, asked: Sequence[Rows]) -> None:
        """Look at the values on which the answers hang; `cursor_check` says why that is enough."""
        self._values(place, table, column).confirm(scale, asked)

    def form(self, *named: tuple[Place, str]) -> int | None:
        """Ask the catalogue, which notices every change of a schema."""
        return self._catalogue.generation if all(map(self._catalogue.is_declared, named)) else None

    def version(self, place: Place) -> int:
        """Ask the file: the number stands for what this connection has last seen of it."""
        return int(str(self._session.rows(f"PRAGMA {self._stands[place]}.data_version")[0][0]))

    def _values(self, place: Place, table: str, column: Column) -> CursorValues:
        return CursorValues(self._session, self._session.relation(place, table), column.name)
