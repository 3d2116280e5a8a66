"""The heat map: a valid SVG with a cell for each verdict, its words in it, and a background of its own."""

from __future__ import annotations

from xml.etree import ElementTree as ET

import pytest

from incload.report.render.blocks import Grid
from incload.report.render.heat_map import heat_map
from incload.report.verdict import Verdict

SVG = "{http://www.w3.org/2000/svg}"
GRID = Grid(
    ("full_refresh", "a<b"),
    ("clean", "hard_deletes"),
    (
        (Verdict("sound"), Verdict("wrong", (("phantom", 32),))),
        (Verdict("not_applicable", reason="no log"), Verdict("wrong", (("lost", 120), ("stale", 3)))),
    ),
)


@pytest.fixture
def drawn() -> ET.Element:
    """Return the parsed picture of a small matrix."""
    return ET.fromstring(heat_map(GRID, "Wrong rows & more"))  # noqa: S314 - our own picture


def test_every_cell_holds_its_words(drawn: ET.Element) -> None:
    """Title, scenarios, strategies and verdicts are readable texts, whatever signs they hold."""
    assert [text.text for text in drawn.iter(f"{SVG}text")] == [
        "Wrong rows & more",
        "clean",
        "hard deletes",
        "full_refresh",
        "a<b",
        "sound",
        "32 phantom",
        "n/a",
        "120 lost, 3 stale",
    ]
    assert [title.text for title in drawn.iter(f"{SVG}title")] == ["Wrong rows & more"]


def test_colours_show_how_many_rows_are_wrong(drawn: ET.Element) -> None:
    """The page behind the cells is white; sound, some, none tried and many wrong rows have four colours."""
    fills = [cell.get("fill") for cell in drawn.iter(f"{SVG}rect")]

    assert fills == ["#ffffff", "#d5ecd9", "#f8c08f", "#eceef1", "#e9805a"]


def test_everything_lies_inside_the_picture(drawn: ET.Element) -> None:
    """No cell reaches beyond the width and the height that the picture declares."""
    width, height = int(drawn.get("width", "0")), int(drawn.get("height", "0"))
    ends = [
        (int(cell.get("x", "0")) + int(cell.get("width", "0")), int(cell.get("y", "0")) + int(cell.get("height", "0")))
        for cell in drawn.iter(f"{SVG}rect")
    ]

    assert all(right <= width and bottom <= height for right, bottom in ends)
