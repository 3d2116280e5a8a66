"""A full disk, a read-only target, a source that goes away, a clock that jumps: the target stays whole."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tempfile
from itertools import count
from typing import TYPE_CHECKING

import pytest
from dying import Tape, taped
from offering import offer
from places import Place

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from conftest import Tally

PAIRS = [("sqlite", "sqlite"), ("duckdb", "duckdb"), ("sqlite", "duckdb"), ("duckdb", "sqlite"), ("file", "sqlite")]
LOSSES = ("deleted", "emptied", "overwritten")
pairs = pytest.mark.parametrize("pair", PAIRS, ids="-".join)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """Mount a disk of 3 MB, or skip where this process may not."""
    folder = tmp_path / "small"
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=3m", "tmpfs", str(folder)],  # noqa: S607 - wherever it is
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    if mounted.returncode:
        pytest.skip(f"only root can mount a small disk: {mounted.stderr.strip()}")
    try:
        yield folder
    finally:
        subprocess.run(["umount", str(folder)], check=True)  # noqa: S607


@pytest.mark.skipif(shutil.which("mount") is None, reason="there is no mount")
@pairs
@pytest.mark.parametrize("strategy", ["row_hash_cdc", "timestamp_watermark"])
def test_a_full_disk_leaves_the_sync_before(
    pair: tuple[str, str], strategy: str, small_disk: Path, tmp_path: Path, tally: Tally
) -> None:
    """The sentence says that there is no room; with room again, the next load does it all."""
    place = Place(tmp_path, pair)
    place.grow(3)
    there = Place(small_disk, pair)
    command = [each.replace(str(place.target), str(there.target)) for each in place.command(strategy)]
    offer(command)
    place.grow(150_000)
    answer = offer(command, codes=(2,))
    tally("disk: loads that met a full one", 1)

    assert there.rows() == [1, 2, 3]
    assert any(word in answer.err.lower() for word in ("full", "no space", "i/o error")), answer.err
    for path in sorted(small_disk.glob("target*")):
        shutil.copy(path, tmp_path / path.name)
    offer(place.command(strategy), seconds=60)
    assert len(place.rows()) == 150_000


@pytest.mark.skipif(shutil.which("mount") is None, reason="there is no mount")
def test_a_full_disk_for_scratch_files(
    small_disk: Path, tmp_path: Path, tally: Tally, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rows that cross into SQLite wait in a scratch file; where that finds no room, nothing of it is left."""
    monkeypatch.setattr(tempfile, "tempdir", str(small_disk))
    place = Place(tmp_path, ("duckdb", "sqlite"))
    place.grow(150_000)
    answer = offer(place.command("row_hash_cdc"), codes=(2,))
    tally("disk: loads that met a full one", 1)

    assert "full" in answer.err
    assert list(small_disk.iterdir()) == []
    assert not place.target.exists()


@pairs
def test_a_target_in_a_folder_that_cannot_be_written(pair: tuple[str, str], tmp_path: Path, tally: Tally) -> None:
    """A user without the right is refused; only that user can find out."""
    if os.geteuid() == 0:
        pytest.skip("root may write everywhere")
    place = Place(tmp_path, pair)
    place.grow(3)
    tmp_path.chmod(0o555)
    try:
        offer(place.command("full_refresh"), codes=(2,))
    finally:
        tmp_path.chmod(0o755)
    tally("disk: loads into what cannot be written", 1)

    assert not place.target.exists()


@pairs
def test_a_target_that_became_read_only(pair: tuple[str, str], tmp_path: Path, tally: Tally) -> None:
    """It is named, and stays as it is."""
    place = Place(tmp_path, pair)
    place.grow(3)
    offer(place.command("full_refresh"))
    place.grow(5)
    place.target.chmod(0o444)
    answer = offer(place.command("full_refresh"), codes=(2,))
    tally("disk: loads into what cannot be written", 1)

    assert "read-only: make it writable" in answer.err
    assert place.rows() == [1, 2, 3]


@pytest.mark.slow
@pairs
@pytest.mark.parametrize("loss", LOSSES)
def test_a_source_that_goes_away_at_any_moment(
    pair: tuple[str, str], loss: str, tmp_path: Path, tally: Tally, *, hard: bool
) -> None:
    """Before any statement of a load its file is lost: what was open may still be read, or the load is refused."""
    place = Place(tmp_path, pair)
    place.grow(3)
    offer(place.command("row_hash_cdc"))
    place.grow(6)
    good = place.source.read_bytes()
    place.keep()

    def lose() -> None:
        if loss == "deleted":
            place.source.unlink(missing_ok=True)
        else:
            place.source.write_bytes(b"" if loss == "emptied" else b"not what it was " * 600)

    for at in count(0) if hard else count(4 * LOSSES.index(loss), 4 * len(LOSSES)):
        with taped(Tape(at, lose)) as tape:
            answer = offer(place.command("row_hash_cdc"))
        if not tape.dead:
            break
        whole = [1, 2, 3, 4, 5, 6]
        # Success is to have loaded what was there, or to say that nothing is; a refusal leaves the sync before.
        kept = "holds no record, and the 3 rows of 'events' were kept" in answer.err
        assert (answer.code, place.rows()) in ((0, whole), (0 if kept else 2, [1, 2, 3]))
        assert answer.code == 0 or "source" in answer.err
        for path in tmp_path.glob("source*"):
            path.unlink()
        place.source.write_bytes(good)
        offer(place.command("row_hash_cdc"))
        assert place.rows() == whole
        place.restore()
        tally("disk: moments at which a source went away", 1)
    assert at > (20 if hard else 12)


@pytest.mark.parametrize("strategy", ["settling_delay", "clock_bounded_watermark", "lookback_window:from_clock=true"])
@pytest.mark.parametrize("jump", [-86_400 * 365, -3_600, 3_600, 86_400 * 365 * 30])
def test_a_clock_that_jumps_loses_nothing(
    strategy: str, jump: int, tmp_path: Path, tally: Tally, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A load while the clock is wrong, and one when it is right again: every row is there, once."""
    now = 1_767_268_800
    rows = [{"id": key, "ts": now - 7_200 + key} for key in range(1, 4)]
    (tmp_path / "e.json").write_text(json.dumps(rows), encoding="utf-8")
    command = ["load", str(tmp_path / "e.json"), "--target", f"sqlite:///{tmp_path}/target.sqlite", "--table", "events"]
    command += ["--key", "id", "--cursor", "ts", "--cursor-unit", "s", "--strategy", strategy, "--allow-backwards"]
    for shown in (now, now + jump, now):
        monkeypatch.setattr("time.time_ns", lambda shown=shown: shown * 1_000_000_000)
        offer(command)
    tally("disk: clocks that jumped", 1)

    assert Place(tmp_path, ("file", "sqlite")).rows() == [1, 2, 3]
