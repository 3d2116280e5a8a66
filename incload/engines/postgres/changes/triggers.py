"""What a PostgreSQL source can keep beside a table with triggers: a log of its changes.

Entries of the log carry the number of their transaction. Numbers do not become visible in their order, so a position is
the number below which every transaction was over in the snapshot that read the log: what has a number from there on is
read again next time, and nothing can come in below it.
"""

from __future__ import annotations

import json
from contextlib import contextmanager
from dataclasses import replace
from secrets import token_hex
from typing import TYPE_CHECKING

from incload.engines.abilities.change_log import ChangeLog, Kept, Reached, refuse_other_key, usable
from incload.engines.postgres.changes.tree import members, reads_as, refuse_unwatchable, types_of
from incload.engines.postgres.changes.watch import FORM_OF_LOG, KEY, NUMBER, look, number_in, watch
from incload.engines.session import Query
from incload.errors import Refused

if TYPE_CHECKING:
    from collections.abc import Iterator

    from incload.engines.postgres.changes.watch import Looked
    from incload.engines.session import Place, Session

MISSED = "a change of it could not be entered in its change log"


class PostgresTriggers(ChangeLog):
    """The change table of one PostgreSQL table, and what watches that table and all below it."""

    def __init__(self, session: Session, place: Place, table: str) -> None:
        """Name what there is, or would be; nothing is looked at yet."""
        self._session, self._place, self._table = session, place, table
        self._relation = session.name(place, table)
        self._log = session.name(place, f"_incload_log_{table}")
        self._missed = session.name(place, f"_incload_missed_{table}")
        self._function = session.name(place, f"_incload_note_{table}")
        self._seen: Looked | None = None

    def install(self, key: tuple[str, ...]) -> None:
        """Watch the table and all below it; make the change table unless one that fits is there, and begin it again."""
        session = self._session
        refuse_unwatchable(session, self._relation, "trigger")
        before, types = self._look(), types_of(session, self._relation, key)
        if before is not None and before.has_key:
            refuse_other_key(before.kept(self._table), self._table, key)
        self._remove_renamed()
        if before is None or before.key != key or not reads_as(before.types, types):
            self.remove()
        self._make_tables()
        said = json.dumps(
            {"begun": token_hex(4), "form": FORM_OF_LOG, "key": key, "log": self._log, "table": self._table}
            | {"types": types}
        )
        watch(session, self._names, key, members(session, self._relation))
        session.write(f"COMMENT ON TABLE {self._log} IS ?", (said,))
        session.write(f"COMMENT ON FUNCTION {self._function}() IS ?", (said,))
        session.write(f"INSERT INTO {self._log} DEFAULT VALUES")

    def _make_tables(self) -> None:
        """Make the change table and the one for what that could not take, in which nothing can fail, where missing."""
        number = f"{NUMBER} xid8 NOT NULL DEFAULT pg_current_xact_id()"
        if not self._session.rows("SELECT 1 WHERE to_regclass(?) IS NOT NULL", (self._log,)):
            # No index holds the key: it would cost more than the entries that it spares, and refuse a long one.
            self._session.write(f"CREATE TABLE {self._log} ({number}, {KEY} text[])")
            self._session.write(f"CREATE INDEX ON {self._log} ({NUMBER})")
        self._session.write(f"CREATE TABLE IF NOT EXISTS {self._missed} ({number})")

    def _remove_renamed(self) -> None:
        """Remove the log that was kept of this table when it had another name."""
        found = self._session.rows(
            "SELECT DISTINCT obj_description(tgfoid, 'pg_proc') FROM pg_trigger WHERE tgrelid = to_regclass(?)"
            " AND tgname LIKE '\\_incload\\_insert\\_%'",
            (self._relation,),
        )
        for table in {str(json.loads(str(said))["table"]) for (said,) in found if said}:
            if self._session.columns(self._place, table) is None:
                PostgresTriggers(self._session, self._place, table).remove()

    def remove(self) -> None:
        """Drop the function with every trigger that calls it, wherever that is by now, and both tables."""
        self._session.write(f"DROP FUNCTION IF EXISTS {self._function}() CASCADE")
        self._session.write(f"DROP TABLE IF EXISTS {self._log}, {self._missed}")

    def kept(self) -> Kept | None:
        """Describe the change table, and count its entries."""
        seen = self._look()
        return None if seen is None else replace(seen.kept(self._table), entries=self._session.count(self._log))

    @property
    def _names(self) -> tuple[str, str, str]:
        return self._log, self._missed, self._function

    def _look(self) -> Looked | None:
        return look(self._session, self._relation, self._names)

    def reach(self, after: str | None, key: tuple[str, ...]) -> Reached:
        """Take the horizon of the snapshot that reads; stay where one was while nothing is logged."""
        seen = self._seen = self._look()
        usable(None if seen is None else seen.kept(self._table), self._table, key)
        assert seen is not None  # noqa: S101 - as `usable` has seen
        why = seen.why_not_since(after) if after is not None else ""
        if after is None or why:
            return Reached(seen.position, whole=True, why=why)
        entries, anything, missed = self._entries(number_in(after))
        position = seen.position if entries or missed else after
        return Reached(position, bool(anything or missed), MISSED if missed else "")

    def _entries(self, number: int) -> tuple[int, int, int]:
        """Count the entries from a number on, those that say that anything may have changed, and what was missed."""
        since = f"WHERE {NUMBER} >= ?::xid8"
        found = self._session.rows(
            f"SELECT count(*), count(*) FILTER (WHERE {KEY} IS NULL OR array_position({KEY}, NULL) IS NOT NULL),"
            f" (SELECT count(*) FROM {self._missed} {since}) FROM {self._log} {since}",
            (str(number), str(number)),
        )
        entries, anything, missed = (int(str(count)) for count in found[0])
        return entries, anything, missed

    def keys(self, after: str) -> Query:
        """Read the entries from a number on, as values of the key's types."""
        seen = self._seen
        assert seen is not None  # noqa: S101 - `reach` was asked before
        columns = ", ".join(
            f"({KEY})[{place}]::{declared} AS {self._session.quote(name)}"
            for place, (name, declared) in enumerate(zip(seen.key, seen.now, strict=True), 1)
        )
        return Query(f"SELECT DISTINCT {columns} FROM {self._log} WHERE {NUMBER} >= ?::xid8", (str(number_in(after)),))

    def trim(self, until: str) -> int:
        """Delete entries, and put one without a key in place of the last."""
        seen, number = self._look(), number_in(until)
        if seen is None or until.partition("-")[0] != seen.log or not 0 < number <= seen.horizon:
            raise Refused(
                f"{until!r} is no position in the change log of table {self._table!r}: "
                "see where it ends with `incload capture list`."
            )
        before = f"WHERE {NUMBER} < ?::xid8"
        gone = self._session.write(f"DELETE FROM {self._log} {before}", (str(number),))
        self._session.write(f"DELETE FROM {self._missed} {before}", (str(number),))
        self._session.write(f"INSERT INTO {self._log} ({NUMBER}) VALUES (?::xid8)", (str(number - 1),))
        return gone

    def cut(self) -> None:
        """Delete all entries."""
        self._session.write(f"DELETE FROM {self._log}")

    @contextmanager
    def unwatched(self) -> Iterator[None]:
        """Take back the entries that a block makes; to disable the triggers would be noticed."""
        (first,) = self._session.rows("SELECT pg_snapshot_xmax(pg_current_snapshot())::text")[0]
        try:
            yield
        finally:
            self._session.write(f"DELETE FROM {self._log} WHERE {NUMBER} >= ?::xid8", (str(first),))
