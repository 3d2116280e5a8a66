"""The versions of a file in git repositories and bundles."""

from __future__ import annotations

import gc
import gzip
import json
import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from random import Random

import pytest

from incload.errors import Refused
from incload.history.recorded import git as gitread
from incload.history.recorded.git import Sought, is_bundle, read_bundle, read_repository
from incload.history.recorded.options import ReplayOptions
from incload.history.recorded.read_log import Note, ReadLog
from incload.history.recorded.reader import open_history

DAY = 1_540_166_400
"""The time of the first commit of every repository here, in seconds; each next one is a minute later."""

Tree = dict[str, bytes | None]
"""What a commit writes; None removes the file."""


def git(folder: Path, *arguments: str, given: bytes = b"") -> str:
    """Run git in a folder, away from the settings of whoever runs the tests, and return what it prints."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    environment |= {"GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": os.devnull}
    done = subprocess.run(
        ["git", "-C", str(folder), *arguments],  # noqa: S607 - whichever git there is
        input=given, capture_output=True, check=True, env=environment,
    )  # fmt: skip
    return done.stdout.decode().strip()


def commits(folder: Path, *trees: Tree, branch: str = "main", start: int = 0, onto: tuple[str, ...] = ()) -> None:
    """Add commits to a branch of a bare repository, a minute apart; the first has the given parents."""
    stream = b""
    for number, tree in enumerate(trees, start=start):
        stream += f"commit refs/heads/{branch}\nauthor A <a> 1 +0000\n".encode()
        stream += f"committer C <c> {DAY + 60 * number} +0200\ndata 0\n".encode()
        for word, parent in zip(["from", *["merge"] * len(onto)], onto if number == start else (), strict=False):
            stream += f"{word} refs/heads/{parent}^0\n".encode()
        for name, data in tree.items():
            path = json.dumps(name, ensure_ascii=False).encode()
            if data is None:
                stream += b"D " + path + b"\n"
            else:
                stream += b"M 100644 inline " + path + f"\ndata {len(data)}\n".encode() + data + b"\n"
    git(folder, "fast-import", "--quiet", "--force", given=stream)


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """Return an empty bare repository whose branch will be main."""
    folder = tmp_path / "fires.git"
    folder.mkdir()
    git(folder, "init", "--quiet", "--bare", "--initial-branch=main", ".")
    return folder


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[subprocess.Popen[bytes]]:
    """Return the processes that were started since the test began, this list growing with them."""
    processes: list[subprocess.Popen[bytes]] = []

    class Remembered(subprocess.Popen):  # type: ignore[type-arg] # the module looks it up by this very name
        def __init__(self, *arguments: object, **options: object) -> None:
            processes.append(self)
            super().__init__(*arguments, **options)  # type: ignore[call-overload]

    monkeypatch.setattr(subprocess, "Popen", Remembered)
    return processes


@pytest.fixture
def random() -> Random:
    """Return a seeded source of bytes that do not shrink when packed."""
    return Random(1)  # noqa: S311 - nothing is kept secret with it


def listed(number: int) -> bytes:
    """Return a snapshot of one record."""
    return b'[{"id":1,"at":%d}]' % number


def versions(path: Path, file: str = "a.json") -> list[tuple[int, bytes | None]]:
    """Return minute and bytes of every version of a file in a repository."""
    return [(_minute(each.at), each.data) for each in read_repository(path, Sought(file))]


def _minute(at: int) -> int:
    return (at // 1_000_000 - DAY) // 60


def refusal(path: Path, file: str = "a.json") -> str:
    """Return the sentence with which a path is refused."""
    with pytest.raises(Refused) as refused:
        open_history(path, ReplayOptions(key=("id",), cursor="at", file=file))
    return str(refused.value)


def test_only_commits_that_touch_the_file_are_versions(repository: Path) -> None:
    """Oldest first, at the committer's time, whatever the zone."""
    commits(repository, {"b": b""}, {"a.json": listed(1)}, {"b": b"x"}, {"a.json": listed(2), "b": b"y"})

    assert versions(repository) == [(1, listed(1)), (3, listed(2))]


