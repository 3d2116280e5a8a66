"""The file into which looks are written: each in one transaction, so that a look is there whole or not at all."""

from __future__ import annotations

import json
from contextlib import closing, contextmanager, suppress
from typing import TYPE_CHECKING

from incload.engines.driver_errors import reason
from incload.engines.endpoints import Location
from incload.engines.registry import session_type
from incload.errors import Refused
from incload.history.recorded.observed import (
    CHANGES,
    COLUMNS,
    LOOKS,
    META,
    TABLES,
    columns_changed,
    is_recording,
    is_unmoved,
    meta_of,
    opened,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from incload.engines.session import Session
    from incload.watching.look import Found, Known, Row, Wrong

WRONG, COPY_FAILURES = "incload_wrong", "incload_copy_failures"
_WRONG = "look INTEGER PRIMARY KEY, wrong INTEGER NOT NULL, causes TEXT NOT NULL, longest INTEGER NOT NULL"
_TABLES = {**TABLES, WRONG: _WRONG, COPY_FAILURES: "look INTEGER PRIMARY KEY, failure TEXT NOT NULL"}


class Recording:
    """A recording that is being written.

    Attributes:
        path: The file.
        next: The number of the next look.
        columns: The columns that the last look found, each with its type; None before the first.
    """

    def __init__(self, path: Path, meta: Mapping[str, str]) -> None:
        """Begin a recording, or go on with one of the same table; refuse a file that is something else."""
        self.path = path
        if path.exists() and not is_recording(path):
            raise Refused(f"--to {str(path)!r} is a file and no recording: name another.")
        is_new = not path.exists()
        if not is_new:
            self._check(meta)
        self._session = self._open()
        try:
            self._begin(meta if is_new else {})
            self.columns = self._last_columns()
            looks = self._session.rows(f"SELECT coalesce(max(look), -1) FROM {self._name(LOOKS)}")
            self.next = int(str(looks[0][0])) + 1
        except BaseException:
            self._session.close()
            raise

    def _open(self) -> Session:
        engine = session_type("sqlite")
        try:
            return engine.open(None, Location("sqlite", self.path))
        except engine.error as error:
            raise self._refusal(error) from error

    def _refusal(self, error: Exception) -> Refused:
        return Refused(
            f"the recording {str(self.path)!r} cannot be written: {reason(error).rstrip('.')}. "
            "See to its disk and rights, and run the command again to go on with it."
        )

    def _begin(self, meta: Mapping[str, str]) -> None:
        """Make the tables that are not there: a recording of an earlier version has not all of them."""
        with self._transaction() as session:
            for table, columns in _TABLES.items():
                session.write(f"CREATE TABLE IF NOT EXISTS {self._name(table)} ({columns})")
            for name, value in meta.items():
                session.write(f"INSERT INTO {self._name(META)} VALUES (?, ?)", (name, value))

    def _last_columns(self) -> tuple[str, ...] | None:
        found = self._session.rows(f"SELECT columns FROM {self._name(COLUMNS)} ORDER BY look DESC LIMIT 1")
        return tuple(json.loads(str(found[0][0]))) if found else None

    @contextmanager
    def _transaction(self) -> Iterator[Session]:
        """Write whole or not at all; refuse where the file cannot be written."""
        try:
            self._session.begin("")
            yield self._session
            self._session.finish()
        except self._session.error as error:
            with suppress(self._session.error):
                self._session.rollback()
            raise self._refusal(error) from error
        except BaseException:
            self._session.rollback()
            raise

    def _check(self, meta: Mapping[str, str]) -> None:
        """Refuse to go on with the recording of something else."""
        with closing(opened(self.path)) as session:
            held = meta_of(session)
        for name, value in meta.items():
            if held.get(name) != value:
                raise Refused(
                    f"the recording {str(self.path)!r} is of {name} {held.get(name)}, not {value}: name another file."
                )

    def known(self) -> Known:
        """Return the rows as the last look has left them: cursor and content by key."""
        sql = f"SELECT key, cursor, content FROM {self._name(CHANGES)} ORDER BY look"
        known: Known = {}
        for key, cursor, content in self._session.rows(sql):
            if content is None:
                known.pop(str(key), None)
            else:
                known[str(key)] = (cursor if isinstance(cursor, int) else None, str(content))
        return known

    def looks(self) -> Iterator[tuple[int, dict[str, Row | None]]]:
        """Yield the looks that succeeded: when they were, and what had changed for certain."""
        known: Known = {}
        others = columns_changed(self._session, "target")
        looks = self._session.rows(f"SELECT look, at FROM {self._name(LOOKS)} WHERE failure = '' ORDER BY look")
        sql = f"SELECT key, cursor, content FROM {self._name(CHANGES)} WHERE look = ?"
        for look, at in looks:
            changed: dict[str, Row | None] = {}
            for key, cursor, content in self._session.rows(sql, (look,)):
                at_cursor = cursor if isinstance(cursor, int) else None
                changed[str(key)] = None if content is None else (at_cursor, str(content))
            yield int(str(at)), comparable(changed, known) if look in others else changed
            known.update({key: row for key, row in changed.items() if row})
            for key in [key for key, row in changed.items() if not row]:
                known.pop(key, None)

    def enter(self, at: int, found: Found, columns: tuple[str, ...], copy: Wrong | str | None = None) -> None:
        """Write what a look has found, in one transaction; of the copy what is wrong, or why that is not known."""
        look = self.next
        with self._transaction() as session:
            for key, row in found.changed.items():
                values = (look, key, *(row or (None, None)))
                session.write(f"INSERT INTO {self._name(CHANGES)} VALUES (?, ?, ?, ?)", values)
            if isinstance(copy, str):
                session.write(f"INSERT INTO {self._name(COPY_FAILURES)} VALUES (?, ?)", (look, copy))
            elif copy is not None:
                noted = (look, copy.rows, json.dumps(copy.causes), copy.longest)
                session.write(f"INSERT INTO {self._name(WRONG)} VALUES (?, ?, ?, ?)", noted)
            if columns != self.columns:
                listed = json.dumps(columns, ensure_ascii=False)
                session.write(f"INSERT INTO {self._name(COLUMNS)} VALUES (?, ?)", (look, listed))
            session.write(f"INSERT INTO {self._name(LOOKS)} VALUES (?, ?, ?, '')", (look, at, found.rows))
        self.next, self.columns = look + 1, columns

    def fail(self, at: int, failure: str) -> None:
        """Write that a look has failed, and why."""
        with self._transaction() as session:
            session.write(f"INSERT INTO {self._name(LOOKS)} VALUES (?, ?, 0, ?)", (self.next, at, failure))
        self.next += 1

    def close(self) -> None:
        """Close the file."""
        self._session.rollback()
        self._session.close()

    def _name(self, table: str) -> str:
        return self._session.name("target", table)


def comparable(changed: Mapping[str, Row | None], known: Known) -> dict[str, Row | None]:
    """Return what changed for certain where a look found other columns, which change the digest of every row."""
    return {key: row for key, row in changed.items() if not is_unmoved(known.get(key), row)}
