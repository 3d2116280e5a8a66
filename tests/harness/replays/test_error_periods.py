"""The tally: since when a row was lost or stale, how that ended, and what it was when it was last in the source."""

from __future__ import annotations

from incload.harness.replays.error_periods import Spell, Tally


def test_a_row_that_becomes_right_again_has_healed() -> None:
    """Lost after sync 1 and right after sync 4: three syncs, and nothing wrong for ever."""
    tally = Tally()

    assert tally.enter(1, {("a",): "lost", ("b",): None}) == [("a",)]
    assert tally.enter(2, {}) == []
    assert tally.enter(3, {}) == []
    assert tally.enter(4, {("a",): None}) == []
    tally.close(6)

    assert (tally.healed_after, tally.heal_syncs_median, tally.heal_syncs_max) == ([3], 3.0, 3)
    assert (tally.for_ever("lost"), tally.for_ever("stale"), tally.ever_wrong, tally.wrong_syncs) == (
        0,
        0,
        (("a",),),
        3,
    )


def test_a_row_that_leaves_while_wrong_stays_so_for_ever() -> None:
    """It counts as what it was when it was last there, and no longer as wrong after later syncs."""
    tally = Tally()

    tally.enter(0, {("a",): "stale"})
    tally.enter(1, {}, [("a",)])
    tally.close(3)

    assert (tally.for_ever("lost"), tally.for_ever("stale"), tally.wrong_syncs) == (0, 1, 1)
    assert tally.gone == {("a",): Spell("stale", 0, 1, "left")}


def test_a_row_that_comes_back_is_judged_again() -> None:
    """What it was before it left is forgotten: it was never healed, and it is right when it is last seen."""
    tally = Tally()

    tally.enter(0, {("a",): "stale"})
    tally.enter(1, {}, [("a",)])
    tally.enter(2, {("a",): None})
    tally.close(3)

    assert (tally.for_ever("stale"), tally.healed_after, tally.ever_wrong) == (0, [], (("a",),))


def test_a_lost_row_may_become_stale() -> None:
    """It is one time of being wrong, and ends as what it was last."""
    tally = Tally()

    tally.enter(0, {("a",): "lost"})
    assert tally.enter(1, {("a",): "stale"}) == []
    tally.close(2)

    assert (tally.for_ever("lost"), tally.for_ever("stale")) == (0, 1)
    assert tally.longest == {("a",): Spell("stale", 0, 2, "open")}


def test_the_longest_time_of_each_row_is_kept_and_all_are_added_up() -> None:
    """Wrong for one sync, then for two, then for one: the middle time is told, four syncs are counted."""
    tally = Tally()

    for sync, kind in enumerate(["lost", None, "stale", "stale", None, "lost"]):
        tally.enter(sync, {("a",): kind})  # type: ignore[dict-item]  # each is one of the kinds
    tally.close(6)

    assert tally.longest == {("a",): Spell("stale", 2, 4, "healed")}
    assert tally.wrong_for == {("a",): 4}
    assert (tally.heal_syncs_median, tally.heal_syncs_max) == (1.5, 2)


def test_nothing_wrong_is_told_as_such() -> None:
    """Without a wrong row there is no time to heal."""
    tally = Tally()
    tally.enter(0, {("a",): None})
    tally.close(1)

    assert (tally.heal_syncs_median, tally.heal_syncs_max, tally.ever_wrong, tally.wrong_syncs) == (None, None, (), 0)