def test_a_repository_becomes_a_history(repository: Path) -> None:
    """From commits to ticks, with a missing, an empty and an unchanged version on the way."""
    commits(
        repository,
        {"a.json": b""},
        {"a.json": listed(1)},
        {"a.json": None},
        {"a.json": listed(1)},
        {"a.json": b""},
        {"a.json": listed(1)},
        {"a.json": listed(2)},
    )
    first = git(repository, "rev-list", "--reverse", "main").split()[0]
    history, account = open_history(repository, ReplayOptions(key=("id",), cursor="at", file="a.json"))
    ticks = [(_minute(tick.at), tick.upserts.to_pylist(), tick.deletes.num_rows) for tick in history.ticks]

    assert history.table.name == "a"
    assert _minute(history.started) == 1
    assert [(at, len(upserts), deletes) for at, upserts, deletes in ticks] == [(3, 0, 0), (5, 0, 0), (6, 1, 0)]
    assert ticks[-1][1][0]["content"] == '{"at":2,"id":1}'
    assert account == ReadLog(
        snapshots=7, usable=4, unchanged=2, skipped=2, absent=1,
        notes=[Note(first, "is empty", 2)], records=4, keys=1, cursors_read=2, latest_cursor=2_000_000,
        versions=2, updates=1,
        cursor_unit="s", ticks=3, ticks_without_change=2, upserts=1,
        digest=account.digest,
    )  # fmt: skip


def test_bytes_that_stay_are_not_handed_over_again(repository: Path) -> None:
    """Not after a removal and not after a change of the mode alone."""
    commits(repository, {"a.json": listed(1)}, {"a.json": None}, {"a.json": listed(1)})
    blob = git(repository, "rev-parse", "main:a.json")
    mode = f"commit refs/heads/main\ncommitter C <c> {DAY + 180} +0000\ndata 0\nfrom refs/heads/main^0\n"
    git(repository, "fast-import", "--quiet", given=f"{mode}M 100755 {blob} a.json\n".encode())
    found = list(read_repository(repository, Sought("a.json")))

    assert [(_minute(each.at), each.id, each.data) for each in found] == [
        (0, blob, listed(1)),
        (1, None, None),
        (2, blob, None),
        (3, blob, None),
    ]


def test_side_branches_are_seen_when_they_are_merged(repository: Path) -> None:
    """First parents only: a merge that changes the file is a version, one that keeps it is none."""
    commits(repository, {"a.json": listed(1)})
    commits(repository, {"a.json": listed(2)}, {"a.json": listed(3)}, branch="side", start=1, onto=("main",))
    commits(repository, {"b": b""}, branch="main", start=3, onto=("main",))
    commits(repository, {"a.json": listed(3)}, branch="main", start=4, onto=("main", "side"))
    commits(repository, {"a.json": listed(4)}, branch="side", start=5, onto=("side",))
    commits(repository, {"b": b"x"}, branch="main", start=6, onto=("main", "side"))

    assert versions(repository) == [(0, listed(1)), (4, listed(3))]


@pytest.mark.parametrize(
    "name", ["-x.json", "--all", ":(glob)*.json", ":!a.json", "*.json", "d/\u00e4 b.json", 'q"\\.json', "line\nbreak"]
)
def test_a_file_name_is_taken_literally(name: str, repository: Path) -> None:
    """Not as an option, not as a pattern; other files are no match."""
    commits(repository, {"a.json": listed(9), "d/b.json": listed(9)})
    stream = f"commit refs/heads/main\ncommitter C <c> {DAY + 60} +0000\ndata 0\nfrom refs/heads/main^0\n".encode()
    quoted = '"' + name.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'
    git(repository, "fast-import", "--quiet", given=stream + f"M 100644 inline {quoted}\ndata 1\nx\n".encode())

    assert versions(repository, name) == [(1, b"x")]


def test_a_leading_dot_and_slash_may_stand(repository: Path) -> None:
    """As a shell completes it."""
    commits(repository, {"a.json": listed(1)})

    assert versions(repository, "./a.json") == [(0, listed(1))]


