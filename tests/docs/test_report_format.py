"""docs/report-format.md: every column that is written is described, and nothing else; its example is run."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pytest

from incload.report import outcome_csv
from incload.report.outcome import SCHEMA_VERSION
from incload.report.replay import record

if TYPE_CHECKING:
    from pathlib import Path

TYPES = {"int": "whole number", "int | None": "whole number", "float | None": "number", "str": "text"}


@pytest.fixture
def page(root: Path) -> str:
    """Return the page."""
    return (root / "docs" / "report-format.md").read_text(encoding="utf-8")


def described(page: str, heading: str) -> list[tuple[str, str, bool]]:
    """Return the columns of the table below a heading, each with its type and whether something is said of it."""
    _, _, below = page.partition(f"\n## {heading}\n")
    table = below.split("\n\n| column ")[1].split("\n\n")[0]
    rows = re.findall(r"^\| `(\w+)` \| (.+?) \| (.+) \|$", table, re.MULTILINE)
    return [(name, kind, len(said) > 8) for name, kind, said in rows]


def test_every_column_of_a_comparison_is_described(page: str) -> None:
    """In the order of the file, with its type; and no other."""
    assert described(page, "A comparison") == [
        (name, TYPES[outcome_csv.TYPES[name]], True) for name in outcome_csv.COLUMNS
    ]


def test_every_column_of_a_replay_is_described(page: str) -> None:
    """Likewise."""
    assert described(page, "A replay") == [(name, TYPES[record.TYPES[name]], True) for name in record.COLUMNS]


def test_versions_and_keys_are_those_that_are_written(page: str, root: Path) -> None:
    """The page names both schema versions and the keys of the file beside the CSV."""
    beside = json.loads((root / "reports" / "baseline.json").read_text(encoding="utf-8"))

    assert re.findall(r"^Schema version (\d+)\.", page, re.MULTILINE) == [
        str(SCHEMA_VERSION),
        str(record.SCHEMA_VERSION),
    ]
    assert set(beside) == {"schema_version", "runs"}
    assert all(f"| `{key}` |" in page for key in beside["runs"][0])


def test_the_example_prints_what_it_shows(
    page: str, root: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Run where the reports are."""
    (code,) = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    (shown,) = re.findall(r"```text\n(.*?)```", page, re.DOTALL)
    monkeypatch.chdir(root)
    exec(compile(code, "docs/report-format.md", "exec"), {})  # noqa: S102 - the page's own example

    assert capsys.readouterr().out == shown
