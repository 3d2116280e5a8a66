"""Labels stand near their points and cover nothing; what finds no room has none."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from incload.report.render.labels import Box, place_beside, spread

ROOM = Box(0, 0, 400, 200)
POINTS = st.lists(st.tuples(st.integers(5, 395), st.integers(5, 195)), min_size=1, max_size=12)


@given(points=POINTS)
def test_a_label_covers_nothing(points: list[tuple[int, int]]) -> None:
    """However many points there are, no label meets a point or another label, or leaves the room."""
    taken = [Box(x - 5, y - 5, x + 5, y + 5) for x, y in points]
    for point in points:
        box = place_beside(point, 60, taken, ROOM)
        if box is not None:
            assert not any(box.meets(other) for other in taken)
            assert box.lies_in(ROOM)
            taken.append(box)


def test_a_label_alone_stands_to_the_right() -> None:
    """Its first line is that of its point."""
    assert place_beside((100, 100), 60, [], ROOM) == Box(108, 93.5, 168, 106.5)


def test_no_room_means_no_label() -> None:
    """A label that is wider than the room has no place."""
    assert place_beside((100, 100), 500, [], ROOM) is None


@pytest.mark.parametrize(
    ("wanted", "places"),
    [
        ([10.0, 50.0], [10.0, 50.0]),
        ([10.0, 11.0, 12.0], [10.0, 24.0, 38.0]),
        ([98.0, 99.0], [86.0, 100.0]),
        ([0.0] * 5, [0.0, 14.0, 28.0, 42.0, 56.0]),
    ],
)
def test_names_are_spread(wanted: list[float], places: list[float]) -> None:
    """Each stands where it is wanted, or as near to it as the others allow."""
    assert spread(wanted, 14, (0, 100)) == places


@given(wanted=st.lists(st.floats(0, 100), max_size=20))
def test_spread_names_keep_their_order_and_distance(wanted: list[float]) -> None:
    """They ascend, within the room, and no two are nearer than the room allows."""
    places = spread(sorted(wanted), 14, (0, 100))
    least = min(14, 100 / max(len(wanted) - 1, 1))

    assert all(-0.001 <= each <= 100.001 for each in places)
    assert all(after - before >= least - 0.001 for before, after in pairwise(places))
