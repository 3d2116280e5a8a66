"""An honest life goes on evenly, whatever its clock, and its pieces are new."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from incload.history.synthetic.base_table import key_of, timestamp_of
from incload.history.synthetic.builder import Plan
from incload.history.synthetic.clean import (
    DAY,
    HOUR,
    MINUTE,
    SECOND,
    fresh,
    insert_below,
    live_honestly,
    unused,
    unused_at,
)
from incload.history.synthetic.datasets import ORDERS, STARTED
from incload.history.synthetic.scenarios import scenario

if TYPE_CHECKING:
    from conftest import Changes

few_examples = settings(max_examples=5)
sizes, seeds = st.integers(100, 500), st.integers(0, 2**32)


def lived(ticks: int = 3, every: int = 5 * MINUTE) -> Plan:
    """Return the plan of an honest life of a hundred orders."""
    plan = Plan(ORDERS, 100, 1)
    live_honestly(plan, ticks, every)
    return plan


def test_spans_are_microseconds() -> None:
    """A second is a million of them."""
    assert (SECOND, MINUTE, HOUR, DAY) == (1_000_000, 60_000_000, 3_600_000_000, 86_400_000_000)


@few_examples
@given(rows=st.integers(100, 2_000), seed=seeds)
def test_a_clean_life_changes_two_rows_in_a_hundred(rows: int, seed: int, changes: Changes) -> None:
    """Each tick has half inserts and half updates, six changes at least, all timestamped within its five minutes."""
    found = changes(scenario("clean").build(rows, seed))
    expected = max(6, round(rows * 0.02))

    for sync in range(1, 11):
        tick = [change for change in found if change.sync == sync]
        assert len(tick) == expected
        assert len([change for change in tick if change.old is None]) == expected // 2
        assert all(change.timestamp and change.at - 5 * MINUTE < change.timestamp <= change.at for change in tick)


@few_examples
@given(rows=sizes, seed=seeds)
def test_an_honest_update_changes_more_than_its_timestamp(rows: int, seed: int, changes: Changes) -> None:
    """Every update of a clean life raises the timestamp and differs in payload; it never is a mere touch."""
    for change in changes(scenario("clean").build(rows, seed)):
        if change.row is not None and change.old is not None:
            assert (change.timestamp or 0) > (change.was or 0)
            assert change.row | {"modified_at": None} != change.old | {"modified_at": None}


@pytest.mark.parametrize("every", [MINUTE, 5 * MINUTE, DAY])
def test_a_tick_lasts_as_long_as_it_gets(every: int) -> None:
    """Ticks follow one another at that distance, and their timestamps fill the time between."""
    plan = lived(3, every)
    timestamps = [sorted(timestamp_of(row) or 0 for row in tick.upserts.values()) for tick in plan.ticks]

    assert [tick.at for tick in plan.ticks] == [STARTED + number * every for number in (1, 2, 3)]
    for number, tick in enumerate(timestamps):
        assert tick[0] > STARTED + number * every
        assert tick[-1] <= STARTED + (number + 1) * every
        assert tick[-1] - tick[0] > every // 2


def test_rows_below_a_key_take_the_nearest_unused_ones() -> None:
    """Keys that are or were in use are passed over; there are as many rows as a flaw takes."""
    plan = lived()
    plan.few = 12
    keys = [key_of(row) for row in insert_below(plan, plan.ticks[1], 30)]

    assert keys == [29, 28, 27, 26, 25, 24, 23, 22, 21, 19, 18, 17]
    assert plan.ticks[1].upserts.keys() >= set(keys)
    assert [key_of(row) for row in insert_below(plan, plan.ticks[2], 21)][:3] == [16, 15, 14]


def test_a_timestamp_is_drawn_until_it_is_unused() -> None:
    """Of three possible timestamps the one that nothing has is taken, and then it is taken."""
    taken = {5, 6}

    assert unused(lived().draws("x"), taken, 5, 7) == 7
    assert taken == {5, 6, 7}


def test_an_unused_timestamp_is_looked_for_downwards() -> None:
    """The nearest timestamp that nothing has and that is not later is taken."""
    taken = {5, 6}

    assert [unused_at(6, taken), unused_at(6, taken), unused_at(9, taken)] == [4, 3, 9]
    assert taken == {3, 4, 5, 6, 9}


def test_a_fresh_timestamp_is_of_the_ticks_own_time() -> None:
    """It lies after the sync before the tick and not after the tick."""
    plan = lived()
    draws, taken = plan.draws("x"), plan.timestamps()
    timestamps = [fresh(plan, 1, draws, taken) for _ in range(200)]

    assert STARTED + 5 * MINUTE < min(timestamps) < max(timestamps) <= STARTED + 10 * MINUTE
    assert len(set(timestamps)) == 200
