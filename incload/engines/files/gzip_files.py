"""Files of records that are packed: read to their end once, for DuckDB does not compare the check sums of gzip.

What is packed by Zstandard is unpacked by pyarrow, as Python before 3.14 cannot.
"""

from __future__ import annotations

import gzip
import io
import zlib
from pathlib import Path
from typing import BinaryIO, TextIO, cast

from incload.engines.files.layout import GZIP, ZSTANDARD

_LOOKED_AT = 4_096
_AT_ONCE = 1 << 20
"""Bytes of a file: so many say whether there is anything, and so many are unpacked at once."""


class NotWhole(Exception):  # noqa: N818 - it says what the file is
    """A packed file that ends early, was bent on its way, or is not packed at all."""


def start(path: Path) -> bytes:
    """Return how a file begins, unpacked; raise `NotWhole` or OSError where it cannot be read."""
    packed = _packed(path.name)
    if not packed:
        with path.open("rb") as file:
            return file.read(_LOOKED_AT)
    path.open("rb").close()  # what cannot be opened is no matter of how it is packed
    errors = (gzip.BadGzipFile, EOFError, zlib.error) if packed == "gzip" else (OSError,)
    try:
        with _opened(str(path), packed) as file:
            beginning = file.read(_LOOKED_AT)
            while file.read(_AT_ONCE):
                pass
            return beginning
    except errors as error:
        raise NotWhole(str(error)) from error


def opened(path: str) -> TextIO:
    """Open a file of text, in UTF-8 with or without a byte order mark, and with its line ends as they are."""
    packed = _packed(path)
    if not packed:
        return Path(path).open(encoding="utf-8-sig", newline="")
    return io.TextIOWrapper(_opened(path, packed), encoding="utf-8-sig", newline="")


def unpacked(name: str, data: bytes) -> bytes:
    """Return the bytes of a file as its name says that they are packed, unpacked; raise `NotWhole` for others."""
    packed = _packed(name)
    try:
        if packed == "zstd":
            import pyarrow as pa

            with pa.input_stream(pa.BufferReader(data), compression="zstd") as file:
                return bytes(file.read())
        return gzip.decompress(data) if packed else data
    except (EOFError, OSError, zlib.error) as error:
        raise NotWhole(str(error)) from error


def option(path: str) -> str:
    """Return the option of DuckDB's readers that says how a file is packed."""
    return f"compression = '{_packed(path) or 'none'}'"


def _opened(path: str, packed: str) -> BinaryIO:
    if packed == "gzip":
        return cast("BinaryIO", gzip.open(path))
    import pyarrow as pa

    return cast("BinaryIO", pa.input_stream(path, compression="zstd"))


def _packed(path: str) -> str:
    """Return by what a file is packed, as its name says; empty for one that is not."""
    name = path.lower()
    return "gzip" if name.endswith(GZIP) else "zstd" if name.endswith(ZSTANDARD) else ""
