"""The streams of chance are the same everywhere, can be entered anywhere, and do not disturb each other."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from incload.errors import Refused
from incload.history.synthetic.random_streams import Draws, stream


def test_a_stream_is_the_same_everywhere() -> None:
    """Seed and name decide the doubles, to the last bit."""
    assert stream(1, "x").random(3).tolist() == [0.855616834324345, 0.47248312396276226, 0.0020076563371258516]


@given(seed=st.integers(0, 2**64), start=st.integers(0, 300), count=st.integers(0, 50))
def test_a_stream_can_be_entered_anywhere(seed: int, start: int, count: int) -> None:
    """Entering at a position gives the doubles that reading from the beginning has there."""
    whole = stream(seed, "x").random(350).tolist()

    assert stream(seed, "x", start).random(count).tolist() == whole[start : start + count]


def test_names_have_streams_of_their_own() -> None:
    """Another name draws other numbers from one seed."""
    assert stream(1, "x").random() != stream(1, "y").random()


def test_a_negative_seed_is_refused() -> None:
    """The refusal names the seed and says what to give."""
    with pytest.raises(Refused, match="the seed -1 is negative: give 0 or a larger"):
        stream(-1, "x")


@given(seed=st.integers(0, 2**32), count=st.integers(0, 60))
def test_an_order_has_everything_once(seed: int, count: int) -> None:
    """A random order is a permutation."""
    assert sorted(Draws(seed, "x").order(count)) == list(range(count))


def test_orders_differ_between_seeds() -> None:
    """All six orders of three things come up, none far more often than another."""
    orders = [tuple(Draws(seed, "x").order(3)) for seed in range(600)]

    assert len(set(orders)) == 6
    assert min(orders.count(order) for order in set(orders)) > 70


def test_an_order_can_be_left_early() -> None:
    """The beginning of an order over ten to the twelve things costs no more than what is taken."""
    order = Draws(7, "x").order(10**12)
    first = [next(order) for _ in range(5)]

    assert len(set(first)) == 5
    assert all(0 <= place < 10**12 for place in first)


@given(seed=st.integers(0, 2**32), least=st.integers(-50, 50), width=st.integers(0, 50))
def test_a_draw_stays_between_its_bounds(seed: int, least: int, width: int) -> None:
    """Neither bound is passed."""
    assert least <= Draws(seed, "x").between(least, least + width) <= least + width


def test_both_bounds_can_be_drawn() -> None:
    """The least and the most come up like anything between them."""
    draws = Draws(1, "x")

    assert {draws.between(3, 5) for _ in range(50)} == {3, 4, 5}


def test_some_takes_no_more_than_there_is() -> None:
    """Asking for more items than there are gives each of them once."""
    assert sorted(Draws(1, "x").some("abc", 5)) == ["a", "b", "c"]
