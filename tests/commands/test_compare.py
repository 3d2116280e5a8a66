"""`incload compare` and `incload report` on the command line: what is written where, and the answer at the end."""

from __future__ import annotations

from typing import TYPE_CHECKING

from incload.cli import main

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

FEW = ["--strategies", "full_refresh", "--engines", "sqlite-sqlite", "--rows", "100", "--workers", "1"]


def compare(folder: Path, *more: str) -> int:
    """Compare a few trials; return the exit code."""
    return main(["compare", *FEW, "--scenarios", "clean,hard_deletes", "--report-dir", str(folder), *more])


def test_a_part_never_replaces_the_whole_report(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Its files have a name of their own, and the command says so."""
    (tmp_path / "latest.csv").write_text("the whole\n", encoding="utf-8")

    assert compare(tmp_path) == 0
    assert (tmp_path / "latest.csv").read_text(encoding="utf-8") == "the whole\n"
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "latest-filtered.csv", "latest-filtered.html", "latest-filtered.json", "latest-filtered.md", "latest.csv",
    ]  # fmt: skip
    assert "the report is latest-filtered.*, and latest.* stays as it is.\n" in capsys.readouterr().out


def test_it_ends_with_the_answer(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Who is right everywhere, what is cheapest for which source, and where the report is."""
    compare(tmp_path)
    *_, right, head, plain, deleted, both, where = capsys.readouterr().out.splitlines()

    assert right == "Right in both scenarios: full_refresh."
    assert head == "Cheapest sound strategy, and the rows it read:"
    assert [line.split("  ")[1] for line in (plain, deleted, both)] == [
        "Rows come in the order of their timestamps", "Rows are deleted", "All of these",
    ]  # fmt: skip
    assert where == f"The report: {tmp_path / 'latest-filtered.html'}"


def test_report_opens_the_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In the browser that the system names, as a file."""
    opened: list[str] = []
    monkeypatch.setattr("webbrowser.open", lambda url: opened.append(url) or True)
    compare(tmp_path)

    assert main(["report", str(tmp_path / "latest-filtered.csv"), "--open"]) == 0
    assert opened == [(tmp_path / "latest-filtered.html").as_uri()]


def test_without_a_browser_the_page_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The report is there all the same."""
    monkeypatch.setattr("webbrowser.open", lambda _: False)
    compare(tmp_path)

    assert main(["report", str(tmp_path / "latest-filtered.csv"), "--open"]) == 0
    assert capsys.readouterr().err.splitlines()[-1] == (
        f"incload: no browser could be started: open {tmp_path / 'latest-filtered.html'} in one."
    )
