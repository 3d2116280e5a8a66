"""The folder for reports: what cannot be one is refused in a sentence, before the work where that can be known."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from incload.api.folders import check_folder, reports_into
from incload.cli import main
from incload.errors import Refused

if TYPE_CHECKING:
    from pathlib import Path


def test_a_folder_that_is_there_or_can_be_made_is_taken(tmp_path: Path) -> None:
    """Nothing is made by looking."""
    check_folder(tmp_path)
    check_folder(tmp_path / "a" / "b")

    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("below", "said"), [("", "is"), ("a/b", "lies below '.*file', which is")])
def test_a_file_is_no_folder(below: str, said: str, tmp_path: Path) -> None:
    """Nor can there be a folder below one, which is then what is named."""
    (tmp_path / "file").touch()

    with pytest.raises(Refused, match=rf"^--report-dir '.*{below}' {said} a file: name a folder\.$"):
        check_folder(tmp_path / "file" / below)


def test_a_folder_that_no_one_may_write_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What counts is the nearest folder that is there."""
    monkeypatch.setattr(os, "access", lambda path, mode: (path, mode) != (tmp_path, os.W_OK))

    with pytest.raises(Refused, match=r"b' cannot be written: make it writable, or name another\.$"):
        check_folder(tmp_path / "a" / "b")


def test_a_folder_that_fails_later_is_refused_then(tmp_path: Path) -> None:
    """A disk that is full, say, ends in a sentence as well."""
    with pytest.raises(Refused, match=r"cannot be written \(File exists\): name another"), reports_into(tmp_path):
        tmp_path.mkdir()


@pytest.mark.parametrize("command", ["compare", "report", "replay", "profile"])
def test_commands_refuse_before_they_work(
    command: str, tmp_path: Path, root: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each that writes reports looks at their folder first."""
    (tmp_path / "file").touch()
    for work in (
        "harness.trials.runner.run_cells",
        "harness.replays.replay.replay",
        "history.recorded.reader.open_history",
    ):
        monkeypatch.setattr(f"incload.{work}", None)  # whoever calls it fails
    said = {
        "compare": ["--scenarios", "clean"],
        "report": [str(root / "reports" / "baseline.csv")],
        "replay": [str(tmp_path), "--key", "id", "--cursor", "at"],
        "profile": [str(tmp_path), "--key", "id", "--cursor", "at"],
    }
    where = str(tmp_path / "file" / "reports")

    assert main([command, *said[command], "--report-dir", where]) == 2
    assert capsys.readouterr().err == (
        f"incload: --report-dir '{where}' lies below '{tmp_path / 'file'}', which is a file: name a folder.\n"
    )


def test_no_one_cannot_work(capsys: pytest.CaptureFixture[str]) -> None:
    """A comparison by no process is none."""
    assert main(["compare", "--workers", "0"]) == 2
    assert capsys.readouterr().err == "incload: 0 workers leave no process to run a trial: give 1 or more.\n"
