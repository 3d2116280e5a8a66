"""The pictures: drawn from outcomes, and refused without anything to draw."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from incload.errors import Refused
from incload.report.comparison.scaling import Point
from incload.report.render.figure import _growth_figure, draw_growth

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Make


def test_growth_is_drawn(make: Make, tmp_path: Path) -> None:
    """The picture of growth is a file of the kind that its suffix names."""
    outcomes = [
        make(suite="growth", scenario=f"100_changed_of_{rows}", rows_read=100, load_seconds_min=rows / 1e6)
        for rows in (1_000, 10_000)
    ]
    draw_growth(outcomes, tmp_path / "growth.svg")

    assert b"<svg" in (tmp_path / "growth.svg").read_bytes()


def test_growth_has_logarithmic_axes_and_a_line_for_each_strategy() -> None:
    """Time above and rows read below, over size and over changes; slowest first, the reference copy dashed."""
    found = {
        "fast": [Point(10, 5, 0.1, 5), Point(100, 5, 0.2, 5), Point(100, 50, 0.3, 50)],
        "slow": [Point(10, 5, 1.0, 10), Point(100, 5, 9.0, 100), Point(100, 50, 9.5, 100)],
        "reference_copy": [Point(10, 5, 0.5, 10), Point(100, 5, 0.5, 100), Point(100, 50, 0.5, 100)],
    }
    axes = _growth_figure(found).axes

    assert [(each.get_xscale(), each.get_yscale()) for each in axes] == [("log", "log")] * 4
    assert [line.get_label() for line in axes[0].get_lines()] == ["slow", "reference_copy", "fast"]
    assert [each.get_title() for each in axes] == [
        "5 rows changed, table grows",
        "table of 100 rows, changes grow",
        "",
        "",
    ]
    assert [line.get_linestyle() for line in axes[0].get_lines()] == ["-", "--", "-"]
    assert [[list(line.get_ydata()) for line in each.get_lines()][2] for each in axes] == [
        [0.1, 0.2],
        [0.2, 0.3],
        [5, 5],
        [5, 50],
    ]


def test_growth_of_wrong_copies_is_not_drawn(make: Make, tmp_path: Path) -> None:
    """The speed of a wrong copy means nothing, and a missing time is no zero."""
    outcomes = [
        make(suite="growth", scenario="1_changed_of_9", outcome="wrong", lost=1, load_seconds_min=0.1),
        make(suite="growth", scenario="1_changed_of_9", load_seconds_min=None),
    ]

    with pytest.raises(Refused, match=r"^there is no growth to draw"):
        draw_growth(outcomes, tmp_path / "growth.png")


def test_without_matplotlib_charts_are_refused(make: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The optional library is named when it is missing."""
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    outcomes = [make(suite="growth", scenario="1_changed_of_9", load_seconds_min=0.1)]

    with pytest.raises(Refused, match=r"^charts need matplotlib, which is not installed: install it or leave"):
        draw_growth(outcomes, tmp_path / "growth.png")
