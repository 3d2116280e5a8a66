"""A repository that tries to run its own commands when it is read, and settings around us that try to interfere."""

from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING

import pytest

from incload.errors import Refused
from incload.history.recorded.git import Sought, read_bundle, read_repository

if TYPE_CHECKING:
    from pathlib import Path

HOOKS = ("post-checkout", "post-index-change", "pre-auto-gc", "reference-transaction", "update", "post-rewrite")
ATTRIBUTES = "* filter=evil diff=evil merge=evil\n"
BODIES = [b'[{"id":1}]', b'[{"id":2}]']


def git(folder: Path, *arguments: str) -> None:
    """Run git in a folder as its careless owner would, whatever comes of it."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    who = ("-c", "user.name=A", "-c", "user.email=a", "-c", "commit.gpgSign=false")
    subprocess.run(
        ["git", *who, "-C", str(folder), *arguments],  # noqa: S607 - whichever git there is
        capture_output=True, check=False, stdin=subprocess.DEVNULL, env=environment | {"GIT_CONFIG_GLOBAL": os.devnull},
    )  # fmt: skip


@pytest.fixture
def marker(tmp_path: Path) -> Path:
    """Return the file that every planted command creates."""
    return tmp_path / "marker"


@pytest.fixture
def evil(tmp_path: Path, marker: Path) -> Path:
    """Return a program that leaves the marker, and then does what a filter would."""
    program = tmp_path / "evil"
    program.write_text(f"#!/bin/sh\n: > '{marker}'\ncat\n", encoding="utf-8")
    program.chmod(0o755)
    return program


@pytest.fixture
def repository(tmp_path: Path, evil: Path) -> Path:
    """Return a repository with two versions of a file and a command of its own wherever git looks for one."""
    folder = tmp_path / "work"
    folder.mkdir()
    git(folder, "init", "--quiet", "--initial-branch=main")
    for body in BODIES:
        (folder / "a.json").write_bytes(body)
        (folder / ".gitattributes").write_text(ATTRIBUTES, encoding="utf-8")
        git(folder, "add", ".")
        git(folder, "commit", "--quiet", "--message=x")
    (folder / ".git" / "info").mkdir(exist_ok=True)
    (folder / ".git" / "info" / "attributes").write_text(ATTRIBUTES, encoding="utf-8")
    for hook in HOOKS:
        (folder / ".git" / "hooks" / hook).parent.mkdir(exist_ok=True)
        (folder / ".git" / "hooks" / hook).symlink_to(evil)
    for name in (
        *("core.fsmonitor", "core.pager", "core.sshCommand", "core.editor", "core.askPass", "core.gitProxy"),
        *("pager.rev-list", "pager.show-ref", "pager.cat-file", "pager.diff-tree", "pager.log"),
        *("filter.evil.smudge", "filter.evil.clean", "diff.external"),
        *("diff.evil.textconv", "diff.evil.command", "merge.evil.driver", "gpg.program", "credential.helper"),
    ):
        git(folder, "config", name, str(evil))
    for name in ("rev-list", "show-ref", "cat-file", "diff-tree", "ls-tree"):
        git(folder, "config", f"alias.{name}", f"!{evil}")
    git(folder, "config", "log.showSignature", "true")
    return folder


def bodies(folder: Path) -> list[bytes | None]:
    """Return the bytes of every version of the file."""
    return [each.data for each in read_repository(folder, Sought("a.json"))]


@pytest.mark.parametrize(
    "arguments",
    [("status",), ("log", "-p", "--textconv"), ("checkout", "main~1"), ("diff", "main~1"), ("commit", "-a")],
)
def test_ordinary_commands_do_run_what_is_planted(arguments: tuple[str, ...], repository: Path, marker: Path) -> None:
    """The trap works: without care the marker appears."""
    marker.unlink(missing_ok=True)
    (repository / "a.json").write_bytes(b"[]")
    git(repository, *arguments)

    assert marker.exists()


def test_reading_a_hostile_repository_runs_nothing(repository: Path, marker: Path) -> None:
    """No hook, filter, text conversion, pager, alias or monitor, and the bytes are those that were committed."""
    marker.unlink(missing_ok=True)
    found = bodies(repository)
    with pytest.raises(Refused, match="has a file"):
        list(read_repository(repository, Sought("b.json")))

    assert found == BODIES
    assert not marker.exists()


def test_reading_a_hostile_bundle_runs_nothing(
    repository: Path, marker: Path, evil: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nor do templates or hooks that the environment names."""
    git(repository, "bundle", "create", "--quiet", "../a.bundle", "main")
    template = repository.parent / "template" / "hooks"
    template.mkdir(parents=True)
    (template / "reference-transaction").symlink_to(evil)
    monkeypatch.setenv("GIT_TEMPLATE_DIR", str(template.parent))
    marker.unlink(missing_ok=True)

    assert [each.data for each in read_bundle(repository.parent / "a.bundle", Sought("a.json"))] == BODIES
    assert not marker.exists()


def test_a_partial_clone_is_refused_and_not_completed(repository: Path, marker: Path, tmp_path: Path) -> None:
    """Fetching what is missing would run whatever command the remote names."""
    git(repository, "config", "uploadpack.allowFilter", "true")
    partial = tmp_path / "partial.git"
    git(tmp_path, "clone", "--quiet", "--bare", "--filter=blob:none", f"file://{repository}", str(partial))
    git(partial, "config", "remote.origin.url", f"ext::touch {marker}")
    git(partial, "config", "protocol.ext.allow", "always")
    marker.unlink(missing_ok=True)
    with pytest.raises(Refused, match="partial clone; clone it again, in full"):
        list(read_repository(partial, Sought("a.json")))

    assert not marker.exists()

    git(partial, "cat-file", "-p", "main:a.json")

    assert marker.exists()


def test_the_environment_does_not_lead_elsewhere(
    repository: Path, marker: Path, evil: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Variables of git that happen to be set, as inside a hook, are left out."""
    for name, value in {
        "GIT_DIR": "/nowhere",
        "GIT_OBJECT_DIRECTORY": "/nowhere",
        "GIT_LITERAL_PATHSPECS": "1",
        "GIT_EXTERNAL_DIFF": str(evil),
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": "core.bare",
        "GIT_CONFIG_VALUE_0": "nonsense",
    }.items():
        monkeypatch.setenv(name, value)
    marker.unlink(missing_ok=True)

    assert bodies(repository) == BODIES
    assert not marker.exists()


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root can give files away")
def test_a_repository_of_another_user_is_read(repository: Path) -> None:
    """Git refuses to act in a foreign value's repository for fear of its commands; none of them run here."""
    for path in [repository, *repository.rglob("*")]:
        os.chown(path, 65534, 65534, follow_symlinks=False)

    assert bodies(repository) == BODIES
