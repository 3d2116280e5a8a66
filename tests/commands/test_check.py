"""`incload check` on the command line: what it prints, and the exit code that a script goes by."""

from __future__ import annotations

from typing import TYPE_CHECKING

from incload.cli import main

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


def test_a_report_is_equal_to_itself(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The exit code is 0, and the last line ends as a line of a terminal does."""
    golden = str(root / "tests/golden/report.csv")

    assert main(["check", golden, golden]) == 0
    out = capsys.readouterr().out
    assert out.startswith("equal: ")
    assert out.endswith(".\n")


def test_a_verdict_that_changed_is_a_regression(root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The exit code is 1, and the trial is named."""
    golden = root / "tests/golden/report.csv"
    header, *lines = golden.read_text(encoding="utf-8").splitlines()
    lost = header.split(",").index("lost")
    fields = lines[0].split(",")
    fields[lost] = "7"
    doctored = tmp_path / "doctored.csv"
    doctored.write_text("\n".join([header, ",".join(fields), *lines[1:]]) + "\n", encoding="utf-8")

    assert main(["check", str(golden), str(doctored)]) == 1
    out = capsys.readouterr().out
    assert out.startswith("regression: ")
    assert "lost 0 -> 7\n" in out
