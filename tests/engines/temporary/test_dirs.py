"""Folders for rows on their way: one that no one uses any more is removed, and no other."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from typing import TYPE_CHECKING

import pytest

from incload.engines.temporary.dirs import Scratch, sweep
from incload.errors import Refused

if TYPE_CHECKING:
    from pathlib import Path

    from tests.ends import Between

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="no locks that end with a process")
KILLED = """
import os, signal, sys, tempfile
from incload.engines.temporary.dirs import Scratch
tempfile.tempdir = sys.argv[1]
(Scratch().folder / "incoming.db").write_bytes(b"rows")
os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the folder for temporary files."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


def test_the_next_folder_takes_the_place_of_one_whose_process_was_killed(place: Path) -> None:
    """The rows that a killed load has left go when another load needs room."""
    subprocess.run([sys.executable, "-c", KILLED, str(place)], check=False)
    (left,) = place.iterdir()
    assert sorted(each.name for each in left.iterdir()) == ["incload.lock", "incoming.db"]
    room = Scratch()

    assert list(place.iterdir()) == [room.folder]
    room.remove()
    assert list(place.iterdir()) == []


def test_a_folder_in_use_stays(place: Path) -> None:
    """Two loads at once do not take each other's rows."""
    rooms = [Scratch(), Scratch()]
    sweep()

    assert sorted(place.iterdir()) == sorted(room.folder for room in rooms)
    for room in rooms:
        room.remove()


def test_a_folder_that_says_nothing_stays(place: Path) -> None:
    """What is called alike and has no lock may be of another process, and so may what a link leads to."""
    (place / "incload-other").mkdir()
    elsewhere = place / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "incload.lock").touch()
    (place / "incload-link").symlink_to(elsewhere)
    sweep()

    assert sorted(each.name for each in place.iterdir()) == ["elsewhere", "incload-link", "incload-other"]
    assert (elsewhere / "incload.lock").exists()


def test_a_lock_that_leads_elsewhere_is_not_taken(place: Path) -> None:
    """A link in place of the lock is none of ours."""
    folder = place / "incload-odd"
    folder.mkdir()
    (place / "file").touch()
    (folder / "incload.lock").symlink_to(place / "file")
    sweep()

    assert folder.exists()


def test_a_folder_that_cannot_be_locked_does_not_stay(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where there is room for a folder and none for its lock, nothing is left of it."""

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(type(place), "rename", full)
    with pytest.raises(OSError, match="No space left"):
        Scratch()

    assert list(place.iterdir()) == []


def test_no_folder_for_temporary_files_is_a_refusal(between: Between, monkeypatch: pytest.MonkeyPatch) -> None:
    """A load into SQLite whose rows find no place on their way says where they wait, and leaves no target."""
    ends = between("duckdb", "sqlite")
    ends.write("CREATE TABLE events (id INTEGER PRIMARY KEY)", "INSERT INTO events VALUES (1)")
    monkeypatch.setattr(tempfile, "tempdir", str(ends.folder / "gone"))
    with pytest.raises(Refused, match=r"wait in '.*gone', and cannot be written there: .* name another folder in the"):
        ends.load("full_refresh", cursor=None)

    assert not ends.target.path.exists()


def test_no_folder_at_all_is_a_refusal(between: Between, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where every disk is full Python knows no folder for temporary files, and a load into SQLite says so."""
    ends = between("duckdb", "sqlite")
    ends.write("CREATE TABLE events (id INTEGER PRIMARY KEY)", "INSERT INTO events VALUES (1)")

    def none() -> str:
        raise FileNotFoundError(2, "No usable temporary directory found in ['/tmp']")

    monkeypatch.setattr(tempfile, "gettempdir", none)
    with pytest.raises(Refused, match=r"wait in the folder for temporary files, and cannot be written there: .*usable"):
        ends.load("full_refresh", cursor=None)

    assert not ends.target.path.exists()


def test_a_folder_of_another_machine_stays(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In a folder that is named others may wait too, and their locks are not seen here."""
    import platform

    monkeypatch.setattr(platform, "node", lambda: "one")
    ours = place / "incload-one@dead"
    other = place / "incload-one-more@dead"
    for each in (ours, other):
        each.mkdir()
        (each / "incload.lock").touch()
    sweep(str(place))

    assert (ours.exists(), other.exists()) == (False, True)
