"""The frontier chart: the names of the joined points stand where they cover no point and no other name."""

from __future__ import annotations

import re

from incload.report.render.frontier_svg import Dot, frontier_svg


def names(svg: str) -> dict[str, tuple[int, int]]:
    """Return where each name is written."""
    found = re.findall(r'<text class="name" x="(\d+)" y="(\d+)">([^<]+)</text>', svg)
    return {name: (int(x), int(y)) for x, y, name in found}


def test_only_joined_points_are_named() -> None:
    """The others say what they are when they are pointed at."""
    svg = frontier_svg([Dot("trigger_cdc", 1000, 0, joined=True), Dot("lookback_window", 9000, 50, joined=False)])

    assert list(names(svg)) == ["trigger_cdc"]
    assert "<title>lookback_window: 9,000 rows read, 50 ever wrong</title>" in svg


def test_a_name_covers_no_point_to_its_right() -> None:
    """A point at the same height, just right of a joined one, would be under the name: the name moves up a line."""
    alone = frontier_svg([Dot("settling_delay", 7000, 70, joined=True), Dot("full_refresh", 70_000, 0, joined=False)])
    beside = frontier_svg(
        [
            Dot("settling_delay", 7000, 70, joined=True),
            Dot("full_refresh", 70_000, 0, joined=False),
            Dot("sparse_lookback", 11_000, 71, joined=False),
        ]
    )

    (left, base), (other, moved) = names(alone)["settling_delay"], names(beside)["settling_delay"]
    assert (other, moved) == (left, base - 15)


def test_two_names_at_one_place_stand_above_each_other() -> None:
    """Two joined points that lie close together keep their names apart."""
    placed = names(frontier_svg([Dot("a_strategy", 1000, 10, joined=True), Dot("b_strategy", 1000, 10.1, joined=True)]))

    assert placed["b_strategy"][1] <= placed["a_strategy"][1] - 15
