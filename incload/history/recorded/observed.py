"""A recording of a table that was watched, as a history: every look that succeeded is one tick, the first is the base.

The recording is a SQLite file of three tables. What must stay true: a recording that is still being written can be
read, and has the looks that are complete.
"""

from __future__ import annotations

import hashlib
import json
import os
from contextlib import closing
from itertools import pairwise
from typing import TYPE_CHECKING

from incload.engines.files.layout import column_of
from incload.errors import Refused
from incload.history.history import History, Tick
from incload.history.recorded.read_log import ReadLog
from incload.history.recorded.replayed_table import keys_of, upserts_of
from incload.history.recorded.row_versions import Version
from incload.table import Column, Kind, Table

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from incload.engines.session import Place, Session
    from incload.history.recorded.options import ReplayOptions

    Key = tuple[str, ...]
    Changed = dict[Key, Version | None]
    Cursored = tuple[int | None, str]

META, LOOKS, CHANGES, COLUMNS = "incload_watch", "incload_looks", "incload_changes", "incload_columns"
TABLES = {
    META: "name TEXT PRIMARY KEY, value TEXT NOT NULL",
    LOOKS: "look INTEGER PRIMARY KEY, at INTEGER NOT NULL, rows INTEGER NOT NULL, failure TEXT NOT NULL",
    CHANGES: "look INTEGER NOT NULL, key TEXT NOT NULL, cursor INTEGER, content TEXT, PRIMARY KEY (look, key)",
    COLUMNS: "look INTEGER PRIMARY KEY, columns TEXT NOT NULL",
}
"""The tables of a recording. A key is a JSON list of texts; the cursor is in microseconds since 1970-01-01 UTC; the
content is the digest of the row, or its values where they were asked for, and null for a row that is gone. Columns are
a JSON list of names with types, of the first look and of each that found others. A recording of an earlier version of
incload has no table of them."""
_SQLITE = b"SQLite format 3\0"


def is_recording(path: Path) -> bool:
    """Return whether a file is a recording."""
    if not os.path.isfile(path):  # noqa: PTH113 - a name that is too long is none
        return False
    with path.open("rb") as file:
        if file.read(len(_SQLITE)) != _SQLITE:
            return False
    with closing(opened(path)) as session:
        return session.holds("source", META)


def named_in(path: Path) -> tuple[tuple[str, ...], str] | None:
    """Return the key and the cursor of a recording; None where a path leads to none."""
    if not is_recording(path):
        return None
    with closing(opened(path)) as session:
        meta = meta_of(session)
    return tuple(json.loads(meta["key"])), meta["cursor"]


def opened(path: Path) -> Session:
    """Open the file to read it."""
    from incload.engines.endpoints import Location
    from incload.engines.registry import session_type

    return session_type("sqlite").open(Location("sqlite", path), None)


def meta_of(session: Session) -> dict[str, str]:
    """Return what a recording says of itself."""
    return {str(name): str(value) for name, value in session.rows(f"SELECT name, value FROM {_name(session, META)}")}  # noqa: S608 - a name of ours


def columns_changed(session: Session, place: Place = "source") -> set[int]:
    """Return the looks that found other columns than the one before."""
    if not session.holds(place, COLUMNS):
        return set()
    looks = session.rows(f"SELECT look FROM {session.name(place, COLUMNS)} ORDER BY look")  # noqa: S608 - a name of ours
    return {int(str(look)) for (look,) in looks[1:]}


def is_unmoved(before: Cursored | None, after: Cursored | None) -> bool:
    """Return whether a row was there before and has the same cursor: with other columns it has another digest too.

    Where the columns changed, that says nothing of the row, which counts as unchanged.
    """
    return before is not None and after is not None and before[0] == after[0]


def visible_by(path: Path, key: Sequence[str], cursor: str) -> dict[str, tuple[int | None, int]]:
    """Return by when each row of a recording was visible with the cursor that it had last: the cursor and the time.

    That is the time of the look after the one that has first seen it, as a look goes on after it has noted its time.

    Raises:
        Refused: For a file that is no recording, and one of another key or cursor.
    """
    if not is_recording(path):
        raise Refused(f"--recording {str(path)!r} is no recording: name a file that `incload watch` has written.")
    with closing(opened(path)) as session:
        meta = meta_of(session)
        if (list(key), cursor) != (json.loads(meta["key"]), meta["cursor"]):
            named = f"--key {','.join(json.loads(meta['key']))} --cursor {meta['cursor']}"
            raise Refused(f"the recording {str(path)!r} was made with {named}: audit by the same.")
        looks = session.rows(f"SELECT look, at FROM {_name(session, LOOKS)} WHERE failure = '' ORDER BY look")  # noqa: S608 - a name of ours
        after = {int(str(look)): int(str(later)) for (look, _), (_, later) in pairwise(looks)}
        rows = session.rows(f"SELECT look, key, cursor, content FROM {_name(session, CHANGES)} ORDER BY look")  # noqa: S608 - a name of ours
    found: dict[str, tuple[int | None, int]] = {}
    for look, name, value, content in rows:
        at = value if isinstance(value, int) else None
        text, until = str(name), after.get(int(str(look)))
        if content is not None and text in found and found[text][0] == at:
            continue
        found.pop(text, None)
        if content is not None and until is not None:
            found[text] = at, until
    return found


