"""The change log of a SQLite table: a change table kept by triggers, in the database of the source.

SQLite has one writer at a time, so the number that an entry gets is the order of commits; `AUTOINCREMENT` never gives
one twice. A key has one entry, that of its last change: the change table never outgrows the keys. An entry without a
key says that anything may have happened before it.

A table that is built again by copying it loses its triggers, or gets them back after the copy. Either shows in the
catalogue: the new table stands behind its change table there, which `VACUUM` and a dump keep as it is.
"""

from __future__ import annotations

import json
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from incload.engines.abilities.change_log import WHOLE, ChangeLog, Kept, Reached, refuse_other_key, usable
from incload.engines.session import Query
from incload.engines.sqlite.changes.log_triggers import (
    EVENTS,
    UNIQUE_COLUMNS,
    UniqueSet,
    name_of,
    statements,
    unique_sets,
)
from incload.errors import Refused
from incload.strategy import Capability

if TYPE_CHECKING:
    from collections.abc import Iterator

    from incload.engines.session import Place, Session

REGISTRY = "_incload_captures"
_NUMBER = "_incload_number"
_EXPRESSION = "is over an expression, and a REPLACE that meets it deletes rows unseen by any trigger"


@dataclass(frozen=True, slots=True)
class _Captured:
    """What the registry says of a table: which log it is, by which key it names rows, and its last number."""

    token: str
    key: tuple[str, ...]
    last: int


