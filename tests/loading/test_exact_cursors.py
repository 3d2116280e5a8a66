"""Decimals and whole numbers of more than 64 bits are cursors, exact to the last digit, on every pair of engines."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from incload.cursor import Scale
from incload.errors import Refused
from incload.exact_numbers import ExactNumbers, carried_exactly, rank
from incload.ordered_ids import scale_of_tag
from incload.strategy import WriteRule

if TYPE_CHECKING:
    from tests.ends import Pair

PAIRS = [
    ("duckdb", "sqlite"),
    ("duckdb", "duckdb"),
    ("duckdb", "postgres"),
    ("postgres", "sqlite"),
    ("postgres", "duckdb"),
    ("postgres", "postgres"),
    ("parquet", "sqlite"),
]
STRATEGIES = ["timestamp_watermark", "composite_watermark", "boundary_dedup"]
SMALL, MIDDLE, LARGE = "-12345678901234567.01", "9.90", "12345678901234567.02"


@pytest.mark.parametrize("engines", PAIRS)
@pytest.mark.parametrize("strategy", STRATEGIES)
def test_decimals_are_followed(pair: Pair, strategy: str) -> None:
    """9.90 is less than 10.00, below zero is less than above, and no digit of nineteen is lost."""
    pair.write(
        "CREATE TABLE events (id bigint PRIMARY KEY, c decimal(19,2))",
        f"INSERT INTO events VALUES (1, {SMALL}), (2, {MIDDLE}), (3, NULL)",
    )
    first = pair.load(strategy, cursor="c")
    pair.write("INSERT INTO events VALUES (4, 10.00), (5, 9.80)")
    second = pair.load(strategy, cursor="c")
    pair.write(f"INSERT INTO events VALUES (6, {LARGE})")
    third = pair.load(strategy, cursor="c")

    assert (first.new_watermark, second.new_watermark, third.new_watermark) == (MIDDLE, "10.00", LARGE)
    assert [int(str(key)) for (key,) in pair.rows("SELECT id FROM events WHERE id > 2 ORDER BY 1")][-2:] == [4, 6]
    assert (str(5),) not in [(str(key),) for (key,) in pair.rows("SELECT id FROM events")]


@pytest.mark.parametrize("engines", [pair for pair in PAIRS if pair[0] == "duckdb"])
@pytest.mark.parametrize("declared", ["UBIGINT", "HUGEINT", "UINTEGER"])
def test_unsigned_numbers_are_followed(pair: Pair, declared: str) -> None:
    """Up to the largest number of 64 bits, where a float could not distinguish two of them."""
    low, high = (11, 2**32 - 1) if declared == "UINTEGER" else (2**64 - 2, 2**64 - 1)
    pair.write(
        f"CREATE TABLE events (id BIGINT PRIMARY KEY, c {declared})", f"INSERT INTO events VALUES (1, {low}), (2, 10)"
    )
    pair.load("timestamp_watermark", cursor="c")
    pair.write(f"INSERT INTO events VALUES (3, {high}), (4, 9)")
    second = pair.load("timestamp_watermark", cursor="c")

    assert (int(str(second.previous_watermark)), int(str(second.new_watermark)), second.loaded) == (low, high, 1)


@pytest.mark.parametrize("engines", [("duckdb", "postgres")])
def test_a_target_of_text_is_compared_as_numbers(pair: Pair) -> None:
    """A target that was made before large whole numbers had a type there holds texts, of which 9 is more than 10."""
    pair.write("CREATE TABLE events (id BIGINT PRIMARY KEY, c UBIGINT)", "INSERT INTO events VALUES (1, 10)")
    pair.write_target("CREATE TABLE events (id bigint PRIMARY KEY, c text)")
    pair.load("timestamp_watermark", cursor="c")
    pair.write("INSERT INTO events VALUES (2, 9), (3, 100)")
    again = pair.load("timestamp_watermark", cursor="c")

    assert (again.loaded, again.new_watermark) == (1, "100")
    assert pair.rows() == [(1, "10"), (3, "100")]


@pytest.mark.parametrize("engines", [("duckdb", "sqlite"), ("postgres", "duckdb")])
def test_a_window_needs_a_time(pair: Pair) -> None:
    """Plain numbers are no time, decimals no more than others; with a unit they count seconds and their parts."""
    pair.write("CREATE TABLE events (id bigint PRIMARY KEY, c decimal(12,2))", "INSERT INTO events VALUES (1, 1000.50)")
    with pytest.raises(Refused, match="plain numbers"):
        pair.load("lookback_window:minutes=30", cursor="c")
    pair.load("lookback_window:minutes=1", cursor="c", cursor_per_second=1)
    pair.write("INSERT INTO events VALUES (2, 940.50), (3, 940.49)")
    pair.load("lookback_window:minutes=1", cursor="c", cursor_per_second=1)

    assert [key for (key,) in pair.rows("SELECT id FROM events ORDER BY 1")] == [1, 2]


@pytest.mark.parametrize("engines", [("duckdb", "sqlite"), ("postgres", "duckdb"), ("duckdb", "postgres")])
def test_the_newest_row_stays(pair: Pair) -> None:
    """The write rule newest compares decimals as numbers: a row of 9.90 does not replace one of 10.00."""
    pair.write("CREATE TABLE events (id bigint PRIMARY KEY, c decimal(12,2))", "INSERT INTO events VALUES (1, 10.00)")
    pair.load("full_refresh", cursor="c", write_rule=WriteRule.NEWEST)
    pair.write("DELETE FROM events", "INSERT INTO events VALUES (1, 9.90)")
    pair.load("full_refresh", cursor="c", write_rule=WriteRule.NEWEST)

    assert [Decimal(str(value)) for (value,) in pair.rows("SELECT c FROM events")] == [Decimal("10.00")]


@given(st.integers(-(10**38) + 1, 10**38 - 1), st.integers(-(10**38) + 1, 10**38 - 1), st.integers(0, 38))
def test_positions_texts_and_ranks_are_in_one_order(one: int, other: int, places: int) -> None:
    """A text means its position, its tag its scale, and ranks order as numbers."""
    scale = ExactNumbers(None, places)

    assert [scale.position(scale.stored(each)) for each in (one, other)] == [one, other]
    assert scale_of_tag(scale.tag) == scale
    assert (str(rank(str(scale.stored(one)))) < str(rank(str(scale.stored(other))))) == (one < other)


@pytest.mark.parametrize(
    ("position", "before", "now", "carried"),
    [
        (150, ExactNumbers(None, 2), ExactNumbers(None, 4), 15000),
        (-155, ExactNumbers(None, 2), ExactNumbers(None, 1), -16),
        (7, Scale(None), ExactNumbers(None, 2), 700),
        (155, ExactNumbers(None, 2), Scale(None), 1),
        (1.5, Scale(None), ExactNumbers(None, 1), 15),
    ],
)
def test_a_watermark_outlives_a_change_of_places(position: float, before: Scale, now: Scale, carried: int) -> None:
    """It is rounded down where places are lost, so that nothing is passed over."""
    assert carried_exactly(position, before, now) == carried


@pytest.mark.parametrize("value", ["NaN", "Infinity", "1e5"])
def test_what_is_no_number_has_no_place(value: str) -> None:
    """NaN in a numeric column of PostgreSQL."""
    with pytest.raises(Refused, match="no place in an order"):
        ExactNumbers(None, 2).position(value)
