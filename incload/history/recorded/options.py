"""How the versions of a file become ticks: the options of a replay, refused where they contradict themselves."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from incload.engines.files.layout import PARENT, Layout, column_of
from incload.errors import Refused
from incload.history.recorded.time_formats import check_format


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
