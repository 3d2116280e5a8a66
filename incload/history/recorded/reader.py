"""A history from the versions of a real file: a git repository, a git bundle or a folder of snapshots.

Every usable snapshot is one tick, also one that changes nothing: a loader that runs after each finds that out by
running. The first usable one is the base. Snapshots are read when their tick is asked for; held in memory are one
snapshot, the rows that stand, and a hash of each key there ever was.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from incload.engines.files.layout import Unusable, column_of
from incload.engines.files.reader import read_records
from incload.errors import Refused
from incload.history.history import History, Tick
from incload.history.recorded.folder import read_folder
from incload.history.recorded.git import Sought, is_bundle, read_bundle, read_repository, repository_at
from incload.history.recorded.observed import is_recording, open_recording
from incload.history.recorded.read_log import Note, ReadLog
from incload.history.recorded.repeated.documents import Documents
from incload.history.recorded.replayed_table import keys_of, table_of, upserts_of
from incload.history.recorded.row_versions import Rows

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

    from incload.history.recorded.folder import Snapshot
    from incload.history.recorded.options import ReplayOptions
    from incload.table import Table

Progress = Callable[[int, int], None]
"""Called after each snapshot with how many are done and how many there are."""

_MICROSECOND = timedelta(microseconds=1)


def open_history(path: Path | str, options: ReplayOptions, progress: Progress | None = None) -> tuple[History, ReadLog]:
    """Open the history of a file and read it up to its base.

    Args:
        path: A git repository (bare or not), a git bundle, a folder of snapshots or a recording of `incload watch`.
        options: How its versions become ticks.
        progress: Called after each snapshot.

    Returns:
        The history, whose ticks can be taken once and are made as they are taken, and the account of what was met,
        which grows with them. Its table has the key columns and `content` as text and the cursor as a timestamp.

    Raises:
        Refused: When there is nothing to read, when git is needed and missing, or when no snapshot can be used.
    """
    if is_recording(Path(path)):
        return open_recording(Path(path), options)
    account = ReadLog()
    reader = _Reader(Path(path), options, account, progress)
    started = reader.base()
    table = table_of(Path(path), options)
    base = upserts_of(table, reader.rows.flush().upserts)
    return History(table, started, base, reader.ticks(table, started)), account


class _Reader:
    """Takes the snapshots of one history, one after the other, into its rows."""

    def __init__(self, path: Path, options: ReplayOptions, account: ReadLog, progress: Progress | None) -> None:
        self._options = options
        self._layout = options.layout
        self._documents = Documents(options.layout)
        self._account = account
        self._progress = progress or (lambda done, total: None)  # noqa: ARG005 - no progress is reported
        self._name = options.file or str(path)
        self._digest = hashlib.sha256(repr(options).encode())
        self._good: str | None = None
        self._bad: tuple[str | None, str] = (None, "")
        self._clock: int | None = None
        self._path, self._sought = path, Sought(options.file, options.ref, options.follow, hint=account.hint)
        self._others_checked = False
        self._snapshots = _snapshots(path, self._sought)
        self._columns = tuple(map(column_of, options.key)), column_of(options.cursor)
        self.rows = Rows(*self._columns, account, keep=options.vanished == "keep", form=options.cursor_format)

    def base(self) -> int:
        """Take snapshots up to the first usable one and return its time; refuse a history without one."""
        for snapshot in self._snapshots:
            at = self._time(snapshot)
            if self._take(snapshot):
                return at
            telling = next((note for note in self._account.notes if not _says_nothing(note.reason)), None)
            if telling is not None:
                self._check_others(telling, snapshot.of)
        notes = self._account.notes
        telling = next((note for note in notes if not _says_nothing(note.reason)), notes[0])
        raise _refusal(f"none of the {self._account.snapshots} snapshots of {self._name} can be replayed", telling)

    def _check_others(self, first: Note, of: int) -> None:
        """Refuse a history, the rest of it unread, of which neither the first, the middle nor the newest is usable."""
        if self._others_checked or of == 1:
            return
        self._others_checked = True
        for snapshot in _snapshots(self._path, replace(self._sought, sample=True, hint=lambda _: None)):
            rows = Rows(*self._columns, ReadLog(), keep=False, form=self._options.cursor_format)
            try:
                rows.take(self._records(snapshot))
            except Unusable:
                continue
            return
        checked = "neither of the 2" if of == 2 else f"neither the first, the middle nor the newest of {of}"
        raise _refusal(f"{checked} snapshots of {self._name} can be replayed", first)

    def ticks(self, table: Table, started: int) -> Iterator[Tick]:
        """Yield the ticks after the base."""
        with closing(self._snapshots):
            for at in self._syncs(started):
                upserts, deletes = self.rows.flush()
                self._account.ticks += 1
                self._account.ticks_without_change += not (upserts or deletes)
                self._account.upserts += len(upserts)
                self._account.deletes += len(deletes)
                yield Tick(at, upserts_of(table, upserts), keys_of(table, deletes))
        self._account.digest = self._digest.hexdigest()[:16]

    def _syncs(self, started: int) -> Iterator[int]:
        """Yield the time of each sync at the moment when the rows are as that sync finds them."""
        interval, every = self._options.interval, self._options.every
        due = waiting = 0
        for snapshot in self._snapshots:
            at = self._time(snapshot)
            next_due = at if interval is None else _sync_after(started, at, interval // _MICROSECOND)
            if interval is not None and waiting and next_due > due:
                yield due
                waiting = 0
            if self._take(snapshot):
                due, waiting = next_due, waiting + 1
            if interval is None and waiting == every:
                yield due
                waiting = 0
        if waiting:
            yield due

    def _time(self, snapshot: Snapshot) -> int:
        """Return the time of a snapshot, never earlier than that of the one before."""
        self._digest.update(f"{snapshot.at} {snapshot.id}\n".encode())
        self._account.undated_names += not snapshot.dated_by_name
        self._account.backward_times += self._clock is not None and snapshot.at < self._clock
        self._clock = snapshot.at if self._clock is None else max(self._clock, snapshot.at)
        return self._clock

    def _take(self, snapshot: Snapshot) -> bool:
        """Make the rows those of a snapshot; return whether it could be used, and count it either way."""
        self._account.snapshots += 1
        if snapshot.id is None:
            self._account.absent += 1
        elif reason := self._trouble(snapshot):
            self._bad = (snapshot.id, reason)
            self._account.skip(snapshot.where, reason)
        else:
            self._good, self._bad = snapshot.id, (None, "")
            self._account.usable += 1
        self._progress(snapshot.number, snapshot.of)
        return self._good is not None and self._good == snapshot.id

    def _trouble(self, snapshot: Snapshot) -> str:
        """Bring the rows up to date, reading no bytes twice in a row; return why that is impossible, or nothing."""
        if snapshot.trouble or snapshot.id == self._bad[0]:
            return snapshot.trouble or self._bad[1]
        if snapshot.id == self._good:
            self.rows.repeat()
            return ""
        try:
            self.rows.take(self._records(snapshot))
        except Unusable as error:
            return str(error)
        return ""

    def _records(self, snapshot: Snapshot) -> list[object]:
        name = snapshot.name or self._options.file or snapshot.where
        return read_records(name, snapshot.data or b"", self._layout, self._documents.loads)


def _says_nothing(reason: str) -> bool:
    """Return whether a reason is one that a later snapshot may well not have."""
    return reason in {"is empty", "holds no records"}


def _refusal(what: str, telling: Note) -> Refused:
    end = "" if telling.reason.endswith("?") else "."
    return Refused(f"{what}: that of {telling.where} {telling.reason}{end}")


def _is_there(path: Path) -> bool:
    """Return whether a path leads anywhere; refuse one that the system does not take, as one that is too long."""
    try:
        return path.exists()
    except OSError as error:
        raise Refused(f"the path {str(path)!r} cannot be used ({error.strerror}): name another.") from None


def _refuse_database(path: Path) -> None:
    """Refuse a database, which has no versions, with the URL by which the commands that take one read a table of it."""
    from urllib.parse import quote

    from incload.engines.endpoints import database_at

    if engine := database_at(path) if path.is_file() else "":
        raise Refused(
            f"{str(path)!r} is a database, and holds one state of its tables: profile and advise take the URL of one, "
            f"{engine}:///{quote(str(path))}?table=NAME; a replay reads what incload watch records of it."
        )


def _snapshots(path: Path, sought: Sought) -> Generator[Snapshot]:
    """Yield the snapshots that a path holds; refuse one that holds none."""
    file = sought.file
    if not _is_there(path):
        raise Refused(f"{path} does not exist: name a git repository, a git bundle or a folder of snapshots.")
    _refuse_database(path)
    repository = repository_at(path)
    if repository is None and path.is_dir():
        if file:
            raise Refused(
                f"{path} is no git repository, so --file {file} names nothing in it: "
                "name the repository's own folder, or leave out --file to replay a folder of snapshots."
            )
        if sought.ref or sought.follow:
            option = f"--ref {sought.ref}" if sought.ref else "--follow"
            raise Refused(f"{path} is no git repository, so {option} means nothing there: leave it out.")
        yield from read_folder(path, sought.hint, sample=sought.sample)
        return
    if repository is None and not is_bundle(path):
        raise Refused(f"{path} is a file but no git bundle: name a git repository, a bundle or a folder of snapshots.")
    if not file:
        raise Refused(f"{path} holds the history of many files: name the one to replay with --file.")
    yield from read_bundle(path, sought) if repository is None else read_repository(path, sought)


def _sync_after(started: int, at: int, interval: int) -> int:
    """Return the time of the first sync after the base that sees what is visible at a time."""
    return started + max(1, -((started - at) // interval)) * interval
