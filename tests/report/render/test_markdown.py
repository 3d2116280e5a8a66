"""The report as markdown: the one that is written down, and texts that would like to be markup."""

from __future__ import annotations

import re
import shutil
from typing import TYPE_CHECKING

import pandas as pd
import pytest
from markdown_it import MarkdownIt

from incload.errors import Refused
from incload.report.outcome_csv import write_outcomes
from incload.report.render.blocks import Fold, Grid, Heading, Paragraph, Points, Story, Table, Verbatim
from incload.report.render.markdown import markdown, render
from incload.report.verdict import Verdict

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Make

NASTY = "a|b `c` <script>alert(1)</script>\n# *d* [e](f) &amp; $g$"


def test_the_report_is_the_one_that_is_written_down(golden: Path) -> None:
    """A tiny report, rendered from its CSV, is this text to the letter."""
    assert render(golden / "report.csv") == (golden / "report.md").read_text(encoding="utf-8")


def test_a_frame_is_rendered_like_its_file(golden: Path, tmp_path: Path) -> None:
    """The CSV read by pandas gives the same report; what the file beside the CSV holds is not known then."""
    alone = shutil.copy(golden / "report.csv", tmp_path)
    page = render(pd.read_csv(golden / "report.csv"))

    assert page == render(str(alone))
    assert "Environment and command are not known: the JSON file beside the CSV is missing." in page


def test_every_section_stands_in_order(golden: Path) -> None:
    """What is right comes before what it costs, and where it comes from is last."""
    assert re.findall(r"^## (.*)$", render(golden / "report.csv"), re.MULTILINE) == [
        "Where each strategy fails",
        "What being right costs",
        "What each scenario shows",
        "Limits of this benchmark",
        "Verdicts",
        "The cheapest sound copy",
        "Cost over the scenarios",
        "Cost at scale: throughput",
        "Healing",
        "Witnesses",
        "Where this comes from",
    ]


def test_no_text_of_a_report_becomes_markup(make: Make, tmp_path: Path) -> None:
    """Whatever stands in a text column, a reader of the page finds no element that the report did not make."""
    texts = dict.fromkeys(
        ("scenario", "meaning", "history_digest", "reason", "witness", "environment", "command"), NASTY
    )
    bad = (make(**texts, outcome="wrong", lost=1), make(**{**texts, "strategy": NASTY}, outcome="unknown"))
    write_outcomes(bad, tmp_path / "report.csv")
    page = MarkdownIt("commonmark", {"html": True}).enable("table").render(render(tmp_path / "report.csv"))

    assert set(re.findall(r"<(\w+)", page)) <= {
        "h1", "h2", "h3", "p", "strong", "ul", "ol", "li", "table", "thead", "tbody", "tr", "th", "td", "details",
        "summary", "blockquote", "pre", "code",
    }  # fmt: skip
    assert "<code>" not in page.split("<pre>")[0]
    assert len(re.findall("<h1>", page)) == 1


def test_a_report_of_costs_alone_is_rendered(make: Make, tmp_path: Path) -> None:
    """Without verdict trials the report has neither matrix nor scenarios."""
    write_outcomes([make(suite="throughput", scenario="no_change", load_seconds_min=1.0)], tmp_path / "report.csv")

    assert re.findall(r"^## (.*)$", render(tmp_path / "report.csv"), re.MULTILINE) == [
        "Limits of this benchmark",
        "Cost at scale: throughput",
        "Where this comes from",
    ]


def test_a_file_that_is_no_report_is_refused(tmp_path: Path) -> None:
    """Rendering refuses what reading refuses."""
    (tmp_path / "report.csv").write_text("a,b\n1,2\n", encoding="utf-8")

    with pytest.raises(Refused, match="is not a report of incload"):
        render(tmp_path / "report.csv")


def test_a_wide_matrix_is_continued_below() -> None:
    """Seven scenarios make two tables, of four and of three, with every strategy in both."""
    cells = (tuple(Verdict("wrong", (("lost", number),)) for number in range(1, 8)),)
    lines = markdown([Grid(("a_b",), tuple(f"scenario_{number}" for number in range(1, 8)), cells)]).splitlines()

    assert lines == [
        "| strategy | scenario 1 | scenario 2 | scenario 3 | scenario 4 |",
        "| -------- | ---------- | ---------- | ---------- | ---------- |",
        "| a_b      | **1 lost** | **2 lost** | **3 lost** | **4 lost** |",
        "",
        "| strategy | scenario 5 | scenario 6 | scenario 7 |",
        "| -------- | ---------- | ---------- | ---------- |",
        "| a_b      | **5 lost** | **6 lost** | **7 lost** |",
    ]


def test_each_kind_of_block_has_its_markdown() -> None:
    """Headings, paragraphs, lists, tables, stories, fences and folds are written as a code host reads them."""
    blocks = (
        Heading(2, "h"),
        Paragraph("text", lead="lead"),
        Paragraph("1. no list"),
        Points((("a", "b"), ("", "c"))),
        Table(("h", "n"), (("x", "1"),)),
        Fold("more", (Story("who", ("one", "- two")),)),
    )

    assert markdown(blocks) == (
        "## h\n\n**lead** text\n\n1\\. no list\n\n- **a** b\n- c\n\n| h   |   n |\n| --- | --: |\n| x   |   1 |\n\n"
        "<details>\n<summary>more</summary>\n\n**who**\n\n> 1. one\n> 2. \\- two\n\n</details>\n"
    )


def test_a_fence_is_longer_than_what_it_holds() -> None:
    """A command with a fence of its own is shown whole."""
    assert markdown([Verbatim("a ```` b")]) == "`````\na ```` b\n`````\n"
