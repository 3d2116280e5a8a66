"""Files of records that are packed by gzip: read to their end once, for DuckDB does not compare their check sums."""

from __future__ import annotations

import gzip
import zlib
from typing import TYPE_CHECKING, TextIO, cast

from incload.engines.files.layout import PACKED

if TYPE_CHECKING:
    from pathlib import Path

_LOOKED_AT = 4_096
_AT_ONCE = 1 << 20
"""Bytes of a file: so many say whether there is anything, and so many are unpacked at once."""


class NotWhole(Exception):  # noqa: N818 - it says what the file is
    """A packed file that ends early, was bent on its way, or is not packed at all."""


def start(path: Path) -> bytes:
    """Return how a file begins, unpacked; raise `NotWhole` or OSError where it cannot be read."""
    if not _is_packed(path.name):
        with path.open("rb") as file:
            return file.read(_LOOKED_AT)
    try:
        with gzip.open(path) as file:
            beginning = file.read(_LOOKED_AT)
            while file.read(_AT_ONCE):
                pass
            return beginning
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise NotWhole(str(error)) from error


def opened(path: str) -> TextIO:
    """Open a file of text, in UTF-8 with or without a byte order mark, and with its line ends as they are."""
    opening = gzip.open if _is_packed(path) else open
    return cast("TextIO", opening(path, "rt", encoding="utf-8-sig", newline=""))


def option(path: str) -> str:
    """Return the option of DuckDB's readers that says how a file is packed."""
    return f"compression = '{'gzip' if _is_packed(path) else 'none'}'"


def _is_packed(path: str) -> bool:
    return path.lower().endswith(PACKED)
