"""Which files a path stands for: itself, the record files below a folder, or those that a pattern matches."""

from __future__ import annotations

import glob
from itertools import takewhile
from typing import TYPE_CHECKING
from urllib.parse import unquote

from incload.engines.endpoints import record_format
from incload.errors import Refused

if TYPE_CHECKING:
    from pathlib import Path

_NULL = "__HIVE_DEFAULT_PARTITION__"
"""What a folder is called whose rows have no value of the partition column."""


def files_of(path: Path) -> list[Path]:
    """Return the files of a source, in the order of their paths; refuse none, and files of several formats."""
    if path.is_dir():
        found = [each for each in sorted(path.rglob("*")) if each.is_file() and not _is_hidden(each, path)]
        found = [each for each in found if record_format(each)]
    else:
        matched = map(path.__class__, glob.glob(str(path), recursive=True))  # noqa: PTH207 - a pattern may be absolute
        found = sorted(each for each in matched if each.is_file())
        for each in found:
            if record_format(each) is None:
                raise Refused(
                    f"{str(each)!r}, which {str(path)!r} matches, is no file of records: name a pattern of some."
                )
    if not found:
        raise Refused(f"{str(path)!r} holds no file of records: check the path of the source.")
    formats = {record_format(each): each for each in reversed(found)}
    if len(formats) > 1:
        one, other = sorted(map(str, formats.values()))[:2]
        raise Refused(
            f"{str(path)!r} holds files of several formats, as {one!r} and {other!r}: name those of one format."
        )
    return found


def _is_hidden(path: Path, folder: Path) -> bool:
    """Return whether a file below a folder is a mark of another program, as `_SUCCESS` is."""
    return any(part.startswith((".", "_")) for part in path.relative_to(folder).parts)


def partitions_of(path: Path, source: Path) -> dict[str, str | None]:
    """Return the values that folders name, as `year=2026` does; texts as the path writes them.

    Args:
        path: A file of the source.
        source: The folder, of which those below count, or the pattern, of which those below its part without signs do.
    """
    fixed = takewhile(lambda part: source.is_dir() or not any(sign in part for sign in "*?["), source.parts)
    parts = (part.partition("=") for part in path.parts[len(tuple(fixed)) : -1])
    named = {unquote(name): unquote(value) for name, equals, value in parts if name and equals}
    return {name: None if value == _NULL else value for name, value in named.items()}
