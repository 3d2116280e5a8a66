"""The report as one page: whole, on its own, readable without colour, and proof against its own texts."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import TYPE_CHECKING

from incload.report.outcome_csv import write_outcomes
from incload.report.render.blocks import Grid, Note
from incload.report.render.html import page_body, render
from incload.report.verdict import NOT_RUN, Verdict

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Make

    from incload.report.outcome import Outcome

NASTY = "<script>alert(1)</script>\"'&amp;</td>"
EMPTY = {"meta", "!doctype", "wbr"}


class Reader(HTMLParser):
    """Collects the elements of a page and finds those that do not close."""

    def __init__(self) -> None:
        """Start with nothing read."""
        super().__init__()
        self.elements: set[str] = set()
        self.open: list[str] = []
        self.bad: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002 - the base's
        """Note an element and expect its end."""
        self.elements.add(tag)
        self.open += [] if tag in EMPTY else [tag]

    def handle_endtag(self, tag: str) -> None:
        """Note an end that fits no beginning."""
        if not self.open or self.open.pop() != tag:
            self.bad.append(tag)


def read(page: str) -> Reader:
    """Return what a page is made of."""
    reader = Reader()
    reader.feed(page)
    return reader


def test_the_page_is_the_one_that_is_written_down(golden: Path) -> None:
    """A tiny report, rendered from its CSV, is this page to the letter."""
    assert render(golden / "report.csv") == (golden / "report.html").read_text(encoding="utf-8")


def test_every_element_closes(golden: Path) -> None:
    """The page is well formed."""
    reader = read(render(golden / "report.csv"))

    assert (reader.open, reader.bad) == ([], [])


def test_the_page_needs_nothing_else(golden: Path) -> None:
    """No picture, no address, no file for a script or a style: the file is all there is."""
    page = render(golden / "report.csv")

    assert not re.search(r"https?:|//|@import|url\(|\bsrc=|\bhref=\"(?!#)", page)
    assert read(page).elements.isdisjoint({"link", "img", "iframe"})


def test_every_link_leads_to_something(golden: Path) -> None:
    """A cell leads to its story, and the story back to the matrix."""
    page = render(golden / "report.csv")
    links, anchors = set(re.findall(r'href="#([^"]+)"', page)), set(re.findall(r'id="([^"]+)"', page))

    assert links == {"matrix", "story-late-rows-1"}
    assert links <= anchors


def test_no_text_of_a_report_becomes_markup(make: Make, tmp_path: Path) -> None:
    """Whatever stands in a text column, the page has no element or attribute that the report did not make."""
    texts = dict.fromkeys(
        ("scenario", "meaning", "history_digest", "reason", "witness", "environment", "command"), NASTY
    )
    bad = (make(**texts, outcome="wrong", lost=1), make(**{**texts, "strategy": NASTY}, outcome="unknown"))
    write_outcomes(bad, tmp_path / "report.csv")
    page = render(tmp_path / "report.csv")
    reader = read(page)

    assert page.count("<script") == 1
    assert (reader.open, reader.bad) == ([], [])


def test_a_cell_shows_sign_number_and_kinds() -> None:
    """Strategies stand down, scenarios across; each cell can be read without its colour."""
    cells = (
        (Verdict("sound"), Verdict("wrong", (("lost", 1_200), ("stale", 34)))),
        (Verdict("wrong", (("phantom", 5),), "healed"), NOT_RUN),
        (Verdict("unknown", reason="<no>"), Verdict("not_applicable")),
    )
    page = page_body([Grid(("a_b", "c", "d"), ("s_1", "s2"), cells)])

    assert '<thead><tr><td></td><th scope="col">s 1</th><th scope="col">s2</th></tr></thead>' in page
    assert re.findall(r"<td c.*?</td>", page) == [
        '<td class="c0" title="sound">✓&nbsp;0</td>',
        '<td class="c3" title="1,200 lost, 34 stale">✗&nbsp;1,234<small>lost, stale</small></td>',
        '<td class="c1" title="5 phantom (healed)">↺&nbsp;5<small>phantom</small></td>',
        '<td class="none" title="not run">–</td>',  # noqa: RUF001 - the dash of what is missing
        '<td class="unsure" title="unknown: &lt;no&gt;">?</td>',
        '<td class="none" title="n/a">n/a</td>',
    ]
    assert re.findall(r'<tr><th scope="row">(.*?)</th>', page) == ["a_<wbr>b", "c", "d"]


def test_a_cell_leads_to_its_story_and_says_why() -> None:
    """A note is shown to who points at the cell or focuses its link; a cell without a story has no link."""
    why = "it needs UNIQUE_CURSOR"
    notes = ((Note(why, "story-s-1"), Note("sound")),)
    page = page_body([Grid(("a",), ("s", "t"), ((Verdict("wrong"), Verdict("sound")),), notes)])

    assert re.findall(r"<td c.*?</td>", page) == [
        f'<td class="none" data-n="1"><a href="#story-s-1">✗</a><span class="why">{why}</span></td>',
        '<td class="c0" data-n="0">✓&nbsp;0<span class="why">sound</span></td>',
    ]


def test_the_page_says_what_the_markdown_says(golden: Path, tiny: tuple[Outcome, ...]) -> None:
    """Headline, costs and stories are on the page."""
    page = render(golden / "report.csv")

    assert "<b>8 trials: 6 sound, 2 wrong, 0 unknown, 0 n/a.</b>" in page
    assert page.count("<table ") + page.count("<table>") == 9
    assert "<details><summary>late_rows: 1 strategy</summary>" in page
    assert all(outcome.strategy in page for outcome in tiny if outcome.strategy != "reference_copy")
