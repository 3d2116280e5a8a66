"""The real history in the README: its headline is that of the committed report, which is that of its own figures."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pytest

from incload.report.replay.facts import read_facts
from incload.report.replay.files import render_replay
from incload.report.replay.record import read_replayed
from incload.report.replay.sections import headline

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def reports(root: Path) -> Path:
    """Return the folder of the committed report."""
    return root / "reports" / "cisa-kev"


def test_the_headline_is_that_of_the_report(root: Path, reports: Path) -> None:
    """The README and the page on replays quote what the figures say, and the command that made them."""
    rows, facts = read_replayed(reports / "replay.csv"), read_facts(reports / "replay.json")
    for page in ("README.md", "docs/replay.md"):
        text = (root / page).read_text(encoding="utf-8")

        assert f"\n> {headline(rows, facts)}\n" in text
        assert f"\n{facts.command.partition(' --report-dir')[0]}\n" in text


def test_the_committed_report_is_what_its_figures_make(reports: Path, tmp_path: Path) -> None:
    """Rendered again from CSV and JSON, the page is the same."""
    render_replay(reports / "replay.csv", tmp_path)

    assert (tmp_path / "replay.md").read_text(encoding="utf-8") == (reports / "replay.md").read_text(encoding="utf-8")


def test_what_the_text_says_of_the_catalogue_is_in_its_figures(reports: Path) -> None:
    """Every update left `dateAdded` as it was, the furthest of them of an entry more than three years old."""
    lateness = read_facts(reports / "replay.json").lateness
    (strict,) = [row for row in read_replayed(reports / "replay.csv") if row.strategy == "timestamp_watermark"]

    assert lateness.updates == lateness.untouched == 104
    assert strict.stale_permanently == 85
    assert json.loads(strict.stale_fields)["knownRansomwareCampaignUse"] == 47
    assert 3 < lateness.quantiles[-1][1] / (365.25 * 86_400_000_000) < 4


def test_no_folder_of_a_machine_is_in_the_report(reports: Path) -> None:
    """The command names files alone."""
    text = "".join(path.read_text(encoding="utf-8") for path in reports.iterdir() if path.suffix != ".png")

    assert not re.search(r"(?<!:)/(?:home|tmp|work|root|Users)/", text)


def test_prediction_and_replay_agree(reports: Path) -> None:
    """In every window of the committed report."""
    windows = read_facts(reports / "replay.json").windows

    assert [window.difference for window in windows] == [()] * 7
