"""Which history of a file is read: another branch, the time before a rename, a clone that is cut off."""

from __future__ import annotations

import json
import os
import subprocess
from typing import TYPE_CHECKING

import pytest

from incload.cli import main
from incload.errors import Refused
from incload.history.recorded import git_refs
from incload.history.recorded.git import Sought, read_bundle, read_repository

if TYPE_CHECKING:
    from pathlib import Path

ROWS = [f'{{"id": {number}, "at": "2026-01-01T00:00:00Z"}}' for number in range(1, 5)]
OLD = f"[{(',' + chr(10)).join(ROWS)}]".encode()
NEW = f"[{(',' + chr(10)).join([*ROWS, ROWS[0].replace('1,', '5,')])}]".encode()
LEFT_OUT = "its 2 versions up to there are not in this history; --follow takes them in."


def git(folder: Path, *arguments: str, given: bytes = b"") -> str:
    """Run git in a folder, away from the settings of whoever runs the tests, and return what it prints."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    environment |= {"GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": os.devnull}
    done = subprocess.run(
        ["git", "-C", str(folder), *arguments],  # noqa: S607 - whichever git there is
        input=given, capture_output=True, check=True, env=environment,
    )  # fmt: skip
    return done.stdout.decode().strip()


def commits(folder: Path, *trees: dict[str, bytes | None], branch: str = "main") -> None:
    """Add commits to a branch, a minute apart; None removes a file."""
    stream = b""
    for number, tree in enumerate(trees):
        stream += f"commit refs/heads/{branch}\ncommitter C <c> {1_767_225_600 + 60 * number} +0000\ndata 0\n".encode()
        for name, data in tree.items():
            stream += (
                f"D {name}\n".encode()
                if data is None
                else f"M 100644 inline {name}\ndata {len(data)}\n".encode() + data + b"\n"
            )
    git(folder, "fast-import", "--quiet", "--force", given=stream)


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A repository whose file was `old.json` for two versions and is `new.json` since the third; `data` has another."""
    folder = tmp_path / "feed.git"
    folder.mkdir()
    git(folder, "init", "--quiet", "--bare", "--initial-branch=main", ".")
    commits(
        folder,
        {"old.json": OLD},
        {"old.json": OLD + b"\n"},
        {"old.json": None, "new.json": NEW},
        {"new.json": NEW + b" "},
    )
    commits(folder, {"dump.json": b"[1]"}, {"dump.json": b"[2]"}, branch="data")
    return folder


def read(path: Path, file: str, ref: str = "", *, follow: bool = False) -> tuple[list[str], list[str]]:
    """Return the name of the file at each version, and the hints."""
    hints: list[str] = []
    reader = read_bundle if path.is_file() else read_repository
    return [each.name for each in reader(path, Sought(file, ref, follow, hints.append))], hints


def test_versions_before_a_rename_are_left_out_and_said(repository: Path) -> None:
    """With how many they are, and the option that takes them in."""
    third = git(repository, "rev-parse", "main~1")[:12]

    assert read(repository, "new.json") == (
        ["new.json"] * 2,
        [f"Before commit {third} the file was old.json: {LEFT_OUT}"],
    )


def test_a_rename_is_followed(repository: Path) -> None:
    """The older versions come first, under the name that they had; the report says so."""
    third = git(repository, "rev-parse", "main~1")[:12]

    assert read(repository, "new.json", follow=True) == (
        ["old.json", "old.json", "new.json", "new.json"],
        [f"Before commit {third} the file was old.json: its 2 versions up to there were followed."],
    )


def test_a_file_that_was_new_has_no_rename(repository: Path) -> None:
    """Nothing is said of it, and nothing more is read."""
    assert read(repository, "dump.json", "data", follow=True) == (["dump.json"] * 2, [])


def test_a_rename_that_cannot_be_looked_into_stops_only_who_asks_for_it(repository: Path) -> None:
    """A clone may lack the objects of older versions: without --follow nothing needs them."""
    blob = git(repository, "rev-parse", "main~2:old.json")
    (repository / "objects" / blob[:2] / blob[2:]).unlink()

    assert read(repository, "new.json") == (["new.json"] * 2, [])
    with pytest.raises(Refused, match=r"^git cannot read .*: name a sound repository or bundle\.$"):
        read(repository, "new.json", follow=True)


