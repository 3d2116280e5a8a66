"""The timeline of rows that are judged one by one: since when each was lost or stale, and how that ended."""

from __future__ import annotations

from incload.harness.trials.error_timeline import ErrorTimeline, Spell


def test_a_row_that_becomes_right_again_has_healed() -> None:
    """Lost after sync 1 and right after sync 4: three syncs, and nothing wrong permanently."""
    timeline = ErrorTimeline()

    assert timeline.enter(1, {("a",): "lost", ("b",): None}) == [("a",)]
    assert timeline.enter(2, {}) == []
    assert timeline.enter(3, {}) == []
    assert timeline.enter(4, {("a",): None}) == []
    timeline.close(6)

    assert (timeline.healed_after, timeline.heal_syncs_median, timeline.heal_syncs_max) == ([3], 3.0, 3)
    assert (
        timeline.wrong_at_last("lost"),
        timeline.wrong_at_last("stale"),
        tuple(timeline.ever_wrong),
        timeline.wrong_syncs,
    ) == (
        0,
        0,
        (("a",),),
        3,
    )


def test_a_row_that_leaves_while_wrong_stays_so_permanently() -> None:
    """It counts as what it was when it was last there, and no longer as wrong after later syncs."""
    timeline = ErrorTimeline()

    timeline.enter(0, {("a",): "stale"})
    timeline.enter(1, {}, [("a",)])
    timeline.close(3)

    assert (timeline.wrong_at_last("lost"), timeline.wrong_at_last("stale"), timeline.wrong_syncs) == (0, 1, 1)
    assert timeline.gone == {("a",): Spell("stale", 0, 1, "left")}


def test_a_row_that_comes_back_is_judged_again() -> None:
    """What it was before it left is forgotten: it was never healed, and it is right when it is last seen."""
    timeline = ErrorTimeline()

    timeline.enter(0, {("a",): "stale"})
    timeline.enter(1, {}, [("a",)])
    timeline.enter(2, {("a",): None})
    timeline.close(3)

    assert (timeline.wrong_at_last("stale"), timeline.healed_after, tuple(timeline.ever_wrong)) == (0, [], (("a",),))


def test_a_lost_row_may_become_stale() -> None:
    """It is one time of being wrong, and ends as what it was last."""
    timeline = ErrorTimeline()

    timeline.enter(0, {("a",): "lost"})
    assert timeline.enter(1, {("a",): "stale"}) == []
    timeline.close(2)

    assert (timeline.wrong_at_last("lost"), timeline.wrong_at_last("stale")) == (0, 1)
    assert timeline.longest == {("a",): Spell("stale", 0, 2, "open")}


def test_the_longest_time_of_each_row_is_kept_and_all_are_added_up() -> None:
    """Wrong for one sync, then for two, then for one: the middle time is reported, four syncs are counted."""
    timeline = ErrorTimeline()

    for sync, kind in enumerate(["lost", None, "stale", "stale", None, "lost"]):
        timeline.enter(sync, {("a",): kind})  # type: ignore[dict-item]  # each is one of the kinds
    timeline.close(6)

    assert timeline.longest == {("a",): Spell("stale", 2, 4, "healed")}
    assert timeline.wrong_for == {("a",): 4}
    assert (timeline.heal_syncs_median, timeline.heal_syncs_max) == (1.5, 2)


def test_nothing_wrong_is_reported_as_such() -> None:
    """Without a wrong row there is no time to heal."""
    timeline = ErrorTimeline()
    timeline.enter(0, {("a",): None})
    timeline.close(1)

    assert (timeline.heal_syncs_median, timeline.heal_syncs_max) == (None, None)
    assert (timeline.ever_wrong, timeline.wrong_syncs) == ({}, 0)