def test_a_folder_of_that_name_is_no_version(repository: Path) -> None:
    """While the name belongs to a folder the file is absent."""
    commits(repository, {"a.json": listed(1)}, {"a.json": None, "a.json/b": b"x"}, {"a.json": listed(2)})

    assert versions(repository) == [(0, listed(1)), (1, None), (2, listed(2))]


def test_a_packed_file_is_unpacked(repository: Path) -> None:
    """The format is that of the file's name."""
    commits(repository, {"a.csv.gz": gzip.compress(b"id,at\n1,2018-10-22\n", mtime=0)})
    history, _ = open_history(repository, ReplayOptions(key=("id",), cursor="at", file="a.csv.gz"))

    assert history.table.name == "a"
    assert history.base.column("content").to_pylist() == ['{"at":"2018-10-22","id":"1"}']


def test_a_working_copy_and_its_worktrees_are_repositories(tmp_path: Path) -> None:
    """Also one whose .git is a file, from wherever it is read."""
    work, tree = tmp_path / "work", tmp_path / "tree"
    git(tmp_path, "init", "--quiet", "--initial-branch=main", str(work))
    commits(work, {"a.json": listed(1)}, {"a.json": listed(2)})
    git(work, "config", "core.worktree", "..")
    git(work, "worktree", "add", "--quiet", "--detach", str(tree), "main~1")

    assert versions(work) == [(0, listed(1)), (1, listed(2))]
    assert versions(tree) == [(0, listed(1))]


@pytest.mark.parametrize(
    ("branches", "head", "expected"),
    [
        (("main", "master", "x"), "x", "x"),
        (("main", "master", "x"), "gone", "main"),
        (("master", "x"), "gone", "master"),
        (("x",), "gone", "x"),
    ],
)
def test_the_default_branch(branches: tuple[str, ...], head: str, expected: str, repository: Path) -> None:
    """HEAD, else main, else master, else the only one."""
    for branch in branches:
        commits(repository, {"a.json": branch.encode()}, branch=branch)
    git(repository, "symbolic-ref", "HEAD", f"refs/heads/{head}")

    assert versions(repository) == [(0, expected.encode())]


def test_heads_without_a_default_are_refused(repository: Path) -> None:
    """The refusal names them."""
    commits(repository, {"a.json": listed(1)}, branch="x")
    commits(repository, {"a.json": listed(1)}, branch="y")

    assert refusal(repository) == (
        f"{repository} has no default branch among its heads refs/heads/x, refs/heads/y: name one with --ref."
    )


@pytest.mark.parametrize(
    ("revisions", "expected"), [(["HEAD", "main"], 2), (["main"], 2), (["x"], 1), (["x", "v1"], 1), (["v1"], 0)]
)
def test_a_bundle_is_read_by_its_heads(revisions: list[str], expected: int, repository: Path) -> None:
    """With or without HEAD, a branch or only a tag."""
    commits(repository, {"a.json": listed(0)}, {"a.json": listed(1)}, {"a.json": listed(2)})
    git(repository, "branch", "x", "main~1")
    git(repository, "-c", "user.name=T", "-c", "user.email=t", "tag", "-a", "-m", "", "v1", "main~2")
    bundle = repository.parent / "-fires.bundle"
    git(repository, "bundle", "create", "--quiet", str(bundle), *revisions)

    assert is_bundle(bundle)
    assert [each.data for each in read_bundle(bundle, Sought("a.json"))][-1] == listed(expected)


def test_bundles_that_cannot_be_read_are_refused(repository: Path) -> None:
    """One that builds on commits it does not hold, one that broke off."""
    commits(repository, {"a.json": listed(0)}, {"a.json": listed(1)})
    part, torn = repository.parent / "part.bundle", repository.parent / "torn.bundle"
    git(repository, "bundle", "create", "--quiet", str(part), "main~1..main")
    git(repository, "bundle", "create", "--quiet", str(torn), "main")
    torn.write_bytes(torn.read_bytes()[:-40])

    assert refusal(part) == (
        f"git cannot read {part} (error: Repository lacks these prerequisite commits:): "
        "name a sound repository or bundle."
    )
    assert refusal(torn).startswith(f"git cannot read {torn} (")


