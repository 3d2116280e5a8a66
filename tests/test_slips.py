"""Slips of the hand: an unknown command or option, a path in the place of a URL, `~` that no shell has seen."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING, Any

import duckdb
import pytest

from incload.cli import main
from incload.engines.endpoints import Location, locate

if TYPE_CHECKING:
    from pathlib import Path

Output = pytest.CaptureFixture[str]
LOAD = ["--table", "t", "--key", "id", "--strategy", "full_refresh"]


@pytest.mark.parametrize(
    ("command", "sentence"),
    [
        (["laod", "x.json"], "unknown command 'laod': did you mean load?"),
        (["load", "x.json", "--tabel", "t"], "unknown option of incload load '--tabel': did you mean --table?"),
        (["load", "x.json", "--tabel=t"], "unknown option of incload load '--tabel': did you mean --table?"),
        (
            ["-v", "compare", "--senarios", "x"],
            "unknown option of incload compare '--senarios': did you mean --scenarios?",
        ),
        (["state", "show", "--tabel", "x"], "unknown option of incload state show '--tabel': did you mean --table?"),
        (["state", "shw", "--all"], "unknown command of incload state 'shw': did you mean show?"),
        (["capture", "instal"], "unknown command of incload capture 'instal': did you mean install?"),
        (["list", "--zzz"], "unknown option of incload list '--zzz': `incload list --help` lists them."),
    ],
)
def test_what_was_meant_is_said(command: list[str], sentence: str, capsys: Output) -> None:
    """In one sentence, whatever else is missing, with exit code 2."""
    assert main(command) == 2
    assert capsys.readouterr().err == f"incload: {sentence}\n"


@pytest.mark.parametrize(
    ("command", "meant"), [(["completion", "bsh"], "bash"), (["check", "--format", "jnit"], "junit")]
)
def test_a_value_that_was_meant_is_said(command: list[str], meant: str, capsys: Output) -> None:
    """Behind those that there are, with exit code 2."""
    with pytest.raises(SystemExit, match="2"):
        main(command)

    assert capsys.readouterr().err.endswith(f"; did you mean {meant}?\n")


@pytest.mark.parametrize("form", [["--format", "json"], ["--format=json"], ["--form=json"]])
@pytest.mark.parametrize("command", [["list"], ["laod"], ["load", "x"], ["audit", "no.json", "sqlite:///c.db?table=t"]])
def test_whoever_asks_for_json_gets_an_object(command: list[str], form: list[str], capsys: Output) -> None:
    """A refusal, and options that the parser does not understand, are a sentence on either stream."""
    try:
        code = main([*command, *form, *(["--rows", "3"] if command == ["list"] else [])])
    except SystemExit as misused:
        code = misused.code
    said = capsys.readouterr()
    found = json.loads(said.out)

    assert (code, found["exit_code"]) == (2, 2)
    assert said.err.endswith(f"{found['error']}\n")


@pytest.mark.parametrize("command", [["load", "x", "--stra", "y"], ["load", "x", "--", "--tabel"]])
def test_what_the_parser_takes_is_no_slip(command: list[str]) -> None:
    """An option may be cut short, and what stands behind two dashes is none."""
    with pytest.raises(SystemExit, match="2"):
        main(command)


@pytest.mark.parametrize(("engine", "name"), [("sqlite", "a b.db"), ("duckdb", "shop.dat"), ("sqlite", "orders.txt")])
def test_a_bare_path_of_a_database_is_answered_with_its_url(
    engine: str, name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Output
) -> None:
    """By what the file holds, as source and as target."""
    monkeypatch.chdir(tmp_path)
    with closing(sqlite3.connect(name) if engine == "sqlite" else duckdb.connect(name)) as connection:
        connection.execute("CREATE TABLE t (id INTEGER)")
    url = f"{engine}:///{name.replace(' ', '%20')}"

    assert main(["load", name, "--target", "sqlite:///copy.db", *LOAD]) == 2
    assert main(["load", "sqlite:///shop.db", "--target", name, *LOAD]) == 2
    assert capsys.readouterr().err == f"incload: {name!r} is a database: write its URL, {url}.\n" * 2


@pytest.mark.parametrize(
    ("name", "engine"), [("new.db", "sqlite"), ("new.sqlite3", "sqlite"), ("new.duckdb", "duckdb")]
)
def test_a_database_that_is_not_there_is_known_by_its_name(name: str, engine: str, capsys: Output) -> None:
    """As a target that is to be created."""
    assert main(["load", "rows.json", "--target", name, *LOAD]) == 2
    assert capsys.readouterr().err == f"incload: {name!r} is a database: write its URL, {engine}:///{name}.\n"


def test_a_tilde_is_the_users_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In a path and in a URL, and not where there is no such user."""
    monkeypatch.setenv("HOME", str(tmp_path))
    found = [locate(each) for each in ("~/a.json", "sqlite:///~/b.db", "duckdb:///~no-such-user/c.db")]

    assert [each.path for each in found if isinstance(each, Location)][:2] == [tmp_path / "a.json", tmp_path / "b.db"]
    assert isinstance(found[2], Location)
    assert str(found[2].path) == "~no-such-user/c.db"


