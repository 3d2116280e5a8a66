"""Shrinking keeps what a life shows and leaves out the rest."""

from __future__ import annotations

import pytest

from incload.harness.falsify.shrink import cost, possible, shrink
from incload.harness.falsify.tiny_history import Beat, Life
from incload.history.faults.coarse_state import TruncateState
from incload.history.faults.lose_state import LoseState
from incload.history.faults.roll_back_state import RollBackState
from incload.history.faults.skip_sync import SkipSync
from incload.history.synthetic.clean import DAY, HOUR, MINUTE, SECOND

LARGE = Life(
    ((2, 1, -DAY), (4, 2, -10 * MINUTE - 1), (6, 3, None)),
    (
        Beat(40 * MINUTE, ((8, 4, 39 * MINUTE + 30 * SECOND), (2, 5, 33 * MINUTE)), (6,)),
        Beat(50 * MINUTE, ((10, 6, 49 * MINUTE),), column=(7,)),
        Beat(DAY, ((8, 7, DAY - 1), (12, 8, None)), (4,), widens=True),
    ),
    (RollBackState(3, to=1), TruncateState(unit=HOUR)),
)


def test_nothing_is_kept_that_nothing_asks_for() -> None:
    """Of a life that need not show anything, nothing is left."""
    assert shrink(LARGE, lambda _: True) == Life((), ())


def test_what_is_asked_for_is_kept() -> None:
    """A life that has to hold a null in its last beat keeps one row, in one beat, at a round time, under a small id."""
    core = shrink(LARGE, lambda life: any(row[2] is None for beat in life.beats[-1:] for row in beat.upserts))

    assert core == Life((), (Beat(10 * MINUTE, ((1, 0, None),)),))


def test_a_microsecond_is_kept_where_it_matters() -> None:
    """A timestamp that has to lie a microsecond before another keeps doing so, at round times."""

    def apart(life: Life) -> bool:
        timestamps = {at for _, _, at in life.base if at is not None}
        return any(at - 10 * MINUTE - 1 in timestamps for at in timestamps | {0})

    core = shrink(LARGE, apart)

    assert core.beats == ()
    assert apart(core)
    assert core.rows == 1


def test_faults_follow_their_syncs() -> None:
    """When a beat goes, faults of later syncs move with theirs, and a state comes back from where it did."""
    core = shrink(LARGE, lambda life: any(each.kind == "roll_back_state" for each in life.faults))

    assert core.faults == (RollBackState(1, to=0),)
    assert len(core.beats) == 1


@pytest.mark.parametrize(
    "life",
    [
        Life((), (Beat(0),)),
        Life((), (Beat(2), Beat(2))),
        Life((), (Beat(1, deletes=(1,)),)),
        Life((), (Beat(1),), (LoseState(2),)),
        Life((), (Beat(1), Beat(2)), (SkipSync(1), RollBackState(2, to=1))),
    ],
)
def test_what_cannot_be(life: Life) -> None:
    """A clock that stands still, a row that leaves and was not there, a sync that never runs: all left out."""
    assert not possible(life)


def test_what_costs_more() -> None:
    """A row weighs more than an event, an event more than an odd timestamp, and that more than a large value."""
    costs = [
        cost(Life(((1, 9, 0),), ())),
        cost(Life(((1, 0, 1),), ())),
        cost(Life(((1, 0, 0),), (Beat(10 * MINUTE),))),
        cost(Life(((1, 0, 0), (2, 0, 0)), ())),
    ]

    assert costs == sorted(costs)
    assert len(set(costs)) == len(costs)
    assert possible(LARGE)