def open_recording(path: Path, options: ReplayOptions) -> tuple[History, ReadLog]:
    """Open a recording as a history, whose ticks can be taken once, and the account of what was met.

    Raises:
        Refused: For a recording without a look, of another key or cursor, and for options that are about files.
    """
    with closing(opened(path)) as session:
        meta = meta_of(session)
        looks = session.rows(f"SELECT look, at FROM {_name(session, LOOKS)} WHERE failure = '' ORDER BY look")  # noqa: S608 - a name of ours
        others = columns_changed(session)
    _check(path, options, meta)
    if not looks:
        raise Refused(f"the recording {str(path)!r} holds no look yet: let `incload watch` go on.")
    times = [(int(str(look)), int(str(at))) for look, at in looks]
    account = ReadLog(snapshots=len(times), usable=len(times))
    reader = _Reader(path, account, times, options.every, others)
    table = _table(meta, options)
    base = upserts_of(table, [(key, row) for key, row in reader.take(times[0][0]).items() if row])
    return History(table, times[0][1], base, reader.ticks(table)), account


def _check(path: Path, options: ReplayOptions, meta: dict[str, str]) -> None:
    key, cursor = json.loads(meta["key"]), meta["cursor"]
    if list(map(column_of, options.key)) != key:
        raise Refused(f"the recording {str(path)!r} names rows by {', '.join(key)}: give that as --key.")
    if column_of(options.cursor) not in {"", cursor}:
        raise Refused(f"the recording {str(path)!r} holds the cursor {cursor!r}: give that as --cursor.")
    given: dict[str, object] = {"file": options.file, "records": options.records, "ref": options.ref}
    given |= {"encoding": options.encoding}
    given |= {"key-from-name": options.key_from_name, "cursor-format": options.cursor_format}
    given |= {"interval": options.interval, "vanished keep": options.vanished == "keep"}
    for name, value in given.items():
        if value:
            raise Refused(f"--{name} is for the versions of a file, and {str(path)!r} is a recording: leave it out.")


def _table(meta: dict[str, str], options: ReplayOptions) -> Table:
    key = tuple(json.loads(meta["key"]))
    cursor = column_of(options.cursor) or None
    names = [*key, *([cursor] if cursor else [])]
    content = next(name for name in ("content", "content_of_row", "incload_content") if name not in names)
    kinds = [Kind.TEXT] * len(key) + [Kind.TIMESTAMP] * bool(cursor) + [Kind.TEXT]
    return Table(meta["table"], key, cursor, tuple(map(Column, [*names, content], kinds)))


class _Reader:
    """Takes the looks of a recording, one after the other."""

    def __init__(
        self, path: Path, account: ReadLog, times: list[tuple[int, int]], every: int, others: set[int]
    ) -> None:
        self._path, self._account, self._times, self._every = path, account, times, every
        self._others = others
        self._rows: dict[Key, Version] = {}
        self._ever: set[Key] = set()
        self._digest = hashlib.sha256()

    def ticks(self, table: Table) -> Iterator[Tick]:
        """Yield the ticks after the base: one for so many looks, the last for those that are left."""
        later = self._times[1:]
        for start in range(0, len(later), self._every):
            changed: Changed = {}
            some = later[start : start + self._every]
            for look, _ in some:
                changed |= self.take(look)
            upserts = [(key, row) for key, row in changed.items() if row]
            deletes = [key for key, row in changed.items() if not row]
            self._account.ticks += 1
            self._account.ticks_without_change += not changed
            self._account.upserts += len(upserts)
            self._account.deletes += len(deletes)
            yield Tick(some[-1][1], upserts_of(table, upserts), keys_of(table, deletes))
        self._account.digest = self._digest.hexdigest()[:16]

    def take(self, look: int) -> Changed:
        """Return what a look found changed."""
        with closing(opened(self._path)) as session:
            rows = session.rows(
                f"SELECT key, cursor, content FROM {_name(session, CHANGES)} WHERE look = ? ORDER BY key",  # noqa: S608 - a name of ours
                (look,),
            )
        self._digest.update(repr((look, rows)).encode())
        if look in self._others:
            self._account.column_changes += 1
            rows = [row for row in rows if not self._is_unmoved(*row)]
        return {tuple(json.loads(str(key))): self._entered(str(key), cursor, content) for key, cursor, content in rows}

    def _is_unmoved(self, text: object, cursor: object, content: object) -> bool:
        before = self._rows.get(tuple(json.loads(str(text))))
        at = cursor if isinstance(cursor, int) else None
        return is_unmoved((before.cursor, "") if before else None, None if content is None else (at, ""))

    def _entered(self, text: str, cursor: object, content: object) -> Version | None:
        key, account = tuple(json.loads(text)), self._account
        before = self._rows.pop(key, None)
        if content is None:
            account.disappearances += 1
            return None
        at = cursor if isinstance(cursor, int) else None
        row = self._rows[key] = Version(at, str(content), ("string",) * len(key))
        account.records += 1
        account.versions += 1
        account.keys += key not in self._ever
        account.returns += before is None and key in self._ever
        self._ever.add(key)
        account.updates += before is not None
        account.null_cursors += at is None
        account.cursors_read += at is not None
        account.latest_cursor = max((each for each in (at, account.latest_cursor) if each is not None), default=None)
        if before is not None and at is not None and before.cursor is not None:
            account.updates_without_touch += at == before.cursor
            account.updates_backwards += at < before.cursor
        return row


def _name(session: Session, table: str) -> str:
    return session.name("source", table)
