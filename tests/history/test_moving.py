"""A history at another time: nothing but its times is another."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from incload.history.history import History
from incload.history.moving import ending_at, moved
from incload.history.synthetic.scenarios import SCENARIOS, scenario

DAY = 86_400_000_000


@pytest.mark.parametrize("name", [each.id for each in SCENARIOS])
def test_what_is_moved_there_and_back_is_what_it_was(name: str) -> None:
    """Every value and every tick, nulls and added columns included."""
    history = scenario(name).build(100, 1)
    there = moved(history, DAY)

    assert there.digest() != history.digest()
    assert moved(there, -DAY).digest() == history.digest()


def test_every_time_moves_by_the_same_span() -> None:
    """The cursor of each row, the start and the ticks."""
    history = scenario("null_cursor").build(100, 1)
    there = moved(history, DAY)
    before, after = history.base["modified_at"].to_pylist(), there.base["modified_at"].to_pylist()

    assert there.started - history.started == DAY
    assert [tick.at for tick in there.ticks] == [tick.at + DAY for tick in history.ticks]
    assert after == [each and each + timedelta(days=1) for each in before]


@pytest.mark.parametrize("seconds", [0, 1, 59, 60])
def test_the_last_tick_is_less_than_a_minute_before(seconds: int) -> None:
    """It moves by whole minutes, so that seconds and what is coarser than them stay."""
    history = scenario("clean").build(100, 1)
    *_, last = history.ticks
    *_, moved_last = ending_at(history, last.at + DAY + seconds * 1_000_000).ticks

    assert moved_last.at - last.at == DAY + seconds // 60 * 60_000_000


def test_a_history_without_ticks_ends_where_it_starts() -> None:
    """Its base is what there is at the time."""
    base = scenario("clean").build(100, 1)
    found = ending_at(History(base.table, base.started, base.base, ()), base.started + DAY)

    assert found.started == base.started + DAY
    assert isinstance(found.base["modified_at"][0].as_py(), datetime)
