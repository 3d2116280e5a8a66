"""Reports of anything: a broken CSV is refused in one sentence, and what a report shows stays text everywhere."""

from __future__ import annotations

import csv
import re
import tempfile
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from offering import files, offer

from incload.report.comparison.files import render_reports
from incload.report.outcome import Outcome
from incload.report.outcome_csv import COLUMNS, TYPES, read_outcomes, write_outcomes

if TYPE_CHECKING:
    from conftest import Tally

FORMULAS = ("=1+1", "+1", "-1", "@SUM(A1)", "\tx", "\rx", "=cmd|' /C calc'!A0", "'=1", "''", "=")
MARKUP = (
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    '" onmouseover="alert(1)',
    "</title><script>x()</script>",
    "[x](javascript:alert(1))",
    "![x](http://x)",
    "| a | b |\n|---|---|",
    "`code`",
    "**bold**",
    "# head\n- list",
    "&lt;b&gt;&#x3c;script&#x3e;",
    "<https://x.y>",
)
SHOWN = [name for name, kind in TYPES.items() if kind == "str" and name not in {"outcome", "predicted", "breaks"}]
"""The texts of an outcome that may be any: what breaks is named from a list, and anything else is refused."""


@cache
def good() -> str:
    """Return the CSV of one trial."""
    with tempfile.TemporaryDirectory() as folder:
        write_outcomes([outcome()], Path(folder) / "good.csv")
        return (Path(folder) / "good.csv").read_text(encoding="utf-8")


def outcome(**texts: object) -> Outcome:
    """Return an outcome in which some texts are hostile."""
    known: dict[str, object] = {
        "suite": "matrix",
        "strategy": "timestamp_watermark",
        "write_rule": "merge",
        "scenario": "clean",
        "source_engine": "sqlite",
        "target_engine": "duckdb",
        "rows": 10,
        "seed": 1,
        "history_digest": "00",
        "outcome": "wrong",
        "lost": 1,
        "rows_ever_wrong": 1,
        "witness": "1. a\n2. b",
    }
    return Outcome(**{**known, **texts})  # type: ignore[arg-type]  # texts for fields that are texts


@st.composite
def broken(draw: st.DrawFn) -> bytes:
    """Damage a report: a cell of anything, a line or a column too many or too few, a piece cut out, or no report."""
    lines = list(csv.reader(good().splitlines()))[:2]
    kind = draw(st.integers(0, 5))
    if kind == 0:
        return draw(st.binary(max_size=60) | st.text(max_size=60).map(lambda text: text.encode()))
    if kind == 1:
        at = draw(st.integers(0, len(COLUMNS) - 1))
        lines[draw(st.integers(0, 1))][at] = draw(
            st.text(max_size=9) | st.sampled_from(["nan", "-1", "1e999", '"', "9" * 30])
        )
    if kind == 2 and lines:
        del lines[draw(st.integers(0, len(lines) - 1))][draw(st.integers(0, 3))]
    if kind == 3:
        lines.append(draw(st.lists(st.text(max_size=4), max_size=50)))
    text = "\n".join(map(",".join, lines)) + "\n"
    content = text.encode(draw(st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "latin-1"])), "replace")
    return content[: draw(st.integers(0, len(content)))] if kind == 4 else content


@pytest.mark.slow
def test_a_report_of_anything_is_rendered_or_refused(tally: Tally, *, hard: bool) -> None:
    """By `report`, and by `check` as the baseline and as the latest; a refusal writes nothing."""
    tried = 0

    @settings(max_examples=3_000 if hard else 60)
    @given(broken())
    def offer_one(content: bytes) -> None:
        nonlocal tried
        tried += 1
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            (folder / "bad.csv").write_bytes(content)
            (folder / "good.csv").write_text(good(), encoding="utf-8")
            before = files(folder)
            if offer(["report", str(folder / "bad.csv")]).code == 2:
                assert files(folder) == before
            offer(["check", str(folder / "bad.csv"), str(folder / "good.csv")], codes=(0, 1, 2))
            offer(["check", str(folder / "good.csv"), str(folder / "bad.csv")], codes=(0, 1, 2))
            answer = offer(["check", str(folder / "good.csv"), str(folder / "bad.csv"), "--accept"])
            if answer.code == 2:
                assert (folder / "good.csv").read_text(encoding="utf-8") == good()

    offer_one()
    tally("garbage: broken reports and baselines", tried)


