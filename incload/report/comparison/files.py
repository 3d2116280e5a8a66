"""The files of a report: the CSV is the record, and every other file is rendered from it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from incload.report.outcome_csv import write_outcomes
from incload.report.render.html import render as render_html
from incload.report.render.markdown import render as render_markdown

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from incload.report.outcome import Outcome

NAME = "latest"
"""The name of the reports of the last run."""


def write_reports(outcomes: Sequence[Outcome], folder: Path) -> list[Path]:
    """Write the CSV of a run into a folder, and what is rendered from it; return the paths, the CSV first."""
    folder.mkdir(parents=True, exist_ok=True)
    csv = folder / f"{NAME}.csv"
    write_outcomes(outcomes, csv)
    return [csv, *render_reports(csv, folder)]


def render_reports(csv: Path, folder: Path) -> list[Path]:
    """Render the reports of a CSV into a folder; return their paths."""
    folder.mkdir(parents=True, exist_ok=True)
    markdown, page = folder / f"{csv.stem}.md", folder / f"{csv.stem}.html"
    markdown.write_text(render_markdown(csv), encoding="utf-8")
    page.write_text(render_html(csv), encoding="utf-8")
    return [markdown, page]
