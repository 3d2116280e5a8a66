"""The file into which looks are written: each in one transaction, so that a look is there whole or not at all."""

from __future__ import annotations

import json
from contextlib import closing
from typing import TYPE_CHECKING

from incload.engines.endpoints import Location
from incload.engines.registry import session_type
from incload.errors import Refused
from incload.history.recorded.observed import CHANGES, LOOKS, META, TABLES, is_recording, meta_of, opened

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from incload.watching.look import Found, Known, Row, Wrong

WRONG = "incload_wrong"
_WRONG = "look INTEGER PRIMARY KEY, wrong INTEGER NOT NULL, causes TEXT NOT NULL, longest INTEGER NOT NULL"


class Recording:
    """A recording that is being written.

    Attributes:
        path: The file.
        next: The number of the next look.
    """

    def __init__(self, path: Path, meta: Mapping[str, str]) -> None:
        """Begin a recording, or go on with one of the same table; refuse a file that is something else."""
        self.path = path
        if path.exists() and not is_recording(path):
            raise Refused(f"--to {str(path)!r} is a file and no recording: name another.")
        is_new = not path.exists()
        self._session = session_type("sqlite").open(None, Location("sqlite", path))
        try:
            self._begin(meta) if is_new else self._check(meta)
            looks = self._session.rows(f"SELECT coalesce(max(look), -1) FROM {self._name(LOOKS)}")
            self.next = int(str(looks[0][0])) + 1
        except BaseException:
            self._session.close()
            raise

    def _begin(self, meta: Mapping[str, str]) -> None:
        self._session.begin("")
        for table, columns in {**TABLES, WRONG: _WRONG}.items():
            self._session.write(f"CREATE TABLE {self._name(table)} ({columns})")
        for name, value in meta.items():
            self._session.write(f"INSERT INTO {self._name(META)} VALUES (?, ?)", (name, value))
        self._session.finish()

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
        """Yield the looks that succeeded: when they were, and what each found changed."""
        looks = self._session.rows(f"SELECT look, at FROM {self._name(LOOKS)} WHERE failure = '' ORDER BY look")
        sql = f"SELECT key, cursor, content FROM {self._name(CHANGES)} WHERE look = ?"
        for look, at in looks:
            changed: dict[str, Row | None] = {}
            for key, cursor, content in self._session.rows(sql, (look,)):
                at_cursor = cursor if isinstance(cursor, int) else None
                changed[str(key)] = None if content is None else (at_cursor, str(content))
            yield int(str(at)), changed

    def enter(self, at: int, found: Found, wrong: Wrong | None = None) -> None:
        """Write what a look has found, in one transaction."""
        session, look = self._session, self.next
        session.begin("")
        try:
            for key, row in found.changed.items():
                values = (look, key, *(row or (None, None)))
                session.write(f"INSERT INTO {self._name(CHANGES)} VALUES (?, ?, ?, ?)", values)
            if wrong is not None:
                noted = (look, wrong.rows, json.dumps(wrong.causes), wrong.longest)
                session.write(f"INSERT INTO {self._name(WRONG)} VALUES (?, ?, ?, ?)", noted)
            session.write(f"INSERT INTO {self._name(LOOKS)} VALUES (?, ?, ?, '')", (look, at, found.rows))
            session.finish()
        except BaseException:
            session.rollback()
            raise
        self.next += 1

    def fail(self, at: int, failure: str) -> None:
        """Write that a look has failed, and why."""
        self._session.begin("")
        self._session.write(f"INSERT INTO {self._name(LOOKS)} VALUES (?, ?, 0, ?)", (self.next, at, failure))
        self._session.finish()
        self.next += 1

    def close(self) -> None:
        """Close the file."""
        self._session.rollback()
        self._session.close()

    def _name(self, table: str) -> str:
        return self._session.name("target", table)
