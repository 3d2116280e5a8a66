"""`incload repair` on the command line: the sentence, the account, exit codes."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from incload.cli import main

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def urls(tmp_path: Path) -> list[str]:
    """Return a source and a copy with a lost row, a stale one and a phantom, whose key is text."""
    for side, rows in (("s", "('a', 'x', 1), ('=b', 'x', 2)"), ("c", "('a', 'y', 1), ('p', 'x', 3)")):
        with closing(sqlite3.connect(tmp_path / f"{side}.db")) as connection:
            connection.executescript(f"CREATE TABLE t (k TEXT, v TEXT, at INTEGER); INSERT INTO t VALUES {rows}")
    return [f"sqlite:///{tmp_path}/{side}.db?table=t" for side in "sc"]


@pytest.mark.parametrize("command", [["repair"], ["audit", "--repair"]], ids=["repair", "audit"])
def test_a_repair(command: list[str], urls: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What was done is one sentence, the audit that followed stands below it, and the account is a CSV file."""
    account = tmp_path / "account.csv"

    assert main([*command, *urls, "--key", "k", "--account", str(account)]) == 0

    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "Repaired: 1 inserted, 1 updated, 1 removed."
    assert lines[2] == "Equal: 2 rows compared, none of them wrong."
    assert account.read_text() == (
        "done,action,kind,key.k,cause,rows_removed\n"
        "yes,updated,stale,a,unknown,0\n"
        "yes,removed,phantom,p,hard delete,1\n"
        "yes,inserted,lost,'=b,unknown,0\n"
    )


def test_a_dry_run(urls: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The account says that nothing was done, and the page is that of the audit before."""
    account = tmp_path / "account.csv"

    assert main(["repair", *urls, "--key", "k", "--dry-run", "--account", str(account)]) == 0

    out = capsys.readouterr().out
    assert out.startswith(
        "Dry run: 1 would be inserted, 1 would be updated, 1 would be removed; nothing was changed.\n\nWrong: 3 rows"
    )
    assert account.read_text().splitlines()[1].startswith("no,updated")
    assert main(["audit", *urls, "--key", "k"]) == 1


def test_json(urls: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """Programs read what was done, and both audits."""
    assert main(["repair", *urls, "--key", "k", "--format", "json"]) == 0

    found = json.loads(capsys.readouterr().out)
    assert {name: found[name] for name in ("inserted", "updated", "removed", "held_back", "dry_run")} == {
        "inserted": 1,
        "updated": 1,
        "removed": 1,
        "held_back": 0,
        "dry_run": False,
    }
    assert (found["before"]["wrong"], found["after"]["wrong"]) == (3, 0)


def test_held_back(urls: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Too many removals are exit code 3, with the switch that lets them pass."""
    with closing(sqlite3.connect(tmp_path / "c.db")) as connection, connection:
        connection.executemany("INSERT INTO t VALUES (?, 'x', 1)", [(f"p{number}",) for number in range(20)])

    assert main(["repair", *urls, "--key", "k"]) == 3

    assert capsys.readouterr().out.startswith(
        "Repaired: 1 inserted, 1 updated; the removal of 21 rows held back, which --allow-removals lets pass.\n"
    )


def test_options_of_a_repair_need_one(urls: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """An audit takes no option of a repair without --repair."""
    assert main(["audit", *urls, "--key", "k", "--allow-removals"]) == 2

    assert capsys.readouterr().err == (
        "incload: --allow-removals is about a repair, and this is an audit: add --repair.\n"
    )


def test_an_account_that_cannot_be_written_stops_the_repair(
    urls: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """It is refused before anything is written."""
    assert main(["repair", *urls, "--key", "k", "--account", str(tmp_path / "none" / "a.csv")]) == 2
    assert "--account" in capsys.readouterr().err
    assert main(["audit", *urls, "--key", "k"]) == 1
