"""Where the history of a file begins in a git repository: at which branch or tag, behind which rename, how deep.

What is left out of a history is said, with the option that takes it in.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, Protocol

from incload.errors import Refused, unknown

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_REFS_ASKED = 500
"""How many branches and tags are asked whether they have a file that the default branch does not have."""


class Commit(NamedTuple):
    """One commit that touched the file.

    Attributes:
        id: The commit's id.
        at: The committer's time in seconds since 1970-01-01 UTC.
        blob: The id of the blob that the file is there, or None where there is no such file.
        name: What the file was named there.
    """

    id: str
    at: int
    blob: str | None
    name: str


class Git(Protocol):
    """A repository that git is asked about."""

    @property
    def named(self) -> Path:
        """How the user has named it."""

    def run(self, *arguments: str, given: bytes = b"", none: bytes | None = None, tolerant: bool = False) -> bytes:
        """Run a command of git and return what it says."""


def tip_of(git: Git, heads: Mapping[str, str], ref: str) -> str:
    """Return the commit of a branch, a tag or a commit id; without a name, that of the default branch.

    The default is HEAD, else main, else master, else the only head.
    """
    if ref:
        return _named(git, heads, ref)
    if not heads:
        raise Refused(f"{git.named} has no commits: name a repository with a history.")
    for name in ("HEAD", "refs/heads/main", "refs/heads/master"):
        if name in heads:
            return heads[name]
    branches = [name for name in heads if name.startswith("refs/heads/")] or list(heads)
    if len(branches) > 1:
        named = ", ".join(sorted(branches))
        raise Refused(f"{git.named} has no default branch among its heads {named}: name one with --ref.")
    return heads[branches[0]]


def _named(git: Git, heads: Mapping[str, str], ref: str) -> str:
    """Return the commit that a name stands for: also a branch of `origin`, and a head that only a bundle lists."""
    for name in (ref, f"refs/heads/{ref}", f"refs/tags/{ref}", f"refs/remotes/origin/{ref}"):
        if name in heads:
            return heads[name]
    found = git.run(
        "rev-parse", "--verify", "--quiet", "--end-of-options", f"{ref}^{{commit}}", none=b"", tolerant=True
    )
    if found:
        return found.decode().strip()
    raise unknown("branch, tag or commit", ref, {short(name) for name in heads})


def short(name: str) -> str:
    """Return a branch or tag as people name it."""
    for prefix in ("refs/heads/", "refs/tags/", "refs/remotes/origin/", "refs/remotes/"):
        if name.startswith(prefix):
            return name.removeprefix(prefix)
    return name


def refs_with(git: Git, heads: Mapping[str, str], file: str) -> list[str]:
    """Return the branches and tags at whose tip there is a file."""
    names = [name for name in dict.fromkeys(heads) if name != "HEAD"][:_REFS_ASKED]
    if "\n" in file or not names:
        return []
    asked = "".join(f"{heads[name]}:{file}\n" for name in names)
    answers = git.run("cat-file", "--batch-check", given=os.fsencode(asked)).split(b"\n")
    return [short(name) for name, answer in zip(names, answers, strict=False) if answer.split(b" ")[1:2] == [b"blob"]]


def renamed_from(git: Git, commit: str, name: str, *, needed: bool) -> str:
    """Return the name that a file had before a commit brought it under this one; empty where it was new.

    Where it is not needed, a clone that lacks the objects for it is no reason to stop.
    """
    flags = ("--root", "-r", "-M", "-m", "-z", "--no-commit-id", "--name-status", "--diff-filter=R")
    output = git.run("diff-tree", *flags, commit, none=None if needed else b"", tolerant=True)
    fields = iter(os.fsdecode(output).split("\0"))
    return next((old for _, old, new in zip(fields, fields, fields, strict=False) if new == name), "")


def with_older(
    git: Git,
    commits: list[Commit],
    *,
    follow: bool,
    list_commits: Callable[[str, str], list[Commit]],
    hint: Callable[[str], None],
) -> list[Commit]:
    """Return the commits of a file with those from before its renames, or say how many are left out."""
    while commits and commits[0].blob:
        first, name = commits[0], commits[0].name
        old = renamed_from(git, first.id, name, needed=follow)
        older = list_commits(f"{first.id}^1", old) if old else []
        if not older:
            break
        versions = "1 version" if len(older) == 1 else f"{len(older):,} versions"
        if not follow:
            hint(
                f"Before commit {first.id[:12]} the file was {old}: its {versions} up to there "
                f"{'is' if len(older) == 1 else 'are'} not in this history; --follow takes them in."
            )
            break
        hint(f"Before commit {first.id[:12]} the file was {old}: its {versions} up to there were followed.")
        commits = older + commits
    if commits and commits[0].id in _boundaries(git):
        hint(
            f"{git.named} is a shallow clone that begins with the first version read, commit {commits[0].id[:12]}: "
            f"older versions are not here; git -C {git.named} fetch --unshallow brings them."
        )
    return commits


def _boundaries(git: Git) -> frozenset[str]:
    """Return the commits at which a shallow clone is cut off; none for a whole repository."""
    path = Path(os.fsdecode(git.run("rev-parse", "--git-path", "shallow")).rstrip("\n"))
    return frozenset(path.read_text(encoding="ascii").split()) if path.is_file() else frozenset()
