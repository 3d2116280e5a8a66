"""PostgreSQL: what a source can keep for strategies, be it a log or the numbers of transactions that rows can hold."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from incload.engines.abilities.optional import Logs
from incload.strategy import Capability

if TYPE_CHECKING:
    from collections.abc import Mapping

    from incload.engines.abilities.change_log import Capture, ChangeLog
    from incload.engines.postgres.changes.aside import LogReader
    from incload.engines.session import Session
    from incload.engines.sql import Place


class PostgresLogs(Logs):
    """The logs of the tables of one session."""

    def __init__(self, session: Session, reader: LogReader, schemas: Mapping[Place, str]) -> None:
        """Take the session, what reads the server's log, and the schemas of both places."""
        self._session, self._reader, self._schemas = session, reader, schemas
        self._logs: dict[tuple[Capability, str], ChangeLog] = {}

    def capture(self, capability: Capability, place: Place, table: str) -> Capture:
        """Return what is kept of a table: a log, or each row's transaction number."""
        if capability is Capability.HORIZON:
            from incload.engines.postgres.changes.horizon import PostgresHorizon

            return PostgresHorizon(self._session, place, table)
        return self.change_log(capability, place, table)

    def change_log(self, log: Capability, place: Place, table: str) -> ChangeLog:
        """Return the log that triggers keep or the server's own; what one has read, it holds until the next."""
        from incload.engines.postgres.changes.replication_slot import PostgresSlot
        from incload.engines.postgres.changes.triggers import PostgresTriggers

        session, name = self._session, self._session.name(place, table)
        if (log, name) not in self._logs:
            if log is Capability.TRIGGERS:
                self._logs[log, name] = PostgresTriggers(session, place, table)
            else:
                self._logs[log, name] = PostgresSlot(session, place, table, self._reader)
        return self._logs[log, name]

    def left_behind(self, place: Place) -> list[str]:
        """Look for publications and change tables whose table is gone; a slot keeps the server's log for no reader."""
        found = self._session.rows(
            "SELECT obj_description(oid, 'pg_publication') FROM pg_publication WHERE pubname LIKE 'incload\\_%'"
            " UNION SELECT obj_description(c.oid, 'pg_class') FROM pg_class AS c JOIN pg_namespace AS n"
            " ON n.oid = c.relnamespace WHERE n.nspname = ? AND c.relname LIKE '\\_incload\\_log\\_%'",
            (self._schemas[place],),
        )
        said = [json.loads(str(text)) for (text,) in found if text]
        names = {str(each["table"]): each.get("relation") for each in said}
        ours = [table for table, relation in names.items() if relation in {None, self._session.name(place, table)}]
        return [table for table in ours if self._session.columns(place, table) is None]

    def primary_key(self, place: Place, table: str) -> tuple[str, ...]:
        """Ask the catalogue."""
        found = self._session.rows(
            "SELECT a.attname FROM pg_index AS i CROSS JOIN unnest(i.indkey) WITH ORDINALITY AS k(number, place)"
            " JOIN pg_attribute AS a ON a.attrelid = i.indrelid AND a.attnum = k.number"
            " WHERE i.indrelid = to_regclass(?) AND i.indisprimary ORDER BY k.place",
            (self._session.name(place, table),),
        )
        return tuple(str(name) for (name,) in found)
