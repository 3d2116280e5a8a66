"""The load and state commands of the README and of docs/loading.md, run as they stand on files made for them."""

from __future__ import annotations

import json
import re
import shlex
import sqlite3
from pathlib import Path

import duckdb
import pytest

from incload.cli import main

ROOT = Path(__file__).parents[2]
COMMAND = re.compile(r"^(incload (?:init|load|state) (?:.*\\\n)*.*)$", re.MULTILINE)
EVENTS = [
    {"id": 1, "modified_at": "2026-03-01T10:00:00Z"},
    {"id": 2, "modified_at": "2026-03-01T10:05:00Z"},
]


def commands(page: str, moment: str) -> list[list[str]]:
    """Return the words of each command of a page that the files of this test can serve, in their order."""
    found = (
        shlex.split(line.replace("\\\n", " "), comments=True)[1:]
        for line in COMMAND.findall((ROOT / page).read_text(encoding="utf-8"))
    )
    return [words for words in found if ("--cursor-unit" in words) == (moment == "integer") or "duckdb" in words[1]]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Enter a folder with the sources that the pages name."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "events.json").write_text(json.dumps(EVENTS), encoding="utf-8")
    with duckdb.connect("shop.duckdb") as staging:
        staging.execute("CREATE SCHEMA staging")
        staging.execute('CREATE TABLE staging.orders ("order id" BIGINT, "line,no" BIGINT, total DOUBLE)')
        staging.execute("INSERT INTO staging.orders VALUES (1, 1, 2.5), (1, 2, 3.5)")
    with duckdb.connect("copy.duckdb") as copy:
        copy.execute("CREATE SCHEMA raw")
    return tmp_path


def shop(kind: str) -> None:
    """Make the shop's orders, with a cursor of integers or of ISO texts."""
    moments = (1_772_359_200_000_000, 1_772_359_500_000_000) if kind == "integer" else ("2026-03-01", "2026-03-02")
    orders = sqlite3.connect("shop.db")
    orders.execute(f"CREATE TABLE orders (id INTEGER PRIMARY KEY, modified_at {kind}, updated_at {kind}, status, note)")
    for key, moment in enumerate(moments):
        orders.execute("INSERT INTO orders VALUES (?, ?, ?, 'paid', 'x')", (key, moment, moment))
    orders.commit()
    orders.close()


def run(words: list[str]) -> int:
    """Run a command; a refusal ends it with 2, as on the command line."""
    try:
        return main(words)
    except SystemExit as ended:
        return int(ended.code or 0)


@pytest.mark.parametrize(
    ("page", "kind", "expected"),
    [("README.md", "text", 4), ("docs/loading.md", "integer", 2), ("docs/loading.md", "text", 6)],
)
@pytest.mark.usefixtures("folder")
def test_the_commands_run(page: str, kind: str, expected: int) -> None:
    """Each command ends with 0 on sources that have the shape that it names; states come from two loads before."""
    shop(kind)
    for more in range(2):
        Path("events.json").write_text(json.dumps(EVENTS[: more + 1]), encoding="utf-8")
        before = "load events.json --target sqlite:///copy.db --table events --key id --cursor modified_at"
        assert run([*before.split(), "--strategy", "timestamp_watermark"]) == 0

    ran = [words for words in commands(page, kind) if words[0] == "state" or run(words) == 0]
    ended = [run(words) for words in ran if words[0] == "state"]

    assert len(ran) == expected
    assert set(ended) <= {0}
