"""The snapshots of a folder."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from incload.errors import Refused
from incload.history.recorded.folder import read_folder

NOON = 1_540_209_600_000_000
"""2018-10-22T12:00:00Z in microseconds."""


def test_snapshots_come_in_name_order_with_their_bytes_and_times(tmp_path: Path) -> None:
    """Formats may be mixed, and other files are left alone."""
    for name in ("2018-10-22T13.json", "2018-10-22T12-00.csv", ".2018-10-21.json", "readme.txt"):
        (tmp_path / name).write_text(name, encoding="utf-8")
    (tmp_path / "2018-10-20.json").mkdir()
    snapshots = list(read_folder(tmp_path))

    assert [(each.where, each.at, each.data, each.number, each.of, each.dated_by_name) for each in snapshots] == [
        ("2018-10-22T12-00.csv", NOON, b"2018-10-22T12-00.csv", 1, 2, True),
        ("2018-10-22T13.json", NOON - 43_200_000_000, b"2018-10-22T13.json", 2, 2, True),
    ]


def test_numbers_in_names_are_compared_by_their_value(tmp_path: Path) -> None:
    """`snap-2` comes before `snap-10`, whatever zeros stand in front; equal values go by their text."""
    for name in ("snap-10.json", "snap-2.json", "snap-1.json", "snap-002.json", "snap.json", "7.json", "²-3.json"):
        (tmp_path / name).write_text("[]", encoding="utf-8")

    assert [each.where for each in read_folder(tmp_path)] == [
        "7.json", "snap-1.json", "snap-002.json", "snap-2.json", "snap-10.json", "snap.json", "²-3.json",
    ]  # fmt: skip


def test_a_name_without_a_date_is_dated_by_the_file(tmp_path: Path) -> None:
    """The time of the last modification is second best."""
    (tmp_path / "a.json").write_text("[]", encoding="utf-8")
    os.utime(tmp_path / "a.json", ns=(0, NOON * 1000 + 999))
    snapshot = next(read_folder(tmp_path))

    assert (snapshot.at, snapshot.dated_by_name) == (NOON, False)


def test_equal_bytes_have_equal_ids_only_in_one_format(tmp_path: Path) -> None:
    """The same bytes may mean another thing under another suffix."""
    for name in ("a.json", "b.json", "c.csv"):
        (tmp_path / name).write_text("same", encoding="utf-8")
    first, second, third = read_folder(tmp_path)

    assert first.id == second.id
    assert first.id != third.id


def test_a_file_that_cannot_be_read_is_in_trouble(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Others go on."""

    def refuse(_: Path) -> bytes:
        raise PermissionError(13, "Permission denied")

    (tmp_path / "a.json").write_text("[]", encoding="utf-8")
    monkeypatch.setattr(Path, "read_bytes", refuse)

    assert next(read_folder(tmp_path)).trouble == "cannot be read: Permission denied"


def test_a_folder_without_snapshots_is_refused(tmp_path: Path) -> None:
    """The refusal says what could be there."""
    (tmp_path / "readme.txt").write_text("", encoding="utf-8")
    with pytest.raises(Refused) as refusal:
        next(read_folder(tmp_path))

    assert str(refusal.value) == (
        f"{tmp_path} is neither a git repository nor a folder of snapshots (.json, .geojson, .ndjson, "
        ".jsonl, .csv, .tsv, .parquet, those of text also with .gz or .zst): name one of the two, or a git bundle."
    )
