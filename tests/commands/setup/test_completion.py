"""Completion: the script for bash is read by bash and completes what is typed."""

from __future__ import annotations

import argparse
import shutil
import subprocess
from contextlib import redirect_stdout
from functools import cache
from io import StringIO
from typing import TYPE_CHECKING

import pytest

from incload import commands
from incload.cli import main

if TYPE_CHECKING:
    from pathlib import Path

ASK = """
source /dev/stdin <<'SCRIPT'
{script}
SCRIPT
COMP_WORDS=({words}) COMP_CWORD={place}
_incload
printf '%s\\n' "${{COMPREPLY[@]}}"
"""


@cache
def script(shell: str) -> str:
    """Return the script of a shell, as the command prints it."""
    said = StringIO()
    with redirect_stdout(said):
        assert main(["completion", shell]) == 0
    return said.getvalue()


def completed(*words: str, folder: Path | None = None) -> list[str]:
    """Return what bash offers for the last of some words, in a folder."""
    bash = shutil.which("bash")
    if bash is None:
        pytest.skip("there is no bash")
    asked = ASK.format(script=script("bash"), words=" ".join(f"'{word}'" for word in words), place=len(words) - 1)
    done = subprocess.run([bash, "--norc", "-c", asked], capture_output=True, text=True, check=True, cwd=folder)
    assert done.stderr == ""
    return [line for line in done.stdout.splitlines() if line]


@pytest.mark.parametrize(
    ("words", "offered"),
    [
        (["incload", "lo"], ["load"]),
        (["incload", "load", "--allow-r"], ["--allow-removals"]),
        (["incload", "load", "--write-rule", "m"], ["merge", "mirror"]),
        (["incload", "load", "x.json", "--strategy", "snap"], ["snapshot_diff"]),
        (["incload", "-v", "state", "s"], ["set", "show"]),
        (["incload", "state", "show", "--t"], ["--table"]),
        (["incload", "compare", "--scenarios", "late_a"], ["late_arrivals"]),
        (["incload", "check", "--format", "j"], ["json", "junit"]),
        (["incload", "completion", "z"], ["zsh"]),
        (["incload", "check", "--format", "=", "j"], ["json", "junit"]),
        (["incload", "check", "--format", "="], ["github", "json", "junit", "markdown", "text"]),
        (["incload", "check", "--format=j"], ["--format=json", "--format=junit"]),
        (["incload", "compare", "--scenarios", "core,late_a"], ["core,late_arrivals"]),
        (["incload", "compare", "--engines", "sqlite-d"], ["sqlite-duckdb"]),
        (["incload", "compare", "--engines", "sqlite-sqlite,duckdb-s"], ["sqlite-sqlite,duckdb-sqlite"]),
        (["incload", "explain", "snap"], ["snapshot_diff"]),
        (["incload", "explain", "snapshot_diff", "late_a"], ["late_arrivals"]),
        (["incload", "explain", "--rows", "9", "snapshot_diff", "late_a"], ["late_arrivals"]),
        (["incload", "load", "--backfill-columns", "--write-rule", "mi"], ["mirror"]),
        (["incload", "load", "--backfill-columns", "--write-r"], ["--write-rule"]),
        (["incload", "load", "--key", "state", "--write-rule", "mi"], ["mirror"]),
    ],
)
def test_bash_completes_what_is_typed(words: list[str], offered: list[str]) -> None:
    """Commands, commands inside them, options, and values that are known."""
    assert sorted(completed(*words)) == offered


@pytest.mark.parametrize(
    ("words", "offered"),
    [
        (["load", ""], ["a b.csv", "load", "notes.txt"]),
        (["load", "--config", ""], ["a b.csv", "load", "notes.txt"]),
        (["load", "x", "--target", "no"], ["notes.txt"]),
        (["audit", "--all", "--output", "a"], ["a b.csv"]),
        (["compare", "--report-dir", "lo"], ["load"]),
        (["check", ""], ["a b.csv", "load"]),
        (["check", "a b.csv", "a"], ["a b.csv"]),
        (["check", "a\\ b"], ["a b.csv"]),
        (["check", '"a b'], ["a b.csv"]),
        (["report", ""], ["a b.csv", "load"]),
        (["load", "x", "--key", ""], []),
    ],
)
def test_files_are_offered_where_a_path_stands(words: list[str], offered: list[str], tmp_path: Path) -> None:
    """One with a space stays one, a report is a CSV, and a column is no file."""
    for name in ("a b.csv", "notes.txt"):
        (tmp_path / name).touch()
    (tmp_path / "load").mkdir()

    assert sorted(completed("incload", *words, folder=tmp_path)) == offered


@pytest.mark.parametrize("name", [each for each in commands.COMMANDS if each not in {"state", "capture"}])
def test_every_option_is_offered(name: str) -> None:
    """Whatever a command's help lists."""
    parser = argparse.ArgumentParser(add_help=False)
    commands.add_options(name, parser)
    listed = [action for action in parser._actions if action.help is not argparse.SUPPRESS]
    options = {each for action in listed for each in action.option_strings if each.startswith("--")}

    assert options - {*completed("incload", name, "--")} == set()


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_script_is_one_that_its_shell_reads(shell: str) -> None:
    """Where the shell is installed."""
    program = shutil.which(shell)
    if program is None:
        pytest.skip(f"there is no {shell}")
    done = subprocess.run([program, "-n"], input=script(shell), capture_output=True, text=True, check=False)

    assert (done.returncode, done.stderr) == (0, "")


def test_fish_is_given_each_option() -> None:
    """With the values that are known."""
    said = script("fish")

    assert "complete -c incload -n '__fish_seen_subcommand_from load' -l write-rule -x -a 'append merge" in said
    assert "complete -c incload -n '__fish_seen_subcommand_from state' -a show" in said


def test_fish_offers_no_file_where_a_word_is_expected() -> None:
    """Files are offered behind the options and in the places that take a path."""
    lines = script("fish").splitlines()

    assert "complete -c incload -f" in lines
    assert "complete -c incload -n '__fish_seen_subcommand_from load' -l config -r -F" in lines
    assert "complete -c incload -n '__fish_seen_subcommand_from load' -F" in lines
    assert not [
        line
        for line in lines
        if "seen_subcommand_from explain'" in line and line.endswith(" -F") and " -l " not in line
    ]
