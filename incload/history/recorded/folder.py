"""The snapshots of a file, oldest first: what one is, and a folder of them.

A folder's snapshots are the files whose suffix names a format that can be read; all others are left alone. They are
taken in the order of their names, in which a number counts by its value (`snap-2` before `snap-10`). Each is dated by
its name if that holds an ISO date or date and time, else by the time the file was last modified.
"""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING, NamedTuple

from incload.engines.files.layout import RECORD_FILES, ending_of
from incload.errors import Refused
from incload.history.recorded.timestamps import timestamp_of_name

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

_DIGITS = re.compile(r"([0-9]+)")


class Snapshot(NamedTuple):
    """One version of the file.

    Attributes:
        where: The commit id or the file name.
        at: When it became visible, in microseconds since 1970-01-01 UTC.
        id: What names its bytes: equal ids, equal bytes. None when there is no file at this point.
        data: Its bytes; None when there is no file, and when they are those of the last version that had any.
        number: Which version it is, from 1.
        of: How many versions there are.
        dated_by_name: Whether `at` comes from the version itself and not from a file's modification time.
        trouble: Why the bytes could not be read; empty when they could.
        name: What the file was named, where its suffix names the format; empty where `where` says it.
    """

    where: str
    at: int
    id: str | None
    data: bytes | None
    number: int
    of: int
    dated_by_name: bool = True
    trouble: str = ""
    name: str = ""


def read_folder(
    folder: Path, hint: Callable[[str], None] = lambda _: None, *, sample: bool = False
) -> Iterator[Snapshot]:
    """Yield the snapshots of a folder, and say where their order is not that of text; refuse one without any.

    With `sample` those are the middle one and the newest alone.
    """
    files = sorted((file for file in folder.iterdir() if _is_snapshot(file)), key=lambda file: natural(file.name))
    if not files:
        raise Refused(
            f"{folder} is neither a git repository nor a folder of snapshots ({', '.join(RECORD_FILES)}, "
            "those of text also with .gz or .zst): name one of the two, or a git bundle."
        )
    texts = sorted(file.name for file in files)
    here = next((place for place, file in enumerate(files) if file.name != texts[place]), None)
    if here is not None:
        hint(
            f"The snapshots were read in the order of their names, numbers by their value: {files[here].name} comes "
            f"before {texts[here]}."
        )
    read = [files[len(files) // 2], files[-1]] if sample else files
    for number, file in enumerate(read, start=1):
        yield _snapshot(file, number, len(files))


def natural(name: str) -> tuple[tuple[tuple[int, int | str], ...], str]:
    """Return what orders file names as a reader would: runs of digits by their value, all else by its letters."""
    parts = (part for part in _DIGITS.split(name) if part)
    return tuple((0, int(part)) if part[0] in "0123456789" else (1, part) for part in parts), name


def _is_snapshot(file: Path) -> bool:
    return not file.name.startswith(".") and ending_of(file.name) is not None and file.is_file()


def _snapshot(file: Path, number: int, of: int) -> Snapshot:
    named = timestamp_of_name(file.name)
    at = file.stat().st_mtime_ns // 1000 if named is None else named
    try:
        data, trouble = file.read_bytes(), ""
    except OSError as error:
        data, trouble = b"", f"cannot be read: {error.strerror}"
    # The suffix belongs to the identity: the same bytes may mean another thing under another suffix.
    name = f"{trouble or ending_of(file.name)} {hashlib.blake2b(data, digest_size=16).hexdigest()}"
    return Snapshot(file.name, at, name, data, number, of, named is not None, trouble)
