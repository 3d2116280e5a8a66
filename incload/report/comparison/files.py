"""The files of a report: the CSV is the record, and every other file is rendered from it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from incload.report.comparison.sections import report_blocks
from incload.report.comparison.summary import TITLE
from incload.report.frame import report_frame
from incload.report.outcome_csv import write_outcomes
from incload.report.render.html import page
from incload.report.render.markdown import markdown
from incload.report.runs import beside

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from incload.report.outcome import Outcome

NAME = "latest"
"""The name of the reports of the last run."""
PART = "latest-filtered"
"""The name of the reports of a run of some trials, or of others, so that they never replace those of a whole run."""
BESIDE = f"Trials were chosen, or changed: the report is {PART}.*, and {NAME}.* stays as it is."
"""What is said of such a run."""


def write_reports(outcomes: Sequence[Outcome], folder: Path, *, part: bool = False) -> list[Path]:
    """Write the record of a run into a folder, and what is rendered from it; return the paths, the CSV first.

    Args:
        outcomes: What the run showed.
        folder: Where the files go.
        part: Whether trials were chosen or changed.
    """
    folder.mkdir(parents=True, exist_ok=True)
    csv = folder / f"{PART if part else NAME}.csv"
    write_outcomes(outcomes, csv)
    return [csv, beside(csv), *render_reports(csv, folder)]


def render_reports(csv: Path, folder: Path) -> list[Path]:
    """Render the reports of a CSV into a folder; return their paths."""
    folder.mkdir(parents=True, exist_ok=True)
    text, web = folder / f"{csv.stem}.md", folder / f"{csv.stem}.html"
    blocks = report_blocks(report_frame(csv))
    text.write_text(markdown(blocks), encoding="utf-8")
    web.write_text(page(blocks, TITLE), encoding="utf-8")
    return [text, web]
