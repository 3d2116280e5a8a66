"""The page of a comparison in a real browser, where there is one: it sorts, filters, and leads to a story and back."""

from __future__ import annotations

import html
import json
import re
import shutil
import subprocess
from typing import TYPE_CHECKING, Any

import pytest

from incload.report.render.html import render

if TYPE_CHECKING:
    from pathlib import Path

BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
USED = """
addEventListener("load", () => setTimeout(() => {
  const table = document.querySelector("table.sortable"), seen = {};
  const names = () => [...table.tBodies[0].rows].filter(row => !row.hidden).map(row => row.cells[0].textContent);
  const head = [...table.tHead.querySelectorAll("button")].find(each => each.textContent === "late rows");
  seen.before = names();
  table.tBodies[0].append(table.tBodies[0].rows[0]);
  head.click(); seen.sorted = names(); seen.said = head.parentElement.getAttribute("aria-sort");
  head.click(); seen.again = names();
  const field = document.querySelector("input[type=search]");
  field.value = "refresh"; field.dispatchEvent(new Event("input")); seen.found = names();
  field.value = ""; field.dispatchEvent(new Event("input"));
  const cell = table.querySelector("td a"); cell.focus();
  seen.why = getComputedStyle(cell.parentElement.querySelector(".why")).display;
  cell.click();
  setTimeout(() => {
    const story = document.querySelector(":target");
    seen.story = story.textContent; seen.open = story.closest("details").open;
    story.querySelector("a").click();
    setTimeout(() => {
      seen.back = document.querySelector(":target").id;
      const end = document.createElement("pre"); end.id = "seen"; end.textContent = JSON.stringify(seen);
      document.body.append(end);
    }, 50);
  }, 50);
}, 50));
"""


FRAMED = """<iframe style="width:390px;height:800px;border:0" srcdoc="{page}"></iframe><script>
addEventListener("load", () => {{
  const inner = document.querySelector("iframe").contentDocument.documentElement;
  const end = document.createElement("pre"); end.id = "seen"; end.textContent = inner.scrollWidth - inner.clientWidth;
  document.body.append(end);
}});</script>"""


def used(page: Path) -> Any:  # noqa: ANN401 - what the script of the page notes
    """Return what a user of the page sees."""
    command = [str(BROWSER), "--headless=new", "--no-sandbox", "--disable-gpu", "--virtual-time-budget=5000"]
    ran = subprocess.run(
        [*command, "--dump-dom", page.as_uri()], capture_output=True, text=True, timeout=100, check=True
    )
    (seen,) = re.findall(r'<pre id="seen">(.*?)</pre>', ran.stdout)
    return json.loads(html.unescape(seen))


@pytest.mark.slow
@pytest.mark.skipif(BROWSER is None, reason="there is no Chromium here")
def test_a_user_sorts_filters_and_follows_a_cell(golden: Path, tmp_path: Path) -> None:
    """A click on a scenario sorts by it, a second one undoes that; a failing cell opens its story, which leads back."""
    page = tmp_path / "page.html"
    text = render(golden / "report.csv").replace("</body>", f"<script>{USED}</script></body>")
    page.write_text(text, encoding="utf-8")

    assert used(page) == {
        "before": ["full_refresh", "timestamp_watermark"],
        "sorted": ["full_refresh", "timestamp_watermark"],
        "said": "ascending",
        "again": ["full_refresh", "timestamp_watermark"],
        "found": ["full_refresh"],
        "why": "block",
        "story": "timestamp_watermark back to the matrix",
        "open": True,
        "back": "matrix",
    }


@pytest.mark.slow
@pytest.mark.skipif(BROWSER is None, reason="there is no Chromium here")
@pytest.mark.parametrize("words", ["a_name_without_a_space_" * 5, "https://example.org/" + "path/" * 20])
def test_a_long_word_does_not_widen_the_page_of_a_telephone(golden: Path, tmp_path: Path, words: str) -> None:
    """A page 390 pixels wide is not moved sideways, whatever is written in it: only tables and the map are."""
    text = render(golden / "report.csv").replace("</body>", f"<h1>{words}</h1><ul><li>{words}</li></ul></body>")
    page = tmp_path / "page.html"
    page.write_text(FRAMED.format(page=html.escape(text)), encoding="utf-8")

    assert used(page) == 0
