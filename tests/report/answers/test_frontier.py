"""The frontier: which strategies no other one beats in both rows read and rows wrong, and how they are drawn."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st

from incload.report.answers.frontier import Point, pareto, points
from incload.report.render.frontier_svg import Dot, frontier_svg

if TYPE_CHECKING:
    from conftest import Framed

PAIRS = st.lists(st.tuples(st.text(max_size=3), st.integers(0, 9), st.integers(0, 9)), min_size=1, max_size=8)


def test_those_that_no_other_one_beats() -> None:
    """Fewer of one and as few of the other beats; equal points do not."""
    assert pareto([("a", 10, 0), ("b", 5, 5), ("c", 10, 5), ("d", 5, 5)]) == [
        Point("b", 5, 5, best=True),
        Point("d", 5, 5, best=True),
        Point("a", 10, 0, best=True),
        Point("c", 10, 5, best=False),
    ]


@given(pairs=PAIRS)
def test_the_least_of_each_is_on_it(pairs: list[tuple[str, int, int]]) -> None:
    """Who reads least and who is least wrong are not beaten; every other one is, by one that is not."""
    found = pareto(pairs)
    best = [each for each in found if each.best]

    assert min(each.read for each in best) == min(each.read for each in found)
    assert min(each.wrong for each in best) == min(each.wrong for each in found)
    assert all(any(b.read <= each.read and b.wrong <= each.wrong for b in best) for each in found)


def test_who_missed_a_scenario_is_left_out(framed: Framed) -> None:
    """Fewer scenarios would look cheaper; so would reads that are not counted."""
    frame = framed(
        *({"strategy": "a", "scenario": each, "rows_read": 10, "rows_ever_wrong": 1} for each in "xy"),
        {"strategy": "b", "scenario": "x", "rows_read": 1},
        {"strategy": "b", "scenario": "y", "outcome": "not_applicable", "rows_read": None},
        *({"strategy": "c", "scenario": each, "rows_read": None} for each in "xy"),
    )

    assert points(frame) == [Point("a", 20, 2, best=True)]


def test_a_drawing_names_the_joined_and_has_a_title_for_all() -> None:
    """Zero, which has no logarithm, is drawn at the foot of the axis; names are escaped."""
    drawn = frontier_svg([Dot("<a>", 10, 0, joined=True), Dot("b", 1_000, 50, joined=False)])

    assert re.findall(r"<title>(.*?)</title>", drawn) == [
        "b: 1,000 rows read, 50 ever wrong",
        "&lt;a&gt;: 10 rows read, 0 ever wrong",
    ]
    assert re.findall(r'class="name"[^>]*>(.*?)<', drawn) == ["&lt;a&gt;"]


@given(st.lists(st.tuples(st.integers(0, 10**9), st.integers(0, 10**9)), min_size=1, max_size=9))
def test_every_point_lies_inside(pairs: list[tuple[int, int]]) -> None:
    """Whatever the figures, no point lies outside of the picture."""
    drawn = frontier_svg([Dot(str(place), x, y, joined=True) for place, (x, y) in enumerate(pairs)])

    for x, y in re.findall(r'cx="(-?\d+)" cy="(-?\d+)"', drawn):
        assert 0 <= int(x) <= 760
        assert 0 <= int(y) <= 380
