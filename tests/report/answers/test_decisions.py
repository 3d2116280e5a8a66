"""The first screen of the committed report: five answers derived from its CSV alone, without the report's code."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd
import pytest

from incload.report.answers.decisions import decision_blocks
from incload.report.answers.terminal import answer_lines
from incload.report.frame import report_frame
from incload.report.render import html, markdown
from incload.report.render.blocks import Paragraph, Table

if TYPE_CHECKING:
    from conftest import Framed

DELETES = ("hard_deletes",)
TIES = ("duplicate_timestamps", "duplicate_timestamps_smaller_id")


@pytest.fixture(scope="module")
def csv(root: Path) -> pd.DataFrame:
    """Return the committed report as any user reads it."""
    frame = pd.read_csv(root / "reports" / "baseline.csv")
    return frame[frame["suite"] == "matrix"]


@pytest.fixture(scope="module")
def page(root: Path) -> str:
    """Return the first screen of the committed report: what stands before the sections."""
    return markdown.render(root / "reports" / "baseline.csv").split("\n## What each scenario shows")[0]


def line(page: str, beginning: str) -> list[str]:
    """Return the cells of the table's line that begins so."""
    (found,) = (each for each in page.splitlines() if each.startswith(f"| {beginning}"))
    return [cell.strip() for cell in found.strip("|").split("|")]


def least(csv: pd.DataFrame, scenarios: tuple[str, ...]) -> tuple[set[str], int]:
    """Return who reads the fewest rows of those that are sound on all pairs, and how many."""
    trials = csv[csv["scenario"].isin(scenarios) & (csv["strategy"] != "reference_copy")]
    groups = trials.groupby("strategy")
    sound = groups.filter(lambda part: (part["outcome"] == "sound").all() and (part["rows_waiting"] == 0).all())
    rows = sound.groupby(["strategy", "scenario"])["rows_read"].median().groupby("strategy").sum()
    return set(rows[rows == rows.min()].index), int(rows.min())


def test_which_strategy_if_the_source_deletes_rows(csv: pd.DataFrame, page: str) -> None:
    """The cheapest that is sound with hard deletes on every pair, and the rows that it reads."""
    names, rows = least(csv, DELETES)
    cells = line(page, "Rows are deleted")

    assert set(re.split(r", | and ", cells[1])) == names
    assert cells[3] == f"{rows:,}"


def test_which_strategy_if_timestamps_tie(csv: pd.DataFrame, page: str) -> None:
    """The cheapest that is sound with ties in both orders of keys."""
    names, rows = least(csv, TIES)

    assert (line(page, "Timestamps are coarse")[1], line(page, "Timestamps are coarse")[3]) == (*names, f"{rows:,}")


def test_which_strategy_if_triggers_may_be_used(csv: pd.DataFrame, page: str) -> None:
    """Where some pairs can keep a log by triggers, the table says what that saves."""
    rows = csv[(csv["strategy"] == "trigger_cdc") & (csv["scenario"] == "hard_deletes")]
    ran = rows[rows["outcome"] != "not_applicable"]

    assert (set(ran["outcome"]), len(ran) < len(rows)) == ({"sound"}, True)
    assert line(page, "Rows are deleted")[2::3] == ["trigger_cdc", f"{int(ran['rows_read'].median()):,}"]


def test_who_is_right_in_every_scenario(csv: pd.DataFrame, page: str) -> None:
    """The sentence at the top names exactly those that no trial found wrong."""
    tried = csv[(csv["outcome"] != "not_applicable") & (csv["strategy"] != "reference_copy")]
    right = tried.groupby("strategy").filter(lambda part: (part["outcome"] == "sound").all())["strategy"].unique()
    (said,) = re.findall(r"\*\*Right in all 6 scenarios: (.*?)\.\*\*", page)

    assert set(re.split(r", | and ", said.replace(" (where it can run)", ""))) == set(right)


def test_what_a_timestamp_watermark_gets_wrong(csv: pd.DataFrame, page: str) -> None:
    """Its line of the heat map says so, scenario by scenario."""
    trials = csv[(csv["strategy"] == "timestamp_watermark") & (csv["scenario"] == "hard_deletes")]
    phantoms = int(trials["phantom"].max())
    (cells,) = re.findall(r"^\| timestamp_watermark +\|(.*)\|$", page, re.MULTILINE)[1:2]

    assert f"**{phantoms} phantom**" in cells


def test_the_html_says_the_same(root: Path, page: str) -> None:
    """Every cell of the decision table stands on the page, which is whole and small."""
    web = html.render(root / "reports" / "baseline.csv")

    assert len(web.encode()) < 250_000
    for cell in (*line(page, "Rows are deleted"), *line(page, "All of these")):
        assert cell in web


def test_the_terminal_says_the_same(root: Path, page: str) -> None:
    """In at most 20 lines of at most 100 columns."""
    lines = answer_lines(report_frame(root / "reports" / "baseline.csv"), Path("reports/latest.html"))

    assert len(lines) <= 20
    assert max(map(len, lines)) <= 100
    assert any(line(page, "Rows are deleted")[3] in each for each in lines if each.startswith("  Rows are deleted"))
    assert lines[-1] == "The report: reports/latest.html"


def test_a_long_answer_is_cut(framed: Framed) -> None:
    """Two hundred strategies with long names still fit."""
    names = [f"a_strategy_with_a_rather_long_name_{number}" for number in range(200)]
    frame = framed(
        *({"strategy": name, "scenario": scenario} for name in names for scenario in ("clean", "late_arrivals"))
    )
    lines = answer_lines(frame)

    assert len(lines) <= 20
    assert max(map(len, lines)) <= 100


def test_one_scenario_is_no_ground_for_advice(framed: Framed) -> None:
    """A report of one scenario has no sentence and no table at its end."""
    assert answer_lines(framed({})) == []


@pytest.mark.parametrize(
    ("late", "said"),
    [
        ({}, "one of the last line is right in all of these"),
        ({"outcome": "wrong", "lost": 1}, "the last line has none that is right in all of these"),
    ],
    ids=["one is right", "none is right"],
)
def test_the_sentence_above_the_table_goes_by_its_last_line(late: dict[str, object], said: str, framed: Framed) -> None:
    """Where no strategy was right in all situations, the sentence does not promise one."""
    _, paragraph, table = decision_blocks(framed({}, {"scenario": "late_arrivals", **late}))

    assert isinstance(paragraph, Paragraph)
    assert isinstance(table, Table)
    assert f": {said}. A full copy" in paragraph.text
    assert table.rows[-1][:2] == ("All of these", "none" if late else "timestamp_watermark")


def test_the_sentence_names_who_runs_on_some_pairs_only(framed: Framed) -> None:
    """It is the last line's, and can be taken only where it runs."""
    refused = {"target_engine": "postgres", "outcome": "not_applicable", "reason": "x"}
    trials = [{"scenario": each, **more} for each in ("clean", "late_arrivals") for more in ({}, refused)]
    _, paragraph, _ = decision_blocks(framed(*trials))

    assert isinstance(paragraph, Paragraph)
    assert ": timestamp_watermark is right in all of these, where it can run." in paragraph.text
