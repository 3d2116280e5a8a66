"""`incload advise` on the command line."""

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
def url(tmp_path: Path) -> str:
    """Return the URL of a table."""
    with closing(sqlite3.connect(tmp_path / "shop.db")) as connection:
        connection.executescript(
            "CREATE TABLE orders (id INTEGER PRIMARY KEY, at TEXT);"
            "INSERT INTO orders VALUES (1, '2026-03-01T10:00:00Z')"
        )
    return f"sqlite:///{tmp_path}/shop.db?table=orders"


def test_text_and_json(url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """People read the recommendation first; programs read at least these names."""
    page = tmp_path / "advice.json"

    assert main(["advise", url, "--key", "id", "--cursor", "at"]) == 0
    assert "with row_hash_cdc, write rule merge:" in capsys.readouterr().out.splitlines()[0]
    assert main(["advise", url, "--key", "id", "--cursor", "at", "--format", "json", "--output", str(page)]) == 0

    found = json.loads(page.read_text())
    names = {"strategy", "write_rule", "command", "because", "alternatives", "unknown", "residual_risk"}
    assert names <= found.keys()
    assert found["runner_up"]["strategy"] == "full_refresh"


def test_refused(url: str, capsys: pytest.CaptureFixture[str]) -> None:
    """A table without a named cursor is one sentence and exit code 2."""
    assert main(["advise", url, "--key", "id"]) == 2
    assert "name the cursor column with --cursor" in capsys.readouterr().err


@pytest.mark.usefixtures("url")
@pytest.mark.parametrize("command", ["advise", "profile", "replay"])
@pytest.mark.parametrize("engine", ["sqlite", "duckdb"])
def test_a_database_without_a_scheme_is_given_its_url(
    command: str, engine: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A path to a database is no history: the URL of its tables is named, as by the other commands."""
    path = tmp_path / "shop.db"
    if engine == "duckdb":
        duckdb = pytest.importorskip("duckdb")
        path = tmp_path / "shop.any"
        duckdb.connect(str(path)).close()

    assert main([command, str(path), "--key", "id", "--cursor", "at"]) == 2
    assert capsys.readouterr().err == (
        f"incload: '{path}' is a database, and holds one state of its tables: profile and advise take the URL of one, "
        f"{engine}:///{path}?table=NAME; a replay reads what incload watch records of it.\n"
    )