def test_a_repository_of_sha256_and_its_bundle(tmp_path: Path) -> None:
    """Longer ids change nothing."""
    git(tmp_path, "init", "--quiet", "--bare", "--object-format=sha256", "--initial-branch=main", "long.git")
    commits(tmp_path / "long.git", {"a.json": listed(0)}, {"a.json": listed(1)})
    git(tmp_path / "long.git", "bundle", "create", "--quiet", "../long.bundle", "main")

    assert versions(tmp_path / "long.git") == [(0, listed(0)), (1, listed(1))]
    assert [each.data for each in read_bundle(tmp_path / "long.bundle", Sought("a.json"))] == [listed(0), listed(1)]


def test_a_file_that_never_was_is_refused_with_the_nearest_names(repository: Path) -> None:
    """By its name in another folder, then by likeness, then whatever there is."""
    commits(repository, {"data/Incidents.json": b"", "readme": b"", "z": b""})
    git(repository, "bundle", "create", "--quiet", "../fires.bundle", "main")
    bundle = repository.parent / "fires.bundle"
    have = f"no commit of {repository} has a file"

    assert refusal(repository, "incidents.json") == (
        f"{have} 'incidents.json': at its tip there is data/Incidents.json."
    )
    assert refusal(repository, "data/incident.json") == (
        f"{have} 'data/incident.json': at its tip there is data/Incidents.json."
    )
    assert refusal(repository, "data") == f"{have} 'data': at its tip there is data/Incidents.json."
    assert refusal(bundle, "readm") == f"no commit of {bundle} has a file 'readm': at its tip there is readme."
    assert refusal(repository, "q") == f"{have} 'q': at its tip there is data/Incidents.json, readme, z."