class Page(HTMLParser):
    """What a browser makes of a page: its elements, and what in them would run or leave the page."""

    def __init__(self) -> None:
        """Start with nothing seen."""
        super().__init__()
        self.active: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note an element that runs or loads something, or leads out of the page."""
        if tag == "a" and all(name != "href" or (value or "").startswith("#") for name, value in attrs):
            tag = ""
        if tag in {"script", "img", "iframe", "object", "embed", "a", "link", "form", "base"}:
            self.active.append(tag)
        self.active += [f"{tag} {name}" for name, value in attrs if name.startswith("on") or _runs(value or "")]


def _runs(value: str) -> bool:
    """Return whether the value of an attribute would run as a URL; a browser leaves out blanks and control signs."""
    return re.sub(r"[\x00-\x20]", "", value).lower().startswith(("javascript:", "data:text/html", "vbscript:"))


def active(html: str) -> list[str]:
    """Return what in a page would run, load or lead elsewhere."""
    page = Page()
    page.feed(html)
    return page.active


@pytest.fixture(scope="module")
def usual(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, str]:
    """Return what readers make of the markdown, and the HTML page, of a report of harmless texts."""
    return rendered("x", tmp_path_factory.mktemp("usual"))


def rendered(text: str, folder: Path) -> tuple[str, str]:
    """Write a report of outcomes of which each has the text in another field; return what `usual` does."""
    outcomes = [outcome(**{"strategy": f"number_{number}", field: text}) for number, field in enumerate(SHOWN)]
    write_outcomes(outcomes, folder / "report.csv")
    markdown, page = (path.read_text(encoding="utf-8") for path in render_reports(folder / "report.csv", folder))
    return MarkdownIt("commonmark").enable("table").render(markdown), page


@pytest.mark.parametrize("text", MARKUP)
def test_markup_stays_text(text: str, usual: tuple[str, str], tmp_path: Path, tally: Tally) -> None:
    """In every field, in the HTML page and in what a reader makes of the markdown."""
    markdown, page = rendered(text, tmp_path)
    tally("malice: texts shown in reports", 2 * len(SHOWN))

    assert active(usual[1]) == ["script"]  # that of the page itself, which sorts and filters
    assert active(page) in ([], ["script"])
    assert active(markdown) == active(usual[0])
    assert markdown.count("<h1") == usual[0].count("<h1")


def test_markup_would_be_found() -> None:
    """The check finds what runs."""
    assert active("<a href='#story'>") == []
    assert active("<a href='https://elsewhere'>") == ["a"]
    assert active("<p onclick='x()'><script></script><a href='javascript:x'>") == ["p onclick", "script", "a", "a href"]


@pytest.mark.parametrize("text", FORMULAS)
def test_no_cell_is_a_formula(text: str, tmp_path: Path, tally: Tally) -> None:
    """In every field a spreadsheet shows it as a text, and reading the report gives it back."""
    write_outcomes([outcome(**{field: text}) for field in SHOWN], tmp_path / "hostile.csv")
    raw = (tmp_path / "hostile.csv").read_bytes().decode()
    read = read_outcomes(tmp_path / "hostile.csv")
    cells = re.split(r'[,\n]"?', raw)
    tally("malice: cells that begin as formulas do", len(SHOWN))

    assert [cell for cell in cells if cell.startswith(tuple("=+-@\t\r"))] == []
    assert [getattr(each, field) for each, field in zip(read, SHOWN, strict=True)] == [text] * len(SHOWN)
