"""PostgreSQL: what a session says of logs, and of the numbers of transactions that rows can hold."""

from __future__ import annotations

import json
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from incload.engines.postgres.endpoint import Server, connected
from incload.engines.postgres.session import PostgresLoad
from incload.errors import Refused
from incload.strategy import Capability

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import psycopg

    from incload.engines.change_log import Capture, ChangeLog
    from incload.engines.session import Place, Row
    from incload.table import Column


class PostgresKeeping(PostgresLoad):
    """A connection through which a source can be followed by more than its rows."""

    def __init__(self, source: Server | None, target: Server | None) -> None:
        """Connect; a second connection is opened when a log is read."""
        super().__init__(source, target)
        server = target or source
        assert server is not None  # noqa: S101 - a session is opened on something
        self._server = server
        self._aside: psycopg.Connection[Any] | None = None
        self._logs: dict[tuple[Capability, str], ChangeLog] = {}

    def volatile(self, functions: Sequence[str]) -> list[str]:
        """Ask the catalogue."""
        return self._catalogue.volatile(functions) if functions else []

    def schemas_with(self, table: str) -> list[str]:
        """Ask the catalogue."""
        return self._catalogue.schemas_with(table)

    @classmethod
    def cannot(cls, capability: Capability) -> str:  # noqa: ARG003 - it can do everything
        """PostgreSQL has triggers, a log and a horizon."""
        return ""

    def capture(self, capability: Capability, place: Place, table: str) -> Capture:
        """Return what is kept of a table: a log, or each row's transaction number."""
        if capability is Capability.HORIZON:
            from incload.engines.postgres.horizon import PostgresHorizon

            return PostgresHorizon(self, place, table)
        return self.change_log(capability, place, table)

    def change_log(self, log: Capability, place: Place, table: str) -> ChangeLog:
        """Return the log that triggers keep or the server's own; what one has read, it holds until the next."""
        from incload.engines.postgres.replication_slot import PostgresSlot
        from incload.engines.postgres.triggers import PostgresTriggers

        made = PostgresTriggers if log is Capability.TRIGGERS else PostgresSlot
        name = self.name(place, table)
        if (log, name) not in self._logs:
            self._logs[log, name] = made(self, place, table)
        return self._logs[log, name]

    def left_behind(self, place: Place) -> list[str]:
        """Look for publications and change tables whose table is gone; a slot keeps the server's log for no reader."""
        found = self.rows(
            "SELECT obj_description(oid, 'pg_publication') FROM pg_publication WHERE pubname LIKE 'incload\\_%'"
            " UNION SELECT obj_description(c.oid, 'pg_class') FROM pg_class AS c JOIN pg_namespace AS n"
            " ON n.oid = c.relnamespace WHERE n.nspname = ? AND c.relname LIKE '\\_incload\\_log\\_%'",
            (self._schemas[place],),
        )
        said = [json.loads(str(text)) for (text,) in found if text]
        names = {str(each["table"]): each.get("relation") for each in said}
        ours = [table for table, relation in names.items() if relation in {None, self.name(place, table)}]
        return [table for table in ours if self.columns(place, table) is None]

    def settled(self, cursor: Column) -> str:
        """Compare with the horizon of the snapshot that reads; refuse a column that holds no transaction numbers."""
        if cursor.declared != "xid8":
            raise Refused(
                f"cursor column {cursor.name!r} is of type {cursor.declared} and holds no transaction numbers: "
                "name one of type xid8, such as `incload capture install --kind horizon` adds."
            )
        return f"{self.quote(cursor.name)} < pg_snapshot_xmin(pg_current_snapshot())"

    def primary_key(self, place: Place, table: str) -> tuple[str, ...]:
        """Ask the catalogue."""
        found = self.rows(
            "SELECT a.attname FROM pg_index AS i CROSS JOIN unnest(i.indkey) WITH ORDINALITY AS k(number, place)"
            " JOIN pg_attribute AS a ON a.attrelid = i.indrelid AND a.attnum = k.number"
            " WHERE i.indrelid = to_regclass(?) AND i.indisprimary ORDER BY k.place",
            (self.name(place, table),),
        )
        return tuple(str(name) for (name,) in found)

    def portions(self, sql: str, params: Sequence[object], size: int) -> Iterator[Row]:
        """Run a query on a connection of its own and yield its rows, so many held at a time.

        Reading the log leaves a transaction that has changed tables with an old idea of them.
        """
        if self._aside is None:
            self._aside = connected(self._server)
        if not self._is_alone:
            # The server reads its log to the end of what is on disk. That may be the middle of a record of this very
            # transaction, whose rest would wait for a commit; one that changes nothing has it written out.
            self._aside.execute("SELECT pg_current_xact_id()")
        with self._aside.transaction(), self._aside.cursor(name="incload_portions") as cursor:
            cursor.itersize = size
            cursor.execute(self._spelled(sql, params).encode())
            yield from cursor

    def close(self) -> None:
        """Close both connections."""
        if self._aside is not None:
            self._aside.close()
        super().close()

    @contextmanager
    def outside(self) -> Iterator[None]:
        """Commit what the transaction has done, if one is open, and let a block run before another begins."""
        was_open = self._open
        if was_open:
            self._execute("COMMIT")
        yield
        if was_open:
            self._begin("READ WRITE")
