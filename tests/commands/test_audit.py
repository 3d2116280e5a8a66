"""`incload audit` on the command line: exit codes, the five formats, the file."""

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
    """Return a source and a copy that has lost a row and has a stale one, whose key is text."""
    for side, rows in (("s", "('a', 'x', 1), ('=b', 'x', 2), ('c', 'x', 3)"), ("c", "('a', 'y', 1), ('c', 'x', 3)")):
        with closing(sqlite3.connect(tmp_path / f"{side}.db")) as connection:
            connection.executescript(f"CREATE TABLE t (k TEXT, v TEXT, at INTEGER); INSERT INTO t VALUES {rows}")
    return [f"sqlite:///{tmp_path}/{side}.db?table=t" for side in "sc"]


def test_text(urls: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """People read the verdict first, then the causes and samples; wrong rows are exit code 1."""
    assert main(["audit", *urls, "--key", "k", "--cursor", "at"]) == 1

    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "Wrong: 2 rows of 3 compared: 1 lost, 1 stale."
    assert "  lost   =b   late by 1" in lines
    assert "Causes are inferred from the largest cursor of the copy: 3." in lines


def test_json(urls: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """Programs read counts, causes, samples without values, and rules."""
    assert main(["audit", *urls, "--key", "k", "--cursor", "at", "--format", "json"]) == 1

    found = json.loads(capsys.readouterr().out)
    counts = {name: found[name] for name in ("lost", "stale", "phantom", "duplicated", "in_flight", "compared")}
    assert counts == {"lost": 1, "stale": 1, "phantom": 0, "duplicated": 0, "in_flight": 0, "compared": 3}
    assert found["causes"] == {"late": 1, "updated without touching the cursor": 1}
    assert [(each["kind"], each["key"], each["source"]) for each in found["samples"]] == [
        ("lost", ["=b"], None),
        ("stale", ["a"], None),
    ]
    assert found["rules"] == {}


def test_csv(urls: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """Each sample is a line, and no key is run as a formula."""
    assert main(["audit", *urls, "--key", "k", "--format", "csv"]) == 1

    assert capsys.readouterr().out == ("kind,key.k,cause,late_by,columns\nlost,'=b,unknown,,\nstale,a,unknown,,v\n")


def test_markdown_and_a_file(urls: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A page of Markdown goes into a file, and nothing is printed."""
    page = tmp_path / "page.md"

    assert main(["audit", *urls, "--key", "k", "--format", "markdown", "--output", str(page)]) == 1
    assert "Wrong: 2 rows of 3 compared: 1 lost, 1 stale." in page.read_text()
    assert "| lost" in page.read_text()
    assert capsys.readouterr().out == ""


def test_github(urls: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """A workflow gets an annotation for the verdict and one for each cause."""
    assert main(["audit", *urls, "--key", "k", "--cursor", "at", "--format", "github"]) == 1

    late = "the cursor is behind the watermark: the row became visible late, or a sync read in part"
    assert capsys.readouterr().out.splitlines() == [
        "::error title=incload audit::Wrong: 2 rows of 3 compared: 1 lost, 1 stale.",
        "::error title=updated without touching the cursor::1 row: no cursor strategy sees the change",
        f"::error title=late::1 row: {late}",
    ]


def test_equal(urls: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """Rows without a difference are exit code 0, and values can be renamed and chosen on the command line."""
    arguments = ["--key", "k", "--columns", "at", "--where", "k <> '=b'", "--rename", "v=v", "--settle", "1h"]

    assert main(["audit", *urls, *arguments]) == 0
    assert capsys.readouterr().out.startswith("Equal: 2 rows compared, none of them wrong.")


def test_refused(urls: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What cannot be compared is one sentence and exit code 2, and no file is written."""
    page = tmp_path / "page.json"

    assert main(["audit", *urls, "--key", "k", "--rename", "v", "--output", str(page)]) == 2
    assert capsys.readouterr().err == (
        "incload: --rename 'v' renames nothing: write --rename NAME=COPY, the source's name first.\n"
    )
    assert not page.exists()


def test_values_are_shown_when_asked_for(urls: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """Values of wrong rows are printed on demand alone."""
    main(["audit", *urls, "--key", "k"])
    assert "'x'" not in capsys.readouterr().out

    main(["audit", *urls, "--key", "k", "--show-values"])
    assert "v='x'" in capsys.readouterr().out
