"""Lives are drawn from seeds or by a property-based test; each can be, and all that can happen does in some."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st

from incload.assumptions import OF_READING
from incload.harness.falsify.generate import draw
from incload.harness.falsify.shrink import possible
from incload.history.breaks import SIZES_ONLY, measure
from incload.strategy import Assumption

if TYPE_CHECKING:
    from incload.harness.falsify.tiny_history import Life


def drawn(seed: int) -> Life:
    """Draw a life from random numbers."""
    chance = Random(seed)  # noqa: S311 - a history is no secret
    return draw(lambda options: options[chance.randrange(len(options))])


@given(seed=st.integers(0, 2**32))
def test_a_life_can_be(seed: int) -> None:
    """Whatever is drawn could happen, is small, and is the same from the same seed."""
    life = drawn(seed)

    assert possible(life)
    assert life.rows <= 4 + 5 * 3
    assert 1 <= len(life.beats) <= 5
    assert drawn(seed) == life


def test_everything_happens() -> None:
    """Some life of a few hundred breaks each assumption that a life can break, and each fault harms one."""
    lives = [drawn(seed) for seed in range(300)]
    broken = {assumption for life in lives for assumption in measure(life.history(), life.faults)}

    assert broken >= SIZES_ONLY
    assert set(Assumption) - broken == {Assumption.WHOLE_READ} | OF_READING
    assert {fault.kind for life in lives for fault in life.faults} == {
        "skip_sync",
        "lose_state",
        "roll_back_state",
        "round_up_state",
        "truncate_state",
        "crash_after_state",
        "crash_after_rows",
        "partial_read",
        "cut_log",
    }


def test_many_lives_break_little() -> None:
    """Honest rows come and change in enough lives that claims of soundness are put to the test."""
    honest = SIZES_ONLY | {Assumption.INSERT_ONLY}
    lives = [drawn(seed) for seed in range(200)]

    assert sum(measure(life.history(), life.faults).keys() <= honest for life in lives) >= 20
