"""Growth: exponents of costs that are known, and the points that they are fitted to."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from incload.report.comparison.scaling import (
    Point,
    exponent,
    exponents,
    over_changes,
    over_rows,
    point,
    points,
    scenario,
)

if TYPE_CHECKING:
    from conftest import Make

FOUND = [Point(1_000, 10, 0.1, 10), Point(10_000, 10, 0.1, 10), Point(10_000, 100, 1.0, 100)]


@pytest.mark.parametrize(("power", "expected"), [(0, 0.0), (1, 1.0), (2, 2.0), (0.5, 0.5)])
def test_the_exponent_of_a_known_cost_is_found(power: float, expected: float) -> None:
    """Three times the size to the power."""
    assert exponent([(size, 3 * size**power) for size in (10, 100, 1_000)]) == pytest.approx(expected)


@pytest.mark.parametrize("pairs", [[], [(10, 1.0)], [(10, 1.0), (10, 2.0)], [(10, 1.0), (100, 0.0)]])
def test_without_two_sizes_or_with_a_cost_of_nothing_there_is_no_exponent(pairs: list[tuple[float, float]]) -> None:
    """A line needs two points, and nothing has no logarithm."""
    assert exponent(pairs) is None


def test_points_are_read_back_from_their_scenarios(make: Make) -> None:
    """A scenario's id says how many rows changed of how many; other suites and times that are missing are left out."""
    said = scenario(10, 1_000)
    outcomes = [
        make(suite="growth", scenario=said, rows_read=7, load_seconds_min=0.5),
        make(suite="growth", scenario=said, load_seconds_min=None),
        make(suite="matrix", scenario=said, load_seconds_min=0.5),
    ]

    assert points(outcomes) == {"timestamp_watermark": [Point(1_000, 10, 0.5, 7)]}
    assert point("clean", 0.5, 7) is None


def test_what_varies_differs_from_what_is_fixed() -> None:
    """Each line has the points that share the other number; a cost that follows the changes has 0 and 1."""
    assert over_rows(FOUND) == FOUND[:2]
    assert over_changes(FOUND) == FOUND[1:]
    assert exponents(FOUND) == pytest.approx((0.0, 0.0, 1.0, 1.0))
