"""The examples of docs/python.md: run in their order, and held against the output that the page shows."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

PAGE = (Path(__file__).parents[2] / "docs" / "python.md").read_text(encoding="utf-8")
BLOCK = re.compile(r"```python\n(.*?)```\n(?:\n```text\n(.*?)```)?", re.DOTALL)
EXAMPLES, SNIPPETS = PAGE.split("## A script for cron\n")
"""What runs as it stands, and what runs inside another tool."""

FEED = {
    "2026-03-01.json": [{"id": 1, "modified_at": "2026-03-01T10:00:00Z"}],
    "2026-03-02.json": [
        {"id": 1, "modified_at": "2026-03-01T10:00:00Z"},
        {"id": 2, "modified_at": "2026-03-01T09:00:00Z"},
    ],
}
"""Two snapshots, of which the second brings a late row."""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Enter a folder with the files that the examples read."""
    (rows,) = re.findall(r"```json\n(.*?)```", PAGE, re.DOTALL)
    (tmp_path / "events.json").write_text(rows, encoding="utf-8")
    (tmp_path / "feed").mkdir()
    for name, records in FEED.items():
        (tmp_path / "feed" / name).write_text(json.dumps(records), encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def snippet(title: str) -> str:
    """Return the code under a heading of the second part."""
    (code, _), *rest = BLOCK.findall(
        f"## A script for cron\n{SNIPPETS}".partition(f"## {title}\n")[2].partition("\n## ")[0]
    )
    assert rest == []
    return str(code)


@pytest.mark.usefixtures("folder")
def test_the_examples_print_what_the_page_shows(capsys: pytest.CaptureFixture[str]) -> None:
    """Every example runs after those before it, in one session, and prints what stands below it."""
    session: dict[str, object] = {}
    printed = []
    for code, _ in BLOCK.findall(EXAMPLES):
        exec(compile(code, "docs/python.md", "exec"), session)  # noqa: S102 - the page's own examples
        printed.append(capsys.readouterr().out)

    assert printed == [shown for _, shown in BLOCK.findall(EXAMPLES)]
    assert len(printed) == 8


@pytest.mark.usefixtures("folder")
def test_the_example_of_the_readme_runs(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The call in the README loads the three events."""
    (code,) = re.findall(r"```python\n(.*?)```", (root / "README.md").read_text(encoding="utf-8"), re.DOTALL)
    exec(compile(code, "README.md", "exec"), {})  # noqa: S102 - the page's own example

    assert capsys.readouterr().out == "3 0 3\n"


@pytest.mark.usefixtures("folder")
def test_the_script_for_cron_ends_as_the_command_does(capsys: pytest.CaptureFixture[str]) -> None:
    """The script loads and ends with 0; without its source it ends with 2 and says why."""
    session: dict[str, object] = {"__name__": "script"}
    exec(compile(snippet("A script for cron"), "cron", "exec"), session)  # noqa: S102 - as above
    main = session["main"]

    assert callable(main)
    assert main() == 0
    Path("events.json").unlink()
    assert main() == 2
    assert "events.json" in capsys.readouterr().err


def test_the_test_for_pytest_passes() -> None:
    """The function of the snippet holds for the scenarios that it names."""
    session: dict[str, object] = {}
    exec(compile(snippet("pytest"), "pytest", "exec"), session)  # noqa: S102 - as above
    check = session["test_the_strategy_keeps_the_copy_right"]

    assert callable(check)
    check("hard_deletes")


@pytest.mark.parametrize("tool", ["Airflow", "Dagster"])
def test_the_snippet_for_a_tool_compiles(tool: str) -> None:
    """What needs a tool that is not installed here is at least valid Python that calls `incload.load`."""
    code = snippet(tool)

    compile(code, tool, "exec")
    assert "incload.load(" in code
