"""Decimals and whole numbers of more than 64 bits are cursors, exact to the last digit, on every pair of engines."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from incload.cursor import Scale
from incload.engines.endpoints import locate
from incload.errors import Refused
from incload.exact_numbers import ExactNumbers, carried_exactly, rank
from incload.loading.state.edit import Choice, set_by_hand
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


SET_BY_HAND = [
    ("duckdb", "DECIMAL(19,2)", ["1.00", "10.00"], "9.90", "9.90"),
    ("duckdb", "DECIMAL(19,2)", ["1.00", "10.00"], "9.9", "9.90"),
    ("duckdb", "HUGEINT", ["1", "99999999999999999999"], "99999999999999999998", "99999999999999999998"),
    ("duckdb", "UBIGINT", ["1", "18446744073709551615"], "18446744073709551614", "18446744073709551614"),
    ("duckdb", "TIMESTAMP_NS", ["'2026-01-01'", "'2026-01-01 00:00:00.000000002'"], "2026-01-01T00:00:00.000000001",
     "2026-01-01T00:00:00.000000001"),
    ("duckdb", "TIMESTAMPTZ_NS", ["'2026-01-01'", "'2026-01-01 00:00:00.000000002'"], "2026-01-01T00:00:00.000000001",
     "2026-01-01T00:00:00.000000001"),
    ("duckdb", "BIGINT", ["1", "9007199254740993"], "9007199254740992", 9007199254740992),
    ("postgres", "numeric(30,10)", ["1", "12345678901234567890.0000000002"], "12345678901234567890.0000000001",
     "12345678901234567890.0000000001"),
    ("postgres", "numeric(5,0)", ["1", "-3"], "-4", "-4"),
    ("postgres", "timestamptz", ["'2026-01-01'", "'2026-01-01 00:00:00.000002'"], "2026-01-01T00:00:00.000001",
     "2026-01-01T00:00:00.000001"),
]  # fmt: skip


def state_of(pair: Pair) -> Choice:
    """Return the choice of the one state of a target."""
    return Choice(locate(pair.target), "events", "timestamp_watermark")


@pytest.mark.parametrize(
    ("engines", "declared", "values", "watermark", "shown"),
    [((case[0], target), *case[1:]) for case in SET_BY_HAND for target in ("sqlite", "duckdb", "postgres")],
)
def test_a_watermark_is_set_to_the_last_digit(
    pair: Pair, declared: str, values: list[str], watermark: str, shown: object
) -> None:
    """Rows at it are not read again, and those a last digit beyond it are."""
    if pair.engines[1] == "postgres" and "_NS" in declared:
        pytest.skip("PostgreSQL has no nanoseconds")
    small, large = values
    pair.write(
        f"CREATE TABLE events (id bigint PRIMARY KEY, c {declared})",
        f"INSERT INTO events VALUES (1, {small}), (2, {large}), (3, {_quoted(watermark, small)})",
    )
    first = pair.load("timestamp_watermark", cursor="c")
    set_by_hand(state_of(pair), watermark, None)
    again = pair.load("timestamp_watermark", cursor="c")

    assert first.loaded == 3
    expected = [id_ for id_, value in ((1, small), (2, large)) if _beyond(value, watermark)]
    assert (again.previous_watermark, again.loaded) == (shown, len(expected))


def _quoted(watermark: str, like: str) -> str:
    return f"'{watermark}'" if like.startswith("'") else watermark


def _beyond(value: str, watermark: str) -> bool:
    if value.startswith("'"):
        return value.strip("'").replace(" ", "T") > watermark
    return Decimal(value) > Decimal(watermark)


@pytest.mark.parametrize("engines", [("duckdb", "sqlite"), ("postgres", "duckdb"), ("duckdb", "postgres")])
@pytest.mark.parametrize("watermark", ["9.901", "1e5", "NaN", "9" * 50, "ten", ""])
def test_a_watermark_that_the_column_cannot_hold_is_refused(pair: Pair, watermark: str) -> None:
    """In one sentence that shows the form, and the state stays."""
    pair.write("CREATE TABLE events (id bigint PRIMARY KEY, c decimal(19,2))", "INSERT INTO events VALUES (1, 9.90)")
    pair.load("timestamp_watermark", cursor="c")
    with pytest.raises(Refused, match=r"is not of the form of the cursor column 'c': write it as in 9\.90"):
        set_by_hand(state_of(pair), watermark, None)
    assert pair.load("timestamp_watermark", cursor="c").previous_watermark == "9.90"


@pytest.mark.parametrize("engines", PAIRS[:-1])
def test_a_watermark_beyond_every_number_of_the_column_reads_nothing(pair: Pair) -> None:
    """It has more digits than the column, and is compared all the same."""
    pair.write("CREATE TABLE events (id bigint PRIMARY KEY, c decimal(19,2))", "INSERT INTO events VALUES (1, 9.90)")
    pair.load("timestamp_watermark", cursor="c")
    set_by_hand(state_of(pair), "100000000000000000.00", None)
    assert pair.load("timestamp_watermark", cursor="c").loaded == 0
    set_by_hand(state_of(pair), "-100000000000000000.00", None)
    assert pair.load("timestamp_watermark", cursor="c").loaded == 1


@pytest.mark.parametrize("engines", [pair for pair in PAIRS if pair[0] == "duckdb"])
@pytest.mark.parametrize("declared", ["UBIGINT", "DECIMAL(3,0)"])
def test_a_window_may_begin_before_every_number_of_the_column(pair: Pair, declared: str) -> None:
    """An hour before second 5 is below zero, which the column cannot hold, or has more digits."""
    pair.write(f"CREATE TABLE events (id bigint PRIMARY KEY, c {declared})", "INSERT INTO events VALUES (1, 5)")
    pair.load("lookback_window:minutes=60", cursor="c", cursor_per_second=1)
    pair.write("INSERT INTO events VALUES (2, 0)")
    pair.load("lookback_window:minutes=60", cursor="c", cursor_per_second=1)

    assert [key for (key,) in pair.rows("SELECT id FROM events ORDER BY 1")] == [1, 2]


@pytest.mark.parametrize("engines", [("postgres", "sqlite"), ("postgres", "duckdb"), ("postgres", "postgres")])
@pytest.mark.parametrize("declared", ["numeric", "numeric(50,2)", "numeric(3,-2)", "numeric(3,5)"])
def test_a_number_of_any_digits_is_refused_with_the_remedy(pair: Pair, declared: str) -> None:
    """A numeric without digits, or with more than every engine has, orders by no fixed number of places."""
    pair.write(f"CREATE TABLE events (id bigint PRIMARY KEY, c {declared})", "INSERT INTO events VALUES (1, 0)")
    with pytest.raises(Refused, match=r"give it digits, as numeric\(38,9\), or load from a view that casts it"):
        pair.load("timestamp_watermark", cursor="c")
    assert pair.load("full_refresh").loaded == 1


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