class SqliteLog(ChangeLog):
    """The change table of one SQLite table."""

    def __init__(self, session: Session, place: Place, table: str) -> None:
        """Name what there is, or would be; nothing is looked at yet."""
        self._session, self._place, self._table = session, place, table
        self._log = f"_incload_log_{table}"
        self._relation = session.name(place, self._log)
        self._schema = session.name(place, "").removesuffix('.""')

    def install(self, key: tuple[str, ...]) -> None:
        """Recreate the change table unless it fits, recreate the triggers, and begin the log again."""
        self._refuse_unwatchable()
        known = self._captured() if self._registered() else None
        if known is not None and self._has(known.key):
            refuse_other_key(self._described(), self._table, key)
        self._remove_renamed()
        if known is None or known.key != key or not self._fits(key):
            self.remove()
            self._make(key)
        self._drop_triggers()
        self._make_triggers(key)
        self._session.write(f"INSERT INTO {self._relation} DEFAULT VALUES")

    def remove(self) -> None:
        """Drop triggers and change table, and the registry with its last entry."""
        self._drop_triggers()
        self._session.write(f"DROP TABLE IF EXISTS {self._relation}")
        if not self._registered():
            return
        registry = self._session.name(self._place, REGISTRY)
        self._session.write(f"DELETE FROM {registry} WHERE table_name = ?", (self._table,))
        if self._session.is_empty(registry):
            self._session.write(f"DROP TABLE {registry}")

    def kept(self) -> Kept | None:
        """Describe the change table, and count its entries."""
        described = self._described()
        if described is None or not self._named(self._log):
            return described
        return replace(described, entries=self._session.count(self._relation))

    def _described(self) -> Kept | None:
        """Read the registry, and what there is of table, change table and triggers."""
        found = self._catalogue()
        known = self._captured() if any(name == REGISTRY for _, name, *_ in found) else None
        if known is None:
            return None
        state = self._state(known.key, [each for each in found if each[1] != REGISTRY])
        caution = (
            f"Do not drop the table {self._log}: SQLite lets anyone, and writes to {self._table} fail from then on, "
            "until `incload capture install` or `remove` runs."
        )
        return Kept(Capability.TRIGGERS, self._table, known.key, f"{known.token}.{known.last}", None, state, caution)

    def _state(self, key: tuple[str, ...], found: list[tuple[str, str, int, str]]) -> str:
        """Say what is wrong with the log, given what the catalogue holds of the table and its log."""
        unique = self._unique_sets()
        made = statements(self._table, self._log, key, unique)
        there = {name: sql for kind, name, _, sql in found if kind == "trigger"}
        tables = {name == self._log for kind, name, *_ in found if kind == "table"}
        expressions = [each.index for each in unique if not each.is_plain]
        reasons = {
            "the table is gone": False not in tables,
            "its change table is gone": True not in tables,
            "a key column by which it names rows is gone": not self._has(key),
            "triggers are missing": not there.keys() >= made.keys(),
            f"the unique index {''.join(expressions[:1])!r} {_EXPRESSION}": bool(expressions),
            "the table is unique in other columns, or its triggers are others": there != made,
            "the table was built again": len(tables) > 1 and self._is_younger(found),
        }
        return next((reason for reason, holds in reasons.items() if holds), WHOLE)

    def reach(self, after: str | None, key: tuple[str, ...]) -> Reached:
        """Compare the position with the log's own token and last number."""
        kept = usable(self._described(), self._table, key)
        token, last = kept.position.partition(".")[0], _number(kept.position)
        if after is None:
            return Reached(kept.position, whole=True)
        if after.partition(".")[0] != token:
            return Reached(kept.position, whole=True, why="its change log was begun again")
        if _number(after) > last:
            return Reached(kept.position, whole=True, why="its change log ends before the position of the last load")
        nowhere = " AND ".join(f"{self._session.quote(name)} IS NULL" for name in kept.key)
        anything = self._session.rows(
            f"SELECT 1 FROM {self._relation} WHERE {_NUMBER} > ? AND {nowhere} LIMIT 1", (_number(after),)
        )
        return Reached(kept.position, bool(anything))

    def keys(self, after: str) -> Query:
        """Read the entries above a number; each key has only one."""
        return Query(
            f"SELECT {', '.join(self._columns())} FROM {self._relation} WHERE {_NUMBER} > ?", (_number(after),)
        )

    def trim(self, until: str) -> int:
        """Delete entries, and put one without a key in place of the last."""
        known = self._captured() if self._registered() else None
        if known is None or until != f"{known.token}.{_number(until)}" or _number(until) > known.last:
            raise Refused(
                f"{until!r} is no position in the change log of table {self._table!r}: "
                "see where it ends with `incload capture list`."
            )
        gone = self._session.write(f"DELETE FROM {self._relation} WHERE {_NUMBER} <= ?", (_number(until),))
        self._session.write(f"INSERT INTO {self._relation} ({_NUMBER}) VALUES (?)", (_number(until),))
        return gone

    def cut(self) -> None:
        """Delete all entries."""
        self._session.write(f"DELETE FROM {self._relation}")

    @contextmanager
    def unwatched(self) -> Iterator[None]:
        """Take the triggers away for the time of a block."""
        known = self._captured()
        assert known is not None  # noqa: S101 - a caller that hides rows has installed the log
        self._drop_triggers()
        try:
            yield
        finally:
            self._make_triggers(known.key)

    def _make(self, key: tuple[str, ...]) -> None:
        """Make the change table and enter it in the registry.

        Its columns have no type: a key is entered as the table holds it, whatever type its column has by then.
        """
        session = self._session
        columns = ", ".join(map(session.quote, key))
        session.write(f"CREATE TABLE {self._relation} ({_NUMBER} INTEGER PRIMARY KEY AUTOINCREMENT, {columns})")
        index = session.name(self._place, f"{self._log}_by_key")
        session.write(f"DROP INDEX IF EXISTS {index}")  # of a change table that was renamed
        session.write(f"CREATE INDEX {index} ON {session.quote(self._log)} ({columns})")
        registry = session.name(self._place, REGISTRY)
        if not self._registered():
            session.write(
                f"CREATE TABLE {registry} (table_name TEXT PRIMARY KEY, token TEXT NOT NULL, key_columns TEXT NOT NULL)"
            )
        session.write(
            f"INSERT INTO {registry} VALUES (?, lower(hex(randomblob(4))), ?)", (self._table, json.dumps(key))
        )

    def _make_triggers(self, key: tuple[str, ...]) -> None:
        unique = self._unique_sets()
        for each in unique:
            if not each.is_plain:
                raise Refused(
                    f"the unique index {each.index!r} of table {self._table!r} {_EXPRESSION}: "
                    "drop it, or choose another strategy."
                )
        for name, sql in statements(self._table, self._log, key, unique).items():
            plain = f"CREATE TRIGGER {self._session.quote(name)}"
            self._session.write(f"CREATE TRIGGER {self._session.name(self._place, name)}{sql.removeprefix(plain)}")

    def _drop_triggers(self) -> None:
        for event in EVENTS:
            self._session.write(
                f"DROP TRIGGER IF EXISTS {self._session.name(self._place, name_of(event, self._table))}"
            )

    def _refuse_unwatchable(self) -> None:
        """Refuse a view and a virtual table, which have no triggers after a write."""
        for kind, name, _, sql in self._catalogue():
            if name.lower() == self._table.lower() and (kind == "view" or sql.upper().startswith("CREATE VIRTUAL")):
                what = "a view" if kind == "view" else "a virtual table"
                raise Refused(f"{name!r} is {what}, whose changes no trigger sees: choose another strategy.")

    def _remove_renamed(self) -> None:
        """Remove the log that was kept of this table when it had another name."""
        found = self._session.rows(
            f"SELECT name FROM {self._schema}.sqlite_master WHERE type = 'trigger' AND tbl_name = ? COLLATE NOCASE"
            " AND name LIKE '\\_incload\\_insert\\_%' ESCAPE '\\'",
            (self._table,),
        )
        for table in {str(name).removeprefix(name_of("insert", "")) for (name,) in found} - {self._table}:
            if not self._named(table):
                SqliteLog(self._session, self._place, table).remove()

    def _catalogue(self) -> list[tuple[str, str, int, str]]:
        """Return what the catalogue holds of the table and its log: kind, name, place in it and text."""
        names = [name_of(event, self._table) for event in EVENTS]
        found = self._session.rows(
            f"SELECT type, name, rowid, sql FROM {self._schema}.sqlite_master WHERE"
            " (type IN ('table', 'view') AND (name IN (?, ?) OR name = ? COLLATE NOCASE))"
            f" OR (type = 'trigger' AND tbl_name = ? COLLATE NOCASE AND name IN ({', '.join('?' * len(names))}))",
            (self._log, REGISTRY, self._table, self._table, *names),
        )
        return [(str(kind), str(name), int(str(place)), str(sql)) for kind, name, place, sql in found]

    def _is_younger(self, found: list[tuple[str, str, int, str]]) -> bool:
        """Return whether the table was made after its change table."""
        places = {name == self._log: place for kind, name, place, _ in found if kind == "table"}
        return places[False] > places[True]

    def _fits(self, key: tuple[str, ...]) -> bool:
        """Return whether the change table is of today's form, and not older than the table."""
        columns = [(_NUMBER, "INTEGER"), *((name, "") for name in key)]
        catalogue = [each for each in self._catalogue() if each[1] != REGISTRY]
        return self._named(self._log) == columns and not self._is_younger(catalogue)

    def _unique_sets(self) -> tuple[UniqueSet, ...]:
        schema = self._schema.strip('"')
        return unique_sets(
            row[:3] for row in self._session.rows(UNIQUE_COLUMNS, (self._table, schema, self._table, schema, schema))
        )

    def _has(self, key: tuple[str, ...]) -> bool:
        """Return whether the table has the columns of a key."""
        return {name for name, _ in self._named(self._table)} >= set(key)

    def _named(self, table: str) -> list[tuple[str, str]]:
        """Return the columns of a table with their declared types; no value is looked at."""
        found = self._session.rows(f"PRAGMA {self._schema}.table_xinfo({self._session.quote(table)})")
        return [(str(name), str(declared)) for _, name, declared, *_, hidden in found if hidden != 1]

    def _registered(self) -> bool:
        return bool(self._named(REGISTRY))

    def _captured(self) -> _Captured | None:
        """Read the registry, which is there, and the last number that was given, whether its entry is there or not."""
        found = self._session.rows(
            f"SELECT token, key_columns, coalesce((SELECT seq FROM {self._schema}.sqlite_sequence WHERE name = ?), 0)"
            f" FROM {self._session.name(self._place, REGISTRY)} WHERE table_name = ?",
            (self._log, self._table),
        )
        return (
            _Captured(str(found[0][0]), tuple(json.loads(str(found[0][1]))), int(str(found[0][2]))) if found else None
        )

    def _columns(self) -> list[str]:
        """Return the quoted key columns of the change table."""
        return [self._session.quote(name) for name, _ in self._named(self._log) if name != _NUMBER]


def tables_left(session: Session, place: Place) -> list[str]:
    """Return the tables of which a log is kept although they are gone."""
    if session.columns(place, REGISTRY) is None:
        return []
    found = session.rows(f"SELECT table_name FROM {session.name(place, REGISTRY)}")
    return [str(table) for (table,) in found if session.columns(place, str(table)) is None]


def _number(position: str) -> int:
    """Return the number in a position; 0, before every entry, in a text that is none."""
    number = position.partition(".")[2]
    return int(number) if number.isdecimal() else 0
