"""The versions of one file in a git repository or bundle, oldest first, with their commit times.

Read is the first-parent history of one branch (incload.history.recorded.git_refs). The repository is not trusted: only
plumbing commands run, with options to leave hooks, filters, attributes, replacements, pagers, remotes and the
user's own settings alone; no file is ever checked out. A handful of processes serve a history of any length: one lists
the commits that touch the file, one the blobs they left, and one hands over the blobs through a pipe.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections import deque
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from difflib import get_close_matches
from itertools import islice
from pathlib import Path
from typing import IO, TYPE_CHECKING

from incload.errors import Refused
from incload.history.recorded.folder import Snapshot
from incload.history.recorded.git_refs import Commit, refs_with, tip_of, with_older

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

_AHEAD = 64
"""Requests that may wait in the pipe to git. They fit in the smallest pipe buffer there is, so that writing one never
blocks, whatever git is doing with its own output."""

_COMPARED = 5_000
"""How many file names at the tip are compared with one that was not found."""

_SETTINGS = (
    "--no-pager",
    "--no-replace-objects",
    *("-c", "core.hooksPath=/dev/null"),
    *("-c", "core.fsmonitor=false"),
    *("-c", "safe.directory=*"),
)
_ENVIRONMENT = {
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_ATTR_NOSYSTEM": "1",
    "GIT_GRAFT_FILE": os.devnull,
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_TERMINAL_PROMPT": "0",
    # Objects that a partial clone lacks must not be fetched: a remote can name any command.
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_ALLOW_PROTOCOL": "none",
    "LC_ALL": "C",
}
_BUNDLE = (b"# v2 git bundle\n", b"# v3 git bundle\n")


@dataclass(frozen=True, slots=True)
class Git:
    """The git program, pointed at one repository.

    Attributes:
        folder: The git folder.
        named: What the user called the repository, for refusals.
        program: Where git is.
    """

    folder: Path
    named: Path
    program: str

    @classmethod
    def at(cls, folder: Path, named: Path) -> Git:
        """Return git pointed at a folder; refuse a machine without the program."""
        program = shutil.which("git")
        if program is None:
            raise Refused("a git history is read with the git program, and none was found: install git.")
        return cls(folder.absolute(), named, program)

    def command(self, *arguments: str) -> list[str]:
        """Return the command line of a git command."""
        return [self.program, *_SETTINGS, f"--git-dir={self.folder}", *arguments]

    def run(self, *arguments: str, given: bytes = b"", none: bytes | None = None, tolerant: bool = False) -> bytes:
        """Return what a command prints; where `none` is given, exit code 1 stands for it, or any if tolerant."""
        done = subprocess.run(  # noqa: S603 - the program is git, and no argument of it is taken for an option
            self.command(*arguments), input=given, capture_output=True, check=False, env=_environment()
        )
        if none is not None and (done.returncode == 1 or (tolerant and done.returncode)):
            return none
        if done.returncode:
            raise _failed(self.named, done.stderr)
        return done.stdout


def is_bundle(path: Path) -> bool:
    """Whether a file is a git bundle."""
    with path.open("rb") as file:
        return file.read(len(_BUNDLE[0])) in _BUNDLE


def repository_at(path: Path) -> Path | None:
    """Return the git folder of a repository, bare or not; None when the path is none."""
    if (path / ".git").exists():
        return path / ".git"
    bare = (path / "HEAD").is_file() and (path / "objects").is_dir() and (path / "refs").is_dir()
    return path if bare else None


@dataclass(frozen=True, slots=True)
class Sought:
    """Which versions of which file are read.

    Attributes:
        file: The file's path inside the repository, taken literally.
        ref: The branch, tag or commit whose history it is; empty for the default branch.
        follow: Whether versions from before a rename are read as well.
        hint: Called, with a sentence each, for what is left out and how to take it in.
        sample: Whether the middle and the newest version alone are read.
    """

    file: str
    ref: str = ""
    follow: bool = False
    hint: Callable[[str], None] = lambda _: None
    sample: bool = False


def read_repository(path: Path, sought: Sought) -> Iterator[Snapshot]:
    """Yield the versions of a file in a repository (see `repository_at`); refuse what is not there."""
    git = Git.at(repository_at(path) or path, path)
    heads = _heads(git.run("show-ref", "--head", none=b""))
    default = {name: commit for name, commit in heads.items() if name == "HEAD" or name.startswith("refs/heads/")}
    yield from _snapshots(git, tip_of(git, heads if sought.ref else default, sought.ref), heads, sought)


def read_bundle(path: Path, sought: Sought) -> Iterator[Snapshot]:
    """Yield the versions of a file in a bundle, unpacked into a folder that lasts as long as the iterator."""
    with tempfile.TemporaryDirectory(prefix="incload-") as scratch:
        git = Git.at(Path(scratch), path)
        git.run("init", "--quiet", "--bare", "--template=", *_object_format(path), scratch)
        heads = _heads(git.run("bundle", "unbundle", str(path.absolute())))
        yield from _snapshots(git, tip_of(git, heads, sought.ref), heads, sought)


def _snapshots(git: Git, tip: str, heads: Mapping[str, str], sought: Sought) -> Iterator[Snapshot]:
    """Yield every version of the file; one with the blob of the version before comes without its bytes."""
    commits = _commits(git, tip, sought.file.removeprefix("./"))
    if not any(commit.blob for commit in commits):
        raise _never(git, tip, heads, sought.file)
    commits = with_older(
        git,
        commits,
        follow=sought.follow,
        list_commits=lambda before, name: _commits(git, before, name),
        hint=sought.hint,
    )
    present = [commit for commit in commits if commit.blob]
    if sought.sample:
        commits = present = _middle_and_newest(present)
    wanted = [commit for before, commit in zip([None, *present], present, strict=False) if not _same(before, commit)]
    with _blobs(git, [commit.blob or "" for commit in wanted]) as blobs:
        again = {commit.id for commit in wanted}
        for number, commit in enumerate(commits, start=1):
            data = next(blobs) if commit.id in again else None
            yield Snapshot(commit.id, commit.at * 1_000_000, commit.blob, data, number, len(commits), name=commit.name)


def _middle_and_newest(present: list[Commit]) -> list[Commit]:
    """Return the two versions to sample; one where both hold the same bytes, as with one or two versions."""
    middle, newest = present[len(present) // 2], present[-1]
    return [newest] if _same(middle, newest) else [middle, newest]


def _same(before: Commit | None, commit: Commit) -> bool:
    return before is not None and before.blob == commit.blob


def _commits(git: Git, tip: str, name: str) -> list[Commit]:
    """Return the commits of the first-parent history that touch a file, oldest first."""
    only = ("--", f":(top,literal){name}")
    listed = git.run("rev-list", "--first-parent", "--reverse", "--timestamp", tip, *only).split()
    times = dict(zip(listed[1::2], map(int, listed[::2]), strict=True))
    changes = git.run(
        *("diff-tree", "--stdin", "--raw", "-r", "-m", "-z", "--root", "--no-renames", "--no-abbrev", *only),
        given=b"".join(commit + b"\n" for commit in times),
    )
    blobs = _blobs_left(changes, os.fsencode(name))
    return [Commit(commit.decode(), at, blobs.get(commit), name) for commit, at in times.items()]


def _blobs_left(changes: bytes, name: bytes) -> dict[bytes, str]:
    """Return the blob of a file after each commit of a raw diff; commits that left none are not in it."""
    left: dict[bytes, str] = {}
    commit = b""
    fields = iter(changes.split(b"\0"))
    for text in fields:
        if not text.startswith(b":"):
            commit = text
        elif next(fields) == name:
            _, mode, _, blob, _ = text.split(b" ")
            if mode.startswith(b"1") and mode != b"160000":
                left[commit] = blob.decode()
    return left


@contextmanager
def _blobs(git: Git, names: Sequence[str]) -> Iterator[Iterator[bytes]]:
    """Hand over an iterator of the bytes of blobs, read from one process that ends with the block."""
    process = subprocess.Popen(  # noqa: S603 - as above
        git.command("cat-file", "--batch"),
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=_environment(),
    )  # fmt: skip
    try:
        yield _asked(process, names, git.named)
    finally:
        process.kill()
        process.communicate()


def _asked(process: subprocess.Popen[bytes], names: Iterable[str], named: Path) -> Iterator[bytes]:
    """Ask for blobs a few ahead of the one that is read, so that git unpacks while the caller thinks."""
    assert process.stdin is not None  # noqa: S101 - it was started with pipes
    assert process.stdout is not None  # noqa: S101
    coming = iter(names)
    waiting: deque[str] = deque()
    while True:
        more = list(islice(coming, _AHEAD - len(waiting)))
        waiting.extend(more)
        if not waiting:
            return
        # A git that has ended is recognized by its missing answer.
        with suppress(BrokenPipeError):
            process.stdin.write("".join(f"{name}\n" for name in more).encode())
            process.stdin.flush()
        yield _answer(process.stdout, waiting.popleft(), named)


def _answer(stdout: IO[bytes], name: str, named: Path) -> bytes:
    """Return the bytes of the blob that git hands over next; refuse a repository that does not have them."""
    header = stdout.readline().split()
    if len(header) == 3 and header[1] == b"blob":
        size = int(header[2])
        data = stdout.read(size + 1)
        if len(data) == size + 1:
            return data[:-1]
    raise Refused(f"{named} lacks the object {name[:12]}: it is damaged or a partial clone; clone it again, in full.")


def _heads(listing: bytes) -> dict[str, str]:
    """Return the commit id of each head in lines of `<id> <name>`."""
    lines = (line.split(" ", 1) for line in listing.decode(errors="replace").splitlines())
    return {name: commit for commit, name in lines}


def _never(git: Git, tip: str, heads: Mapping[str, str], file: str) -> Refused:
    """Build the refusal of a file that no commit has: who else has it, or the files that are named most like it."""
    elsewhere = refs_with(git, heads, file.removeprefix("./"))
    if elsewhere:
        return Refused(
            f"no commit of {git.named} on the branch that is read has a file {file!r}, and "
            f"{', '.join(elsewhere[:3])} {'has' if len(elsewhere) == 1 else 'have'}: name it with --ref {elsewhere[0]}."
        )
    names = git.run("ls-tree", "-r", "-z", "--name-only", "--full-tree", tip).decode(errors="replace").split("\0")[:-1]
    near = [name for name in names if name.startswith(f"{file}/") or _base(name) == _base(file)]
    near = near or get_close_matches(file, names[:_COMPARED], n=3, cutoff=0.5) or names
    shown = ", ".join(near[:3]) or "no file at all"
    return Refused(f"no commit of {git.named} has a file {file!r}: at its tip there is {shown}.")


def _base(name: str) -> str:
    return name.rpartition("/")[2].casefold()


def _object_format(path: Path) -> tuple[str, ...]:
    with path.open("rb") as bundle:
        header = list(islice(bundle, 3))
    return ("--object-format=sha256",) if b"@object-format=sha256\n" in header else ()


def _environment() -> dict[str, str]:
    """Return this process's environment with git's own variables replaced by harmless ones."""
    return {name: value for name, value in os.environ.items() if not name.startswith("GIT_")} | _ENVIRONMENT


def _failed(named: Path, said: bytes) -> Refused:
    lines = said.decode(errors="replace").strip().splitlines() or ["it gave no reason"]
    reason = next((line for line in lines if line.startswith(("fatal:", "error:"))), lines[0])
    return Refused(f"git cannot read {named} ({reason.strip()}): name a sound repository or bundle.")