def test_of_very_many_files_the_first_are_compared(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A name like that of a later one is not found, and the first are shown instead."""
    commits(repository, {"a": b"1", "b": b"2", "incidents.json": b"[]"})
    assert refusal(repository, "incident.json").endswith(": at its tip there is incidents.json.")

    monkeypatch.setattr(gitread, "_COMPARED", 2)
    assert refusal(repository, "incident.json").endswith(": at its tip there is a, b, incidents.json.")


def test_what_is_no_history_is_refused(repository: Path) -> None:
    """No commits, no file named, a folder that only looks like a repository."""
    no_commits = refusal(repository)
    commits(repository, {"a.json": listed(1)})
    fake = repository.parent / "fake"
    (fake / ".git").mkdir(parents=True)

    assert no_commits == f"{repository} has no commits: name a repository with a history."
    assert (
        refusal(repository, "") == f"{repository} holds the history of many files: name the one to replay with --file."
    )
    assert refusal(fake) == (
        f"git cannot read {fake} (fatal: not a git repository: '{fake / '.git'}'): name a sound repository or bundle."
    )


def test_a_machine_without_git_is_reported(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The remedy is to install it."""
    commits(repository, {"a.json": listed(1)})
    monkeypatch.setenv("PATH", str(repository))

    assert refusal(repository) == "a git history is read with the git program, and none was found: install git."


def test_a_missing_object_is_refused_and_not_taken_for_a_removal(repository: Path) -> None:
    """A damaged repository must not pass for one in which rows vanish."""
    commits(repository, {"a.json": listed(1)}, {"a.json": listed(2)})
    blob = git(repository, "rev-parse", "main:a.json")
    for pack in list((repository / "objects" / "pack").glob("*.pack")):
        outside = shutil.move(pack, repository.parent / pack.name)
        git(repository, "unpack-objects", "-q", given=Path(outside).read_bytes())
    for index in (repository / "objects" / "pack").iterdir():
        index.unlink()
    (repository / "objects" / blob[:2] / blob[2:]).unlink()
    history, _ = open_history(repository, ReplayOptions(key=("id",), cursor="at", file="a.json"))

    with pytest.raises(Refused) as refused:
        list(history.ticks)

    assert str(refused.value) == (
        f"{repository} lacks the object {blob[:12]}: it is damaged or a partial clone; clone it again, in full."
    )


def test_replaced_objects_are_not_followed(repository: Path) -> None:
    """What was committed counts."""
    commits(repository, {"a.json": listed(1)}, {"a.json": listed(2)})
    git(
        repository,
        "replace",
        git(repository, "rev-parse", "main:a.json"),
        git(repository, "rev-parse", "main~1:a.json"),
    )

    assert git(repository, "show", "main:a.json") == listed(1).decode()
    assert versions(repository) == [(0, listed(1)), (1, listed(2))]


def test_a_long_history_takes_a_handful_of_processes(
    repository: Path, started: list[subprocess.Popen[bytes]], random: Random
) -> None:
    """Versions larger than any pipe's buffer, and more of them than are asked for ahead, pass without a deadlock."""
    bodies: list[bytes | None] = [random.randbytes(100_000) for _ in range(130)]
    commits(repository, *({"a.json": body} for body in bodies))
    started.clear()

    assert [data for _, data in versions(repository)] == bodies
    assert len(started) == 6


def test_requests_ahead_fit_in_the_smallest_pipe() -> None:
    """Otherwise git and its reader could wait for each other."""
    assert gitread._AHEAD * len(f"{'0' * 64}\n") < 4_096 + len(f"{'0' * 64}\n") * 2


def test_an_abandoned_history_leaves_nothing_behind(
    repository: Path, tmp_path: Path, started: list[subprocess.Popen[bytes]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither the unpacked bundle nor a process of git."""
    trees: list[Tree] = [{"a.json": listed(number)} for number in range(200)]
    commits(repository, *trees)
    git(repository, "bundle", "create", "--quiet", "../a.bundle", "main")
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(scratch))
    started.clear()
    options = ReplayOptions(key=("id",), cursor="at", file="a.json")
    history, _ = open_history(tmp_path / "a.bundle", options)
    unpacked = len(list(scratch.iterdir()))
    del history
    gc.collect()

    assert unpacked == 1
    assert list(scratch.iterdir()) == []
    assert [process.returncode is None for process in started] == [False] * 7


def test_a_link_is_a_version_that_cannot_be_used(repository: Path) -> None:
    """It is not followed: its bytes are the path it points to."""
    commits(repository, {"a.json": listed(1)})
    stream = f"commit refs/heads/main\ncommitter C <c> {DAY + 60} +0000\ndata 0\nfrom refs/heads/main^0\n"
    git(repository, "fast-import", "--quiet", given=f"{stream}M 120000 inline a.json\ndata 11\n/etc/passwd\n".encode())
    history, account = open_history(repository, ReplayOptions(key=("id",), cursor="at", file="a.json"))
    ticks = list(history.ticks)

    assert ticks == []
    assert account.notes == [
        Note(git(repository, "rev-parse", "main"), "is no JSON: Expecting value at line 1 column 1")
    ]


def test_a_submodule_of_that_name_is_no_version(repository: Path) -> None:
    """Its id is that of a commit elsewhere, which must not be asked for."""
    commits(repository, {"a.json": listed(1)})
    stream = f"commit refs/heads/main\ncommitter C <c> {DAY + 60} +0000\ndata 0\nfrom refs/heads/main^0\n"
    git(repository, "fast-import", "--quiet", given=f"{stream}M 160000 {'1' * 40} a.json\n".encode())

    assert versions(repository) == [(0, listed(1)), (1, None)]


@pytest.mark.parametrize(
    ("trees", "checked"),
    [
        ([b"[1]", b"[2]"], "neither of the 2"),
        ([b"[1]", b"[2]", None], "neither the first, the middle nor the newest of 3"),
        ([b"[1]", None, b"[2]", b"[1]"], "neither the first, the middle nor the newest of 4"),
        ([b"[1]", b"[2]", b"[3]", b"[2]"], "neither the first, the middle nor the newest of 4"),
    ],
)
def test_versions_that_are_all_unusable_are_refused(trees: list[bytes | None], checked: str, repository: Path) -> None:
    """Few versions, or a middle one that is the newest again, leave one version to sample."""
    commits(repository, *({"f.json": data} for data in trees))

    with pytest.raises(Refused, match=f"^{checked} snapshots of "):
        open_history(repository, ReplayOptions(key=("id",), cursor="at", file="f.json"))