def _furnish(folder: Path) -> None:
    """Make what the commands read."""
    (folder / "rows.json").write_text('[{"id": 1, "at": 5}]', encoding="utf-8")
    (folder / "feed").mkdir()
    for day, rows in (("01", '[{"id": 1, "at": 5}]'), ("02", '[{"id": 1, "at": 6}]')):
        (folder / "feed" / f"2026-03-{day}.json").write_text(rows, encoding="utf-8")
    with closing(sqlite3.connect("shop.db")) as connection, connection:
        connection.execute("CREATE TABLE t (id INTEGER PRIMARY KEY, at INTEGER)")
        connection.execute("INSERT INTO t VALUES (1, 5)")


def _commands() -> dict[str, list[str]]:
    """Return every command that prints something, with arguments that suit what was made and what ran before."""
    target, small = "sqlite:///copy.db", ["--rows", "100", "--engines", "sqlite-sqlite"]
    cursor = ["--key", "id", "--cursor", "at"]
    return {
        "load": ["rows.json", "--target", target, "--table", "t", *cursor, "--strategy", "timestamp_watermark"],
        "state show": [target],
        "state set": [target, "--table", "t", "--watermark", "4"],
        "state rollback": [target, "--table", "t", "--to", "1"],
        "state reset": [target, "--table", "t", "--dry-run"],
        "audit": ["rows.json", f"{target}?table=t", "--key", "id"],
        "init": ["rows.json", "--target", target],
        "capture install": ["sqlite:///shop.db", "--table", "t"],
        "capture list": ["sqlite:///shop.db"],
        "capture trim": ["sqlite:///shop.db", "--table", "t", "--until"],
        "capture remove": ["sqlite:///shop.db", "--table", "t"],
        "list": [],
        "list --assumptions": [],
        "explain": ["full_refresh", "clean", *small],
        "compare": ["--strategies", "full_refresh", "--scenarios", "clean", *small, "--workers", "1"],
        "check": ["reports/latest-filtered.csv", "reports/latest-filtered.csv"],
        "report": ["reports/latest-filtered.csv"],
        "profile": ["feed", *cursor],
        "replay": ["feed", *cursor, "--strategies", "full_refresh", "--engines", "sqlite"],
    }


def test_commands_print_json(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Output) -> None:
    """Each that prints something has `--format json`, and prints one document."""
    monkeypatch.chdir(tmp_path)
    _furnish(tmp_path)
    found: dict[str, tuple[int, Any]] = {}
    for command, arguments in _commands().items():
        more = [str(found["capture list"][1][0]["position"])] if arguments[-1:] == ["--until"] else []
        code = main([*command.split(), *arguments, *more, "--format", "json"])
        said = capsys.readouterr().out
        found[command] = (code, json.loads(said))

    assert {command: code for command, (code, _) in found.items() if code} == {}
    assert found["state show"][1][0]["watermark"] == 5
    assert found["state set"][1]["after"]["watermark"] == 4
    assert found["capture list"][1][0]["table"] == "t"
    assert found["compare"][1]["outcomes"][1]["outcome"] == "sound"
    assert found["list"][1]["engines"].keys() >= {"sqlite", "duckdb", "postgres"}
    assert found["replay"][1]["rows"][0]["strategy"] == "full_refresh"
