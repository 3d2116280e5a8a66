"""A history from the versions of a real file: a git repository, a git bundle or a folder of snapshots.

Every usable snapshot is one tick, also one that changes nothing: a loader that runs after each finds that out by
running. The first usable one is the base. Snapshots are read when their tick is asked for; held in memory are one
snapshot, the rows that stand, and a hash of each key there ever was.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import chain, count
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from incload.engines.files.layout import PARENT, Layout, Unusable, column_of, ending_of
from incload.engines.files.reader import read_records
from incload.errors import Refused, on_one_line
from incload.history.history import History, Tick
from incload.history.recorded.folder import read_folder
from incload.history.recorded.git import Sought, is_bundle, read_bundle, read_repository, repository_at
from incload.history.recorded.read_log import Note, ReadLog
from incload.history.recorded.row_versions import Rows
from incload.history.recorded.time_formats import check_format
from incload.table import Column, Kind, Table

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator, Sequence

    import pyarrow as pa

    from incload.history.recorded.folder import Snapshot
    from incload.history.recorded.row_versions import Key, Version

Progress = Callable[[int, int], None]
"""Called after each snapshot with how many are done and how many there are."""

_MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplayOptions:
    """How the versions of a file become ticks; refused when they contradict themselves.

    Attributes:
        key: The dotted paths of the key columns inside a record; a field whose name holds the dots wins over the path.
        cursor: The dotted path of the cursor column; empty where there is none. Beginning with `..` it leads to a field
            of the document around the records.
        file: The path of the file inside a git repository or bundle, taken literally; empty for a folder of snapshots.
        records: The dotted path of the list of records inside a document; empty when the document is the list.
        key_from_name: The field that takes the name of each record where the records are an object of objects.
        encoding: The encoding of a file of text; empty for UTF-8, or what a byte order mark says.
        every: One tick for so many usable snapshots after the base; the last tick may stand for fewer. Its time is that
            of the last of them.
        interval: Instead of that, one tick at most for each interval. A sync is due at the time of the base and then at
            every whole interval after it; it takes in the snapshots dated after the sync before and not after itself,
            and its tick bears the time of the sync. A sync without a snapshot is no tick.
        vanished: `delete`: a row that is missing from a snapshot is gone from the source. `keep`: the source holds the
            last version of every row it ever had.
        ref: The branch, tag or commit of a repository or bundle whose history is read; empty for the default branch.
        follow: Whether the versions from before a rename of the file are read as well.
        cursor_format: The form of the cursor's values, as of `strptime`; empty for those that need none.
    """

    key: tuple[str, ...]
    cursor: str = ""
    file: str = ""
    records: str = ""
    key_from_name: str = ""
    encoding: str = ""
    every: int = 1
    interval: timedelta | None = None
    vanished: Literal["delete", "keep"] = "delete"
    ref: str = ""
    follow: bool = False
    cursor_format: str = ""

    def __post_init__(self) -> None:
        """Refuse options that mean nothing."""
        if not self.key or not all(self.key):
            raise Refused("--key names no column: give the field that identifies a record, or several with commas.")
        if self.every < 1:
            raise Refused(f"--every {self.every} is no number of snapshots: give 1 or more.")
        if self.interval is not None and self.interval < timedelta(seconds=1):
            raise Refused(f"--interval {self.interval} is too short: give a second or more.")
        if self.interval is not None and self.every > 1:
            raise Refused("--every and --interval exclude each other: give one of them.")
        if self.vanished not in {"delete", "keep"}:
            raise Refused(f"--vanished {self.vanished} is unknown: give delete or keep.")
        if self.cursor_format:
            check_format(self.cursor_format)
        _ = self.layout  # which refuses an encoding that there is not

    @property
    def layout(self) -> Layout:
        """Where the records are in each version."""
        paths = (*self.key, *filter(None, [self.cursor]))
        return Layout(
            records=self.records,
            key_from_name=self.key_from_name,
            encoding=self.encoding,
            inherited=tuple(path for path in paths if path.startswith(PARENT)),
            required=tuple(map(column_of, paths)),
        )


def open_history(path: Path | str, options: ReplayOptions, progress: Progress | None = None) -> tuple[History, ReadLog]:
    """Open the history of a file and read it up to its base.

    Args:
        path: A git repository (bare or not), a git bundle or a folder of snapshots.
        options: How its versions become ticks.
        progress: Called after each snapshot.

    Returns:
        The history, whose ticks can be taken once and are made as they are taken, and the account of what was met,
        which grows with them. Its table has the key columns and `content` as text and the cursor as a timestamp.

    Raises:
        Refused: When there is nothing to read, when git is needed and missing, or when no snapshot can be used.
    """
    account = ReadLog()
    reader = _Reader(Path(path), options, account, progress)
    started = reader.base()
    table = _table(Path(path), options)
    base = _upserts(table, reader.rows.flush().upserts)
    return History(table, started, base, reader.ticks(table, started)), account


class _Reader:
    """Takes the snapshots of one history, one after the other, into its rows."""

    def __init__(self, path: Path, options: ReplayOptions, account: ReadLog, progress: Progress | None) -> None:
        self._options = options
        self._layout = options.layout
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
                yield Tick(at, _upserts(table, upserts), _keys(table, deletes))
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
        return read_records(name, snapshot.data or b"", self._layout)


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


def _snapshots(path: Path, sought: Sought) -> Generator[Snapshot]:
    """Yield the snapshots that a path holds; refuse one that holds none."""
    file = sought.file
    if not _is_there(path):
        raise Refused(f"{path} does not exist: name a git repository, a git bundle or a folder of snapshots.")
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


def _table(path: Path, options: ReplayOptions) -> Table:
    """Return the table of a replayed file: named after it, its columns after the last part of their paths."""
    name = on_one_line(Path(options.file or path.absolute()).name)
    suffix = ending_of(name) if options.file else None
    stem = name.lower().rfind(suffix) if suffix else len(name)
    wanted: list[Sequence[str]] = [(_last(part), part) for part in options.key]
    cursor_path = column_of(options.cursor)
    wanted += [(_last(cursor_path), cursor_path, f"{cursor_path}_cursor")] if cursor_path else []
    names = _distinct([*wanted, ("content", "content_json")])
    key, cursor = tuple(names[: len(options.key)]), names[-2] if cursor_path else None
    kinds = [Kind.TEXT] * len(key) + [Kind.TIMESTAMP] * bool(cursor_path) + [Kind.TEXT]
    return Table(name[:stem] or "history", key, cursor, tuple(map(Column, names, kinds)))


def _last(path: str) -> str:
    return path.rpartition(".")[2] or "key"


def _distinct(wanted: Sequence[Sequence[str]]) -> list[str]:
    """Return one name for each list of wishes, all different even to a database that ignores case."""
    taken: list[str] = []
    for wishes in wanted:
        folded = {name.casefold() for name in taken}
        numbered = (f"{wishes[-1]}_{number}" for number in count(2))
        taken.append(next(name for name in chain(wishes, numbered) if name.casefold() not in folded))
    return taken


def _upserts(table: Table, rows: Sequence[tuple[Key, Version]]) -> pa.Table:
    keys = zip(*(key for key, _ in rows), strict=True) if rows else [()] * len(table.key)
    cursors = [[row.cursor for _, row in rows]] if table.cursor else []
    return _arrow(table, table.names, [*keys, *cursors, [row.content for _, row in rows]])


def _keys(table: Table, keys: Sequence[Key]) -> pa.Table:
    return _arrow(table, table.key, list(zip(*keys, strict=True)) if keys else [()] * len(table.key))


def _arrow(table: Table, names: Sequence[str], columns: Sequence[Sequence[object]]) -> pa.Table:
    """Return an Arrow table of some of a table's columns."""
    import pyarrow as pa

    kinds = [table.column(name).kind for name in names]
    types = [pa.timestamp("us") if kind is Kind.TIMESTAMP else pa.string() for kind in kinds]
    arrays = [pa.array(values, kind) for values, kind in zip(columns, types, strict=True)]
    return pa.Table.from_arrays(arrays, names=list(names))
