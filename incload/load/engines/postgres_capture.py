"""What a PostgreSQL source can keep beside a table with triggers: a log of changes, or each row's transaction number.

Entries of the log carry the number of their transaction. Numbers do not become visible in their order, so a position is
the number below which every transaction was over in the snapshot that read the log: what has a number from there on is
read again next time, and nothing can come in below it.
"""

from __future__ import annotations

import json
from contextlib import contextmanager
from dataclasses import replace
from hashlib import sha256
from typing import TYPE_CHECKING

from incload.errors import Refused
from incload.load.engines.base import Query
from incload.load.engines.log import WHOLE, Capture, ChangeLog, Kept, Reached, refuse_other_key, usable
from incload.strategy import Capability

if TYPE_CHECKING:
    from collections.abc import Iterator

    from incload.load.engines.base import Place
    from incload.load.engines.postgres_keeping import PostgresKeeping

_NUMBER = "_incload_transaction"
HORIZON_COLUMN = "incload_transaction"
"""The column that `incload capture install --kind horizon` adds."""
_DIGITS = 20
"""Numbers of transactions are written with so many, so that a position always has the same length."""


class PostgresTriggers(ChangeLog):
    """The change table of one PostgreSQL table."""

    def __init__(self, session: PostgresKeeping, place: Place, table: str) -> None:
        """Name what there is, or would be; nothing is looked at yet."""
        self._session, self._place, self._table = session, place, table
        self._relation = session.name(place, table)
        self._log = session.name(place, f"_incload_log_{table}")
        self._function = session.name(place, f"_incload_note_{table}")

    def install(self, key: tuple[str, ...]) -> None:
        """Make the change table unless it is there, make the triggers anew, and say that anything may have happened."""
        kept, session = self._described(), self._session
        refuse_other_key(kept, self._table, key)
        if kept is None:
            declared = {column.name: column.declared for column in session.columns(self._place, self._table) or ()}
            columns = "".join(f", {session.quote(name)} {declared[name]}" for name in key)
            session.write(
                f"CREATE TABLE {self._log} ({_NUMBER} xid8 NOT NULL DEFAULT pg_current_xact_id(){columns},"
                f" UNIQUE ({_NUMBER}, {session.listed(key)}))"
            )
            said = json.dumps({"key": key, "table": self._table})
            session.write(f"COMMENT ON TABLE {self._log} IS ?", (said,))
        self._make_triggers(key)
        session.write(f"INSERT INTO {self._log} DEFAULT VALUES")

    def remove(self) -> None:
        """Drop triggers, function and change table."""
        self._drop_triggers()
        self._session.write(f"DROP FUNCTION IF EXISTS {self._function}()")
        self._session.write(f"DROP TABLE IF EXISTS {self._log}")

    def kept(self) -> Kept | None:
        """Describe the change table, and count its entries."""
        described = self._described()
        return described and replace(described, entries=self._session.count(self._log))

    def _described(self) -> Kept | None:
        """Read what stands beside the change table."""
        found = self._session.rows(
            "SELECT obj_description(c.oid, 'pg_class'), c.oid::text FROM pg_class AS c WHERE c.oid = to_regclass(?)",
            (self._log,),
        )
        if not found or not found[0][0]:
            return None
        said = json.loads(str(found[0][0]))
        position = self._position(str(found[0][1]), self._horizon())
        state = WHOLE if self._triggers() >= _EVENTS.keys() else "triggers are missing"
        return Kept(Capability.TRIGGERS, self._table, tuple(said["key"]), position, None, state)

    def reach(self, after: str | None, key: tuple[str, ...]) -> Reached:
        """Take the horizon of the snapshot that reads; stay where one was while nothing is logged."""
        kept = usable(self._described(), self._table, key)
        if after is None or after.partition(".")[0] != kept.position.partition(".")[0] or after > kept.position:
            return Reached(kept.position, whole=True)
        nowhere = " AND ".join(f"{self._session.quote(name)} IS NULL" for name in key)
        found = self._session.rows(
            f"SELECT count(*), count(*) FILTER (WHERE {nowhere}) FROM {self._log} WHERE {_NUMBER} >= ?::xid8",
            (_number(after),),
        )
        entries, anything = (int(str(count)) for count in found[0])
        return Reached(kept.position if entries else after, bool(anything))

    def keys(self, after: str) -> Query:
        """Read the entries from a number on."""
        kept = self._described()
        assert kept is not None  # noqa: S101 - `reach` was asked before
        columns = self._session.listed(kept.key)
        return Query(f"SELECT DISTINCT {columns} FROM {self._log} WHERE {_NUMBER} >= ?::xid8", (_number(after),))

    def trim(self, until: str) -> int:
        """Delete entries, and put one without a key in place of the last."""
        kept = self._described()
        known = kept is not None and until == f"{kept.position.partition('.')[0]}.{_number(until):>0{_DIGITS}}"
        if kept is None or not known or until > kept.position:
            raise Refused(
                f"{until!r} is no position in the change log of table {self._table!r}: "
                "see where it ends with `incload capture list`."
            )
        gone = self._session.write(f"DELETE FROM {self._log} WHERE {_NUMBER} < ?::xid8", (_number(until),))
        last = str(max(int(_number(until)) - 1, 0))
        self._session.write(f"INSERT INTO {self._log} ({_NUMBER}) VALUES (?::xid8)", (last,))
        return gone

    def cut(self) -> None:
        """Delete all entries."""
        self._session.write(f"DELETE FROM {self._log}")

    @contextmanager
    def unwatched(self) -> Iterator[None]:
        """Disable the triggers for the time of a block."""
        for verb in ("DISABLE", "ENABLE"):
            for event in _EVENTS:
                self._session.write(f"ALTER TABLE {self._relation} {verb} TRIGGER _incload_{event}")
            if verb == "DISABLE":
                try:
                    yield
                except BaseException:
                    self._make_triggers(self._described().key)  # type: ignore[union-attr]  # it was there to be disabled
                    raise

    def _make_triggers(self, key: tuple[str, ...]) -> None:
        self._drop_triggers()
        names = self._session.listed(key)
        note = f"INSERT INTO {self._log} ({names}) SELECT {names} FROM"
        anything = f"INSERT INTO {self._log} DEFAULT VALUES;"
        self._session.write(
            f"CREATE OR REPLACE FUNCTION {self._function}() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER"
            " SET search_path = pg_catalog, pg_temp AS $incload$ BEGIN"
            f" IF TG_OP IN ('UPDATE', 'DELETE') THEN {note} incload_old ON CONFLICT DO NOTHING; END IF;"
            f" IF TG_OP IN ('INSERT', 'UPDATE') THEN {note} incload_new ON CONFLICT DO NOTHING; END IF;"
            f" IF TG_OP = 'TRUNCATE' THEN {anything} END IF;"
            " RETURN NULL; END $incload$"
        )
        for event, seen in _EVENTS.items():
            self._session.write(
                f"CREATE TRIGGER _incload_{event} AFTER {event.upper()} ON {self._relation} {seen}"
                f" FOR EACH STATEMENT EXECUTE FUNCTION {self._function}()"
            )

    def _drop_triggers(self) -> None:
        for event in _EVENTS:
            self._session.write(f"DROP TRIGGER IF EXISTS _incload_{event} ON {self._relation}")

    def _triggers(self) -> set[str]:
        """Return the events whose trigger is there and not disabled."""
        found = self._session.rows(
            "SELECT tgname FROM pg_trigger WHERE tgrelid = to_regclass(?) AND tgname LIKE '\\_incload\\_%'"
            " AND tgenabled <> 'D'",
            (self._relation,),
        )
        return {str(name).removeprefix("_incload_") for (name,) in found}

    def _horizon(self) -> str:
        return str(self._session.rows("SELECT pg_snapshot_xmin(pg_current_snapshot())::text")[0][0])

    def _position(self, table_number: str, horizon: str) -> str:
        """Name the log by the server's identity and the number of the change table, which no other ever has."""
        system = self._session.rows("SELECT system_identifier::text FROM pg_control_system()")[0][0]
        return f"{sha256(f'{system} {table_number}'.encode()).hexdigest()[:8]}.{horizon:>0{_DIGITS}}"


