"""`~` in a path that a user gives is the folder of the user, in every command and every function."""

from __future__ import annotations

import argparse
import json
import os
import sqlite3
import sys
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import incload
from incload import commands
from incload.api.options import user_path
from incload.cli import main
from incload.contenders.command import CommandContender
from incload.contenders.named import named
from incload.contenders.worker import WorkerContender

if TYPE_CHECKING:
    from collections.abc import Iterator

PATHS = {"account", "baseline", "config", "csv", "latest", "metrics", "output", "path", "recording", "report_dir", "to"}
"""What options and arguments that are paths are called."""
URLS_TOO = {("profile", "path"), ("advise", "path")}
"""Those that may be URLs as well, which are distinguished before `~` is replaced."""
OPTIONS = {"key": "id", "cursor": "at"}


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Enter an empty folder, and return the user's own, which holds a feed of two snapshots."""
    folder, here = tmp_path / "home", tmp_path / "here"
    (folder / "feed").mkdir(parents=True)
    here.mkdir()
    for number in (1, 2):
        rows = [{"id": key, "at": f"2026-03-01T10:0{key}:00Z"} for key in range(number)]
        (folder / "feed" / f"2026-03-01T11-0{number}.json").write_text(json.dumps(rows or [{}]), encoding="utf-8")
    monkeypatch.setenv("HOME", str(folder))
    monkeypatch.setenv("USERPROFILE", str(folder))
    monkeypatch.chdir(here)
    return folder


def actions(parser: argparse.ArgumentParser, name: str) -> Iterator[tuple[str, argparse.Action]]:
    """Yield every option and argument of a command, and those of the commands inside it."""
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for inner, each in action.choices.items():
                yield from actions(each, f"{name} {inner}")
        else:
            yield name, action


def every_action() -> Iterator[tuple[str, argparse.Action]]:
    """Yield every option and argument of every command."""
    for name in commands.COMMANDS:
        parser = argparse.ArgumentParser()
        commands.add_options(name, parser)
        yield from actions(parser, name)


def test_every_path_of_every_command_has_the_type_that_replaces_it() -> None:
    """None is a bare `Path`; what is called as paths are is one, but for numbers and what may be a URL."""
    found = {
        (name, action.dest): action.type
        for name, action in every_action()
        if action.type is Path or action.dest in PATHS or action.metavar == "FILE"
    }
    others = {place: kind for place, kind in found.items() if kind is not user_path}

    assert others == dict.fromkeys(URLS_TOO) | {("state rollback", "to"): int}
    assert len(found) > 15


@pytest.mark.parametrize(
    ("given", "end"), [("~/a/b.csv", "a/b.csv"), ("~", ""), ("a/~/b", None), ("~no-such-user/a", None), ("-", None)]
)
def test_what_a_tilde_stands_for(given: str, end: str | None, home: Path) -> None:
    """The user's folder at the beginning alone; a name where there is no such user."""
    assert user_path(given) == (Path(given) if end is None else home / end)


def test_functions_take_paths_as_commands_do(home: Path) -> None:
    """A history, the folder of its report, a report and a config, and nothing is left in a folder named `~`."""
    incload.replay("~/feed", **OPTIONS, strategies="full_refresh", windows=(), report_dir="~/out")
    incload.profile("~/feed", **OPTIONS, report_dir="~/out")
    incload.compare(
        strategies="full_refresh", scenarios="clean", engines="sqlite-sqlite", rows=100, report_dir="~/compared"
    )

    assert (home / "out" / "profile.json").is_file()
    assert len(incload.read_report("~/out/replay-filtered.csv")) == 1
    assert len(incload.read_report("~/compared/latest-filtered.csv")) == 2
    assert [*Path.cwd().iterdir()] == []


def test_advice_and_a_recording_are_found(home: Path) -> None:
    """`advise` reads a history, and `watch` writes one and its metrics."""
    with closing(sqlite3.connect(home / "shop.db")) as connection, connection:
        connection.execute("CREATE TABLE t (id INTEGER PRIMARY KEY, at TEXT)")
    incload.watch(
        "sqlite:///~/shop.db?table=t", **OPTIONS, to="~/watch.db", metrics="~/watch.prom", every="1s", duration="0s"
    )

    assert {"watch.db", "watch.prom"} <= {each.name for each in home.iterdir()}
    assert "~" not in incload.advise("~/feed", **OPTIONS).command
    assert [*Path.cwd().iterdir()] == []


def test_commands_write_where_they_are_sent(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Reports, summaries and configs, each in the user's folder."""
    golden = Path(__file__).parents[1] / "golden" / "report.csv"
    (home / "report.csv").write_bytes(golden.read_bytes())
    (home / "report.json").write_bytes(golden.with_suffix(".json").read_bytes())
    (home / "rows.json").write_text('[{"id": 1}]', encoding="utf-8")
    load = ["load", "~/rows.json", "--target", "sqlite:///~/copy.db", "--table", "t", "--key", "id"]

    assert main(["report", "~/report.csv", "--report-dir", "~/again"]) == 0
    assert main(["check", "~/report.csv", "~/report.csv"]) == 0
    assert main([*load, "--strategy", "full_refresh", "--output", "~/summary.json"]) == 0
    assert main(["init", "~/rows.json", "--target", "sqlite:///~/copy.db", "--config", "~/own.toml"]) == 0
    assert main(["load", "--all", "--config", "~no-such-user/own.toml"]) == 2
    assert capsys.readouterr().err == (
        "incload: there is no config '~no-such-user/own.toml': check the path of --config.\n"
    )
    assert {"again", "copy.db", "own.toml", "summary.json"} <= {each.name for each in home.iterdir()}
    assert [*Path.cwd().iterdir()] == []


def test_a_loader_is_found_in_the_users_folder(home: Path) -> None:
    """A program and its arguments, a callable, a description and an interpreter; no shell reads them."""
    (home / "run").write_text("#!/bin/sh\n", encoding="utf-8")
    (home / "run").chmod(0o755)
    (home / "mine.py").write_text("def sync(request):\n    pass\n", encoding="utf-8")
    (home / "mine.toml").write_text('call = "~/mine.py:sync"\n', encoding="utf-8")
    (home / "python").symlink_to(sys.executable)

    program, call, described = named(["a=~/run ~/x", "b=~/mine.py:sync", "c=~/mine.toml"], 60, "", set())
    assert isinstance(program, CommandContender)
    assert isinstance(call, WorkerContender)
    assert isinstance(described, WorkerContender)
    assert call.place == described.place == f"{home}{os.sep}mine.py:sync"
    with pytest.raises(incload.Refused, match=r"no interpreter '.*home/no'"):
        incload.compare(contenders=["b=~/mine.py:sync"], python="~/no", scenarios="clean", engines="sqlite-sqlite")
