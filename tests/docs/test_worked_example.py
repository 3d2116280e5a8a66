"""The worked example of docs/loading.md, executed: its records, table and output are read from the text itself."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pytest

from incload.cli import main

if TYPE_CHECKING:
    from pathlib import Path

STRATEGIES = (
    "timestamp_watermark",
    "timestamp_watermark_inclusive",
    "composite_watermark",
    "lookback_window",
    "row_hash_cdc",
    "full_refresh",
)


def section(root: Path) -> str:
    """Return the section with the worked example."""
    text = (root / "docs" / "loading.md").read_text(encoding="utf-8")
    return text.partition("## A worked example")[2].partition("\n## ")[0]


def records(text: str) -> tuple[list[dict[str, object]], list[dict[str, object]]]:
    """Return the records that the file holds at first, and those that are added."""
    first, added = (json.loads(block) for block in re.findall(r"```json\n(.*?)```", text, re.DOTALL))
    return first, added


def said(text: str, strategy: str) -> list[str]:
    """Return the cells of a strategy's row in the table."""
    (row,) = re.findall(rf"^\| {strategy} +\|(.*)\|$", text, re.MULTILINE)
    return [cell.strip() for cell in row.split("|")]


def load(folder: Path, rows: list[dict[str, object]], strategy: str, engine: str) -> dict[str, object]:
    """Load records as the example does and return the summary."""
    (folder / "events.json").write_text(json.dumps(rows), encoding="utf-8")
    target = f"{engine}:///{folder}/copy.{engine}"
    arguments = ["load", str(folder / "events.json"), "--target", target, "--table", "events", "--key", "id"]
    arguments += ["--cursor", "modified_at", "--strategy", strategy, "--output", str(folder / "summary.json")]
    assert main(arguments) == 0
    summary: dict[str, object] = json.loads((folder / "summary.json").read_text(encoding="utf-8"))
    return summary


@pytest.mark.parametrize("engine", ["sqlite", "duckdb"])
@pytest.mark.parametrize("strategy", STRATEGIES)
def test_the_table_says_what_the_loads_do(root: Path, tmp_path: Path, strategy: str, engine: str) -> None:
    """Every number of a strategy's row is what the second and the third load report."""
    text = section(root)
    first, added = records(text)
    load(tmp_path, first, strategy, engine)
    second = load(tmp_path, first, strategy, engine)
    third = load(tmp_path, first + added, strategy, engine)
    lost = 6 - int(str(third["total_in_target"]))

    assert said(text, strategy)[:5] == [
        str(second["loaded"]),
        str(second["skipped"]),
        str(third["loaded"]),
        str(third["skipped"]),
        str(third["total_in_target"]),
    ]
    assert lost == {"5 and 6": 2, "6": 1, "none": 0}[said(text, strategy)[5]]


def test_the_output_is_what_is_printed(root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The output shown is that of the third load, to the letter."""
    text = section(root)
    first, added = records(text)
    load(tmp_path, first, "timestamp_watermark", "sqlite")
    load(tmp_path, first, "timestamp_watermark", "sqlite")
    capsys.readouterr()
    load(tmp_path, first + added, "timestamp_watermark", "sqlite")
    (shown,) = re.findall(r"```text\n(.*?)```", text, re.DOTALL)

    assert capsys.readouterr().out == shown