@pytest.mark.parametrize("ref", ["data", "refs/heads/data", "data~1"])
def test_another_branch_is_named(ref: str, repository: Path) -> None:
    """By its name, in full, or by anything that git takes for a commit."""
    assert len(read(repository, "dump.json", ref)[0]) == (1 if "~" in ref else 2)


def test_a_branch_of_a_clone_is_named_without_its_remote(repository: Path, tmp_path: Path) -> None:
    """A clone has but one branch of its own; the others are those of `origin`."""
    git(tmp_path, "clone", "--quiet", f"file://{repository}", "clone")

    assert len(read(tmp_path / "clone", "dump.json", "data")[0]) == 2


def test_a_branch_of_a_bundle(repository: Path, tmp_path: Path) -> None:
    """A bundle lists its heads."""
    git(repository, "bundle", "create", "--quiet", "../feed.bundle", "--all")

    assert len(read(tmp_path / "feed.bundle", "dump.json", "data")[0]) == 2


def test_a_file_on_another_branch_is_no_riddle(repository: Path) -> None:
    """The refusal names the branch that has it."""
    with pytest.raises(Refused) as refused:
        read(repository, "dump.json")

    assert str(refused.value) == (
        f"no commit of {repository} on the branch that is read has a file 'dump.json', and data has: "
        "name it with --ref data."
    )


def test_of_very_many_branches_the_first_are_asked(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The refusal names those among them that have the file, and git is not asked for thousands."""
    for name in ("other", "zeta"):
        git(repository, "branch", name, "data")
    monkeypatch.setattr(git_refs, "_REFS_ASKED", 3)

    with pytest.raises(Refused, match=r", and data, other have: name it with --ref data\.$"):
        read(repository, "dump.json")


@pytest.mark.parametrize("ref", ["dat", "--all", "a..b", "", " "])
def test_a_branch_that_is_not_there_is_refused(ref: str, repository: Path) -> None:
    """With the one that may have been meant; nothing is taken for an option of git."""
    if not ref:
        assert len(read(repository, "new.json", ref)[0]) == 2
        return
    with pytest.raises(Refused, match=r"^unknown branch, tag or commit .*"):
        read(repository, "dump.json", ref)


def test_a_shallow_clone_says_what_it_lacks(repository: Path, tmp_path: Path) -> None:
    """One snapshot is all that it has, and the way to the others is named."""
    git(tmp_path, "clone", "--quiet", "--depth=1", f"file://{repository}", "clone")
    names, (hint,) = read(tmp_path / "clone", "new.json")

    assert names == ["new.json"]
    assert hint.endswith(f"older versions are not here; git -C {tmp_path / 'clone'} fetch --unshallow brings them.")


def test_a_shallow_clone_that_lacks_nothing_says_nothing(repository: Path, tmp_path: Path) -> None:
    """A file that came after the cut has its whole history."""
    git(tmp_path, "clone", "--quiet", "--depth=2", "--branch=main", f"file://{repository}", "clone")
    commits(tmp_path / "clone", {"late.json": OLD}, branch="late")
    git(tmp_path / "clone", "config", "gc.auto", "0")

    assert read(tmp_path / "clone", "late.json", "late")[1] == []


def test_the_command_follows_and_says_it(repository: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The options of the command line reach the reader, and hints stand in the report."""
    options = ["--file", "new.json", "--key", "id", "--cursor", "at", "--report-dir", str(tmp_path / "out")]

    assert main(["profile", str(repository), *options, "--follow"]) == 0
    out = capsys.readouterr().out
    assert "the file was old.json: its 2 versions up to there were followed." in out
    assert json.loads((tmp_path / "out" / "profile.json").read_text(encoding="utf-8"))["account"]["snapshots"] == 4


@pytest.mark.parametrize("option", [["--ref", "main"], ["--follow"]])
def test_a_folder_has_no_branches(option: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The option is refused, not overlooked."""
    (tmp_path / "1.json").write_bytes(OLD)

    assert main(["profile", str(tmp_path), "--key", "id", "--cursor", "at", *option]) == 2
    assert f"is no git repository, so {' '.join(option)} means nothing there: leave it out." in capsys.readouterr().err
