"""The rows of a replayed file as they stand, and what changed in them since the last tick.

A row is known by its key as text, so that 1, 1.0 and "1" are one row; its content is the canonical text of the whole
record. Kept are the rows that stand, the records of the snapshot before with their keys, the changes since the last
tick, and a hash of every key there ever was. A record that is the very object it was in the snapshot before is not
looked at again, as no code changes one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from incload.engines.files.documents import MISSING, find, nearest
from incload.engines.files.layout import Unusable
from incload.history.recorded.records import canonical
from incload.history.recorded.timestamps import CursorColumn

if TYPE_CHECKING:
    from collections.abc import Sequence

    from incload.history.recorded.read_log import ReadLog

Key = tuple[str, ...]
"""The texts of the key columns of one row."""


class Version(NamedTuple):
    """One state of one row.

    Attributes:
        cursor: Microseconds since 1970-01-01 UTC, or None.
        content: The canonical text of the record.
        kinds: The JSON types of the key's parts, as they stood in the record.
    """

    cursor: int | None
    content: str
    kinds: tuple[str, ...]


class Changes(NamedTuple):
    """What differs between two ticks: rows as they now are, and keys of rows that are gone."""

    upserts: list[tuple[Key, Version]]
    deletes: list[Key]


@dataclass(slots=True)
class _Row:
    """A record, its key, the JSON types of the key's parts, and its canonical text once it is needed.

    As long as this is kept no other object can have the identity of the record.
    """

    record: object
    key: Key
    kinds: tuple[str, ...]
    text: str = ""


class Rows:
    """The rows of the file, brought up to date snapshot by snapshot.

    Args:
        key: The dotted paths of the key columns.
        cursor: The dotted path of the cursor column; empty where there is none.
        keep: Whether rows that vanish from the file stay.
        account: What is counted.
        form: The form of the cursor's values, where it is named.
    """

    def __init__(self, key: Sequence[str], cursor: str, account: ReadLog, *, keep: bool, form: str = "") -> None:
        """Start without rows."""
        self._paths = tuple(key)
        self._cursor = cursor
        self._keep = keep
        self._account = account
        self._moments = CursorColumn(account, form)
        self._live: dict[Key, Version] = {}
        self._known: dict[int, _Row] = {}
        self._present: tuple[Key, ...] = ()
        self._begun = False
        self._met = (0, 0, 0)
        self._pending: dict[Key, Version | None] = {}
        self._ever: set[int] = set()
        self._unseen: set[int] = set()
        self._gone: set[int] = set()
        self._watermark: int | None = None

    def take(self, records: Sequence[object]) -> None:
        """Make the rows those of a snapshot; raise `Unusable`, with nothing changed, if no record can be a row.

        Before the first rows, a snapshot without any trace of the cursor column, or without records, is no use either;
        after them, one without records is a table that was emptied.
        """
        if not self._begun:
            self._check_first(records)
        keyed, missing = self._keyed(records) if records else ({}, 0)
        for row in keyed.values():
            row.text = row.text or canonical(row.record)
        fresh = [key for key, row in keyed.items() if key not in self._live or self._live[key].content != row.text]
        timestamps = [find(keyed[key].record, self._cursor) if self._cursor else MISSING for key in fresh]
        self._known = {id(row.record): row for row in keyed.values()}
        self._moments.settle(timestamps)
        self._met = (len(records), missing, len(records) - missing - len(keyed))
        vanished = [key for key in self._present if key not in keyed]
        back = [key for key in keyed if hash(key) in self._gone]
        for key, timestamp in zip(fresh, timestamps, strict=True):
            position = self._moments.read(None if timestamp is MISSING else timestamp) if self._cursor else None
            self._set(key, Version(position, keyed[key].text, keyed[key].kinds))
        self._vanish(vanished)
        self._account.returns += len(back)
        self._gone.difference_update(map(hash, back))
        self._account.unchanged += self._begun and not (fresh or vanished or back)
        self._present, self._begun = tuple(keyed), True
        self._count()

    def repeat(self) -> None:
        """Count a snapshot with the bytes of the one taken last."""
        self._account.unchanged += 1
        self._count()

    def flush(self) -> Changes:
        """Return the net changes since the last call, and count how the new timestamps lie to the watermark."""
        changes = Changes([], [])
        for key, before in self._pending.items():
            now = self._live.get(key)
            if now is not None:
                self._unseen.discard(hash(key))
            if now is None:
                changes.deletes.extend([key] if before else [])
            elif before is None or before.content != now.content:
                changes.upserts.append((key, now))
        self._pending.clear()
        self._account.keys = len(self._ever) - len(self._unseen)
        self._account.unseen_keys = len(self._unseen)
        self._weigh([version.cursor for _, version in changes.upserts if version.cursor is not None])
        return changes

    def _keyed(self, records: Sequence[object]) -> tuple[dict[Key, _Row], int]:
        """Return the record of every key, the last one where there are several, and how many records have no key."""
        keyed: dict[Key, _Row] = {}
        missing = 0
        for record in records:
            row = self._known.get(id(record)) or self._row(record)
            if row is None:
                missing += 1
            else:
                keyed[row.key] = row
        if not keyed:
            raise Unusable(self._without_key(records))
        return keyed, missing

    def _row(self, record: object) -> _Row | None:
        """Return the row that a record is; None for one without a key."""
        values = [find(record, path) for path in self._paths]
        if any(value is MISSING or value is None for value in values):
            return None
        return _Row(record, tuple(map(_key_text, values)), tuple(map(_kind, values)))

    def _check_first(self, records: Sequence[object]) -> None:
        if not records:
            raise Unusable("holds no records")
        if self._cursor and all(find(record, self._cursor) is MISSING for record in records):
            raise Unusable(_without(self._cursor, "cursor", records))

    def _count(self) -> None:
        records, missing, duplicates = self._met
        self._account.records += records
        self._account.missing_keys += missing
        self._account.duplicate_keys += duplicates

    def _without_key(self, records: Sequence[object]) -> str:
        for path in self._paths:
            if all(find(record, path) is MISSING for record in records):
                return _without(path, "key", records)
        return f"holds {len(records)} records whose key is null"

    def _set(self, key: Key, version: Version) -> None:
        before = self._live.get(key)
        self._pending.setdefault(key, before)
        self._live[key] = version
        self._account.versions += 1
        if hash(key) not in self._ever:
            self._ever.add(hash(key))
            self._unseen.add(hash(key))
        if before is None:
            return
        self._account.updates += 1
        self._account.key_type_changes += before.kinds != version.kinds
        if before.cursor is not None and version.cursor is not None:
            self._account.updates_without_touch += version.cursor == before.cursor
            self._account.updates_backwards += version.cursor < before.cursor

    def _vanish(self, keys: Sequence[Key]) -> None:
        self._account.disappearances += len(keys)
        self._gone.update(map(hash, keys))
        for key in () if self._keep else keys:
            self._pending.setdefault(key, self._live.pop(key))

    def _weigh(self, cursors: Sequence[int]) -> None:
        """Count ties with the watermark and timestamps below it, then raise it."""
        if self._watermark is not None:
            self._account.ties += sum(cursor == self._watermark for cursor in cursors)
            self._account.late += sum(cursor < self._watermark for cursor in cursors)
        self._watermark = max((self._watermark, *cursors) if self._watermark is not None else cursors, default=None)


def _without(path: str, role: str, records: Sequence[object]) -> str:
    """Return the reason that none of a snapshot's records has a column."""
    return f"holds {len(records)} records without the {role} {path!r}: {nearest(path, records[:50])}"


def _key_text(value: object) -> str:
    """Return the text of a key; a text that UTF-8 cannot hold is escaped."""
    text = value if isinstance(value, str) else canonical(value)
    return text if text.isascii() else text.encode(errors="backslashreplace").decode()


def _kind(value: object) -> str:
    """Return the JSON type of a value."""
    if isinstance(value, bool):
        return "boolean"
    return "number" if isinstance(value, int | float) else type(value).__name__
