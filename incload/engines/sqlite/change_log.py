"""The change log of a SQLite table: a change table kept by triggers, in the database of the source.

SQLite has one writer at a time, so the number that an entry gets is the order of commits; `AUTOINCREMENT` never gives
one twice. A key has one entry, that of its last change: the change table never outgrows the keys. An entry without a
key says that anything may have happened before it.
"""

from __future__ import annotations

import json
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from incload.engines.change_log import WHOLE, ChangeLog, Kept, Reached, refuse_other_key, usable
from incload.engines.session import Query
from incload.errors import Refused
from incload.strategy import Capability

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from incload.engines.session import Place
    from incload.engines.sqlite.session import SqliteSession

REGISTRY = "_incload_captures"
_NUMBER = "_incload_number"
_EVENTS = ("insert", "update", "delete", "before_insert", "before_update")


@dataclass(frozen=True, slots=True)
class _Captured:
    """What the registry says of a table: which log it is, and by which key it names rows."""

    token: str
    key: tuple[str, ...]


class SqliteLog(ChangeLog):
    """The change table of one SQLite table."""

    def __init__(self, session: SqliteSession, place: Place, table: str) -> None:
        """Name what there is, or would be; nothing is looked at yet."""
        self._session, self._place, self._table = session, place, table
        self._log = f"_incload_log_{table}"
        self._quoted = session.quote(self._log)
        self._relation = session.name(place, self._log)
        self._schema = session.name(place, "").removesuffix('.""')

    def install(self, key: tuple[str, ...]) -> None:
        """Make the change table unless it is there, make the triggers anew, and say that anything may have happened."""
        known = self._described()
        refuse_other_key(known, self._table, key)
        if known is None:
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
        return described and replace(described, entries=self._session.count(self._relation))

    def _described(self) -> Kept | None:
        """Read the registry."""
        known = self._captured()
        if known is None:
            return None
        state = "triggers are missing" if self._missing_triggers() else WHOLE
        return Kept(Capability.TRIGGERS, self._table, known.key, f"{known.token}.{self._last()}", None, state)

    def reach(self, after: str | None, key: tuple[str, ...]) -> Reached:
        """Compare the position with the log's own token and last number."""
        kept = usable(self._described(), self._table, key)
        token, last = kept.position.partition(".")[0], _number(kept.position)
        return Reached(kept.position, self._is_unknown(after, token, last))

    def _is_unknown(self, after: str | None, token: str, last: int) -> bool:
        """Tell whether the log does not say what happened since a position."""
        if after is None or after.partition(".")[0] != token or _number(after) > last:
            return True
        nowhere = " AND ".join(f"{column} IS NULL" for column in self._columns())
        return bool(
            self._session.rows(
                f"SELECT 1 FROM {self._relation} WHERE {_NUMBER} > ? AND {nowhere} LIMIT 1", (_number(after),)
            )
        )

    def keys(self, after: str) -> Query:
        """Read the entries above a number; each key has only one."""
        return Query(
            f"SELECT {', '.join(self._columns())} FROM {self._relation} WHERE {_NUMBER} > ?", (_number(after),)
        )

    def trim(self, until: str) -> int:
        """Delete entries, and put one without a key in place of the last."""
        known = self._captured()
        if known is None or until != f"{known.token}.{_number(until)}" or _number(until) > self._last():
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
        assert known is not None  # noqa: S101 - whoever hides rows has installed the log
        self._drop_triggers()
        try:
            yield
        finally:
            self._make_triggers(known.key)

    def _make(self, key: tuple[str, ...]) -> None:
        """Make the change table and enter it in the registry."""
        session = self._session
        declared = {column.name: column.declared for column in session.columns(self._place, self._table) or ()}
        columns = ", ".join(f"{session.quote(name)} {declared[name]}" for name in key)
        session.write(f"CREATE TABLE {self._relation} ({_NUMBER} INTEGER PRIMARY KEY AUTOINCREMENT, {columns})")
        index = session.name(self._place, f"{self._log}_by_key")
        session.write(f"CREATE INDEX {index} ON {self._quoted} ({session.listed(key)})")
        registry = session.name(self._place, REGISTRY)
        if not self._registered():
            session.write(
                f"CREATE TABLE {registry} (table_name TEXT PRIMARY KEY, token TEXT NOT NULL, key_columns TEXT NOT NULL)"
            )
        session.write(
            f"INSERT INTO {registry} VALUES (?, lower(hex(randomblob(4))), ?)", (self._table, json.dumps(key))
        )

    def _make_triggers(self, key: tuple[str, ...]) -> None:
        table = self._session.quote(self._table)
        for event, body in self._bodies(key):
            when, _, what = f"{'' if event.startswith('before') else 'after_'}{event}".partition("_")
            self._session.write(
                f"CREATE TRIGGER {self._trigger(event)} {when.upper()} {what.upper()} ON {table} BEGIN {body} END"
            )

    def _bodies(self, key: tuple[str, ...]) -> Iterator[tuple[str, str]]:
        """Yield each trigger's event and statements; those before a write are for rows that a REPLACE pushes out."""
        moved = f"({self._of('OLD', key)}) IS NOT ({self._of('NEW', key)})"
        yield "insert", self._noted(key, "NEW")
        yield "update", self._noted(key, "OLD", f" WHERE {moved}") + self._noted(key, "NEW")
        yield "delete", self._noted(key, "OLD")
        pushed = "".join(self._pushed_out(key, columns) for columns in self._unique_sets(key))
        if pushed:
            yield "before_insert", pushed
            yield "before_update", pushed

    def _noted(self, key: tuple[str, ...], row: str, where: str = "") -> str:
        """Return the statements that make a row's key the latest entry, where a condition holds."""
        same = " AND ".join(f"{self._session.quote(name)} IS {row}.{self._session.quote(name)}" for name in key)
        names = self._session.listed(key)
        forget = f"DELETE FROM {self._quoted} WHERE {same}{where.replace(' WHERE', ' AND')}; "
        return f"{forget}INSERT INTO {self._quoted} ({names}) SELECT {self._of(row, key)}{where}; "

    def _pushed_out(self, key: tuple[str, ...], columns: Iterable[str]) -> str:
        """Return the statements that note rows whose unique columns are those of the row to be written."""
        quote, names = self._session.quote, self._session.listed(key)
        same = " AND ".join(f"t.{quote(name)} = NEW.{quote(name)}" for name in columns)
        rows = f"SELECT {self._of('t', key)} FROM {quote(self._table)} AS t WHERE {same}"
        return f"DELETE FROM {self._quoted} WHERE ({names}) IN ({rows}); INSERT INTO {self._quoted} ({names}) {rows}; "

    def _unique_sets(self, key: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
        """Yield the sets of columns besides the key that the table keeps unique; refuse one of an expression."""
        session = self._session
        info = session.rows(f"PRAGMA {self._schema}.table_xinfo({session.quote(self._table)})")
        primary = tuple(str(name) for _, name, _, _, _, place, _ in info if place)
        found = [primary] if primary else []
        for _, index, unique, *_ in session.rows(f"PRAGMA {self._schema}.index_list({session.quote(self._table)})"):
            columns = session.rows(f"PRAGMA {self._schema}.index_info({session.quote(str(index))})") if unique else []
            if any(name is None for _, _, name in columns):
                raise Refused(
                    f"the unique index {index!r} of table {self._table!r} is over an expression, and a REPLACE that "
                    "meets it deletes rows unseen by any trigger: drop it, or choose another strategy."
                )
            found += [tuple(str(name) for _, _, name in columns)] if columns else []
        yield from (columns for columns in dict.fromkeys(found) if set(columns) != set(key))

    def _drop_triggers(self) -> None:
        for event in _EVENTS:
            self._session.write(f"DROP TRIGGER IF EXISTS {self._trigger(event)}")

    def _missing_triggers(self) -> bool:
        """Tell whether one of the triggers that every log needs is gone, as after the table was built anew."""
        names = [self._name_of(event) for event in _EVENTS[:3]]
        found = self._session.rows(
            f"SELECT count(*) FROM {self._schema}.sqlite_master"
            " WHERE type = 'trigger' AND tbl_name = ? COLLATE NOCASE AND name IN (?, ?, ?)",
            (self._table, *names),
        )
        return found[0][0] != len(names)

    def _last(self) -> int:
        """Return the last number that was given, whether its entry is still there or not."""
        found = self._session.rows(f"SELECT seq FROM {self._schema}.sqlite_sequence WHERE name = ?", (self._log,))
        return int(str(found[0][0])) if found else 0

    def _registered(self) -> bool:
        return self._session.columns(self._place, REGISTRY) is not None

    def _captured(self) -> _Captured | None:
        if not self._registered():
            return None
        registry = self._session.name(self._place, REGISTRY)
        found = self._session.rows(f"SELECT token, key_columns FROM {registry} WHERE table_name = ?", (self._table,))
        return _Captured(str(found[0][0]), tuple(json.loads(str(found[0][1])))) if found else None

    def _columns(self) -> list[str]:
        """Return the quoted key columns of the change table."""
        found = self._session.columns(self._place, self._log) or ()
        return [self._session.quote(column.name) for column in found if column.name != _NUMBER]

    def _of(self, row: str, key: Iterable[str]) -> str:
        return self._session.listed(key, row)

    def _name_of(self, event: str) -> str:
        return f"_incload_{event}_{self._table}"

    def _trigger(self, event: str) -> str:
        return self._session.name(self._place, self._name_of(event))


def _number(position: str) -> int:
    """Return the number in a position; 0, before every entry, in a text that is none."""
    number = position.partition(".")[2]
    return int(number) if number.isdecimal() else 0