_EVENTS = {
    "insert": "REFERENCING NEW TABLE AS incload_new",
    "update": "REFERENCING OLD TABLE AS incload_old NEW TABLE AS incload_new",
    "delete": "REFERENCING OLD TABLE AS incload_old",
    "truncate": "",
}


class PostgresHorizon(Capture):
    """A column of each row that holds the number of the transaction that wrote it."""

    def __init__(self, session: PostgresKeeping, place: Place, table: str) -> None:
        """Name what there is, or would be; nothing is looked at yet."""
        self._session, self._place, self._table = session, place, table
        self._relation = session.name(place, table)
        self._function = session.name(place, f"_incload_number_{table}")

    def install(self, key: tuple[str, ...]) -> None:
        """Add the column, an index on it, and the trigger that keeps it up."""
        session = self._session
        session.write(
            f"ALTER TABLE {self._relation} ADD COLUMN IF NOT EXISTS {HORIZON_COLUMN} xid8 NOT NULL"
            " DEFAULT pg_current_xact_id()"
        )
        session.write(
            f"CREATE OR REPLACE FUNCTION {self._function}() RETURNS trigger LANGUAGE plpgsql AS $incload$ BEGIN"
            f" NEW.{HORIZON_COLUMN} := pg_current_xact_id(); RETURN NEW; END $incload$"
        )
        session.write(f"DROP TRIGGER IF EXISTS _incload_number ON {self._relation}")
        session.write(
            f"CREATE TRIGGER _incload_number BEFORE INSERT OR UPDATE ON {self._relation}"
            f" FOR EACH ROW EXECUTE FUNCTION {self._function}()"
        )
        session.write(f"CREATE INDEX ON {self._relation} ({HORIZON_COLUMN}, {session.listed(key)})")

    def remove(self) -> None:
        """Drop the trigger and the column."""
        self._session.write(f"DROP TRIGGER IF EXISTS _incload_number ON {self._relation}")
        self._session.write(f"DROP FUNCTION IF EXISTS {self._function}()")
        self._session.write(f"ALTER TABLE {self._relation} DROP COLUMN IF EXISTS {HORIZON_COLUMN}")

    def kept(self) -> Kept | None:
        """Look for the column and its trigger."""
        names = {column.name for column in self._session.columns(self._place, self._table) or ()}
        if HORIZON_COLUMN not in names:
            return None
        found = self._session.rows(
            "SELECT pg_snapshot_xmin(pg_current_snapshot())::text, EXISTS (SELECT 1 FROM pg_trigger"
            " WHERE tgrelid = to_regclass(?) AND tgname = '_incload_number' AND tgenabled <> 'D')",
            (self._relation,),
        )
        state = WHOLE if found[0][1] else "its trigger is missing"
        return Kept(Capability.HORIZON, self._table, (HORIZON_COLUMN,), str(found[0][0]), None, state)

    @contextmanager
    def unwatched(self) -> Iterator[None]:
        """Let rows come back with the numbers that they had."""
        self._session.write(f"ALTER TABLE {self._relation} DISABLE TRIGGER _incload_number")
        try:
            yield
        finally:
            self._session.write(f"ALTER TABLE {self._relation} ENABLE TRIGGER _incload_number")


def _number(position: str) -> str:
    """Return the number in a position; 0, before every entry, in a text that is none."""
    number = position.partition(".")[2]
    return str(int(number)) if number.isdecimal() else "0"
