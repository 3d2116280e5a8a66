"""Files packed by Zstandard: read like any other, refused where they are not whole."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa
import pytest

import incload
from incload.engines.files.reader import read_records
from incload.errors import Refused

if TYPE_CHECKING:
    from pathlib import Path

CSV = b"id,v\n" + b"".join(b"%d,x\n" % number for number in range(5_000))


def packed(data: bytes) -> bytes:
    """Return bytes packed by Zstandard."""
    sink = pa.BufferOutputStream()
    with pa.CompressedOutputStream(sink, "zstd") as file:
        file.write(data)
    return bytes(sink.getvalue())


def load(folder: Path, name: str, data: bytes) -> incload.LoadSummary:
    """Write a file and load it."""
    (folder / name).write_bytes(data)
    return incload.load(folder / name, f"duckdb:///{folder}/c.duckdb", table="t", key="id", strategy="full_refresh")


@pytest.mark.parametrize(
    ("name", "data", "rows"),
    [
        ("a.csv.zst", CSV, 5_000),
        ("a.ndjson.zst", b'{"id": 1}\n{"id": 2}', 2),
        ("a.json.ZST", b'[{"id": 1}]', 1),
        ("bom.csv.zst", b"\xef\xbb\xbfid\n7\n", 1),
    ],
)
def test_a_packed_file_is_read(name: str, data: bytes, rows: int, tmp_path: Path) -> None:
    """As a load reads it, and as a replay does."""
    assert load(tmp_path, name, packed(data)).loaded == rows
    assert len(read_records(name, packed(data))) == rows


@pytest.mark.parametrize(
    ("data", "said"),
    [(packed(CSV)[:-9], "Truncated"), (CSV, "Unknown frame descriptor")],
    ids=["cut short", "not packed"],
)
def test_what_is_not_whole_is_refused(data: bytes, said: str, tmp_path: Path) -> None:
    """In one sentence, and no target is left."""
    with pytest.raises(Refused, match=rf"e\.csv\.zst' is not whole, or not packed by Zstandard \(.*{said}.*: fetch it"):
        load(tmp_path, "e.csv.zst", data)
    assert not (tmp_path / "c.duckdb").exists()


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    """It is no matter of how it is packed."""
    with pytest.raises(Refused, match="there is no file"):
        incload.load(
            tmp_path / "n.csv.zst", f"duckdb:///{tmp_path}/c.duckdb", table="t", key="id", strategy="full_refresh"
        )
