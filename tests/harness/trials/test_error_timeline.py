"""The timeline adds audits up as a person with pencil and paper would: every sequence here is worked out by hand."""

from __future__ import annotations

import pytest

from incload.auditing.audit import Difference
from incload.harness.trials.error_timeline import ErrorTimeline, counts

ONE, TWO, THREE = (1,), (2,), (3,)
GOOD = Difference()


def lost(*keys: tuple[int]) -> Difference:
    """Return a difference of lost rows."""
    return Difference(lost=frozenset(keys))


def stale(*keys: tuple[int]) -> Difference:
    """Return a difference of stale rows."""
    return Difference(stale=frozenset(keys))


def phantom(*keys: tuple[int]) -> Difference:
    """Return a difference of phantom rows."""
    return Difference(phantom=frozenset(keys))


def entered(*audits: Difference | tuple[Difference, list[tuple[int]]]) -> ErrorTimeline:
    """Enter audits from sync 0 on; beside an audit may stand the keys that left the source before it."""
    timeline = ErrorTimeline()
    for sync, audit in enumerate(audits):
        found, left = audit if isinstance(audit, tuple) else (audit, [])
        timeline.enter_audit(sync, found, left)
    return timeline


def healing(timeline: ErrorTimeline) -> tuple[list[int], float | None, int | None, int]:
    """Return the times to heal, their median and maximum, and how many rows never healed."""
    return timeline.healed_after, timeline.heal_syncs_median, timeline.heal_syncs_max, timeline.rows_never_healed


def test_nothing_wrong() -> None:
    """A trial without a wrong row has nothing but its last audit."""
    timeline = entered(GOOD, GOOD, GOOD)

    assert timeline == ErrorTimeline(last=GOOD)
    assert healing(timeline) == ([], None, None, 0)


def test_nothing_entered() -> None:
    """A timeline without an audit has zeros and no last difference."""
    assert (ErrorTimeline().last, ErrorTimeline().wrong_syncs, healing(ErrorTimeline())) == (
        None,
        0,
        ([], None, None, 0),
    )


def test_wrong_then_healed() -> None:
    """A row found wrong after sync 1 and right after sync 4 healed after three syncs."""
    timeline = entered(GOOD, lost(ONE), lost(ONE), lost(ONE), GOOD)

    assert healing(timeline) == ([3], 3.0, 3, 0)
    assert (timeline.ever_wrong, timeline.wrong_syncs, timeline.most) == ({ONE: 1}, 3, (1, 0, 0, 0))


def test_wrong_permanently() -> None:
    """A row still wrong at the end never healed."""
    timeline = entered(GOOD, lost(ONE), lost(ONE))

    assert healing(timeline) == ([], None, None, 1)


def test_wrong_once_more() -> None:
    """A row that was wrong twice is one row and two times to heal."""
    timeline = entered(GOOD, stale(ONE), GOOD, stale(ONE), stale(ONE), GOOD)

    assert healing(timeline) == ([1, 2], 1.5, 2, 0)
    assert (timeline.ever_wrong, timeline.wrong_syncs) == ({ONE: 1}, 3)


def test_healed_and_wrong_at_the_end() -> None:
    """A row that healed once and is wrong at the end counts as healed and as never healed."""
    assert healing(entered(stale(ONE), GOOD, stale(ONE))) == ([1], 1.0, 1, 1)


def test_the_kind_may_change() -> None:
    """A row that was lost and then stale was wrong all along."""
    timeline = entered(lost(ONE), stale(ONE), GOOD)

    assert healing(timeline) == ([2], 2.0, 2, 0)
    assert timeline.most == (1, 1, 0, 0)


@pytest.mark.parametrize("found", [lost(ONE), stale(ONE), Difference(duplicated={ONE: 2})])
def test_left_the_source_while_wrong(found: Difference) -> None:
    """A row that leaves the source while wrong never healed, even when the target is right about it afterwards."""
    timeline = entered(GOOD, found, (GOOD, [ONE]), GOOD)

    assert healing(timeline) == ([], None, None, 1)
    assert (timeline.never_healed, timeline.wrong_syncs) == ({ONE}, 1)


def test_left_the_source_while_right() -> None:
    """A row that leaves the source while right, and the target with it, was never wrong."""
    assert entered(GOOD, (GOOD, [ONE])) == ErrorTimeline(last=GOOD)


def test_a_phantom_heals() -> None:
    """A right row that leaves the source is a phantom from then on, until the target lets go of it."""
    timeline = entered(GOOD, (phantom(ONE), [ONE]), phantom(ONE), GOOD)

    assert healing(timeline) == ([2], 2.0, 2, 0)


def test_a_phantom_stays() -> None:
    """A phantom at the end never healed."""
    assert healing(entered(GOOD, (phantom(ONE), [ONE]), phantom(ONE))) == ([], None, None, 1)


def test_a_stale_row_becomes_a_phantom_that_heals() -> None:
    """A row that left while stale never healed, and its phantom heals by itself: both are reported."""
    timeline = entered(stale(ONE), stale(ONE), (phantom(ONE), [ONE]), phantom(ONE), phantom(ONE), GOOD)

    assert healing(timeline) == ([3], 3.0, 3, 1)
    assert timeline.ever_wrong == {ONE: 0}


def test_a_stale_row_becomes_a_phantom_that_stays() -> None:
    """A row that left while stale and is a phantom at the end is one row that never healed."""
    assert healing(entered(stale(ONE), (phantom(ONE), [ONE]))) == ([], None, None, 1)


def test_deleted_and_inserted_again_within_a_tick() -> None:
    """A wrong row that leaves and comes back at once never healed, and what came back starts again."""
    timeline = entered(stale(ONE), stale(ONE), (stale(ONE), [ONE]), GOOD)

    assert healing(timeline) == ([1], 1.0, 1, 1)


def test_deleted_and_inserted_again_unharmed() -> None:
    """A right row that leaves and comes back, and is right again, was never wrong."""
    assert entered(GOOD, (GOOD, [ONE]), GOOD).ever_wrong == {}


def test_a_phantom_that_comes_back() -> None:
    """A phantom whose row is inserted again is wrong until source and target agree."""
    timeline = entered(GOOD, (phantom(ONE), [ONE]), stale(ONE), GOOD)

    assert healing(timeline) == ([2], 2.0, 2, 0)
    assert timeline.most == (0, 1, 1, 0)


def test_a_phantom_that_leaves_again() -> None:
    """A deleted row deleted once more is a phantom as before: it did not leave while the target owed it something."""
    timeline = entered(GOOD, (phantom(ONE), [ONE]), (phantom(ONE), [ONE]), GOOD)

    assert healing(timeline) == ([2], 2.0, 2, 0)


def test_keys_that_left_and_were_never_seen_wrong() -> None:
    """Keys that no one found wrong may leave in any number."""
    assert healing(entered(lost(ONE), (lost(ONE), [TWO, THREE]))) == ([], None, None, 1)


def test_maxima_are_kept_by_kind() -> None:
    """Each kind has the maximum of its own, and duplicated rows count every copy that is too many."""
    timeline = entered(
        Difference(frozenset({ONE, TWO}), frozenset({THREE}), frozenset(), {}),
        Difference(frozenset({ONE}), frozenset({TWO, THREE}), frozenset(), {ONE: 3, TWO: 2}),
        Difference(frozenset(), frozenset(), frozenset({ONE}), {ONE: 1}),
    )

    assert timeline.most == (2, 2, 1, 5)
    assert timeline.last is not None
    assert counts(timeline.last) == (0, 0, 1, 1)


@pytest.mark.parametrize(
    ("syncs_wrong", "median"), [([1], 1.0), ([1, 4], 2.5), ([1, 2, 9], 2.0), ([2, 2, 3, 9], 2.5), ([5, 1, 1], 1.0)]
)
def test_median_to_heal(syncs_wrong: list[int], median: float) -> None:
    """The median of an even number of times is the mean of the middle two."""
    keys = [(number,) for number in range(len(syncs_wrong))]
    audits = [
        lost(*(key for key, syncs in zip(keys, syncs_wrong, strict=True) if syncs > sync))
        for sync in range(max(syncs_wrong) + 1)
    ]
    timeline = entered(*audits)

    assert sorted(timeline.healed_after) == sorted(syncs_wrong)
    assert (timeline.heal_syncs_median, timeline.heal_syncs_max) == (median, max(syncs_wrong))


def test_rows_stand_in_the_order_in_which_they_went_wrong() -> None:
    """Rows ever wrong stand by sync, and within a sync in the order of their keys, as numbers and not as texts."""
    timeline = entered(lost((10,), (9,), (100,)), lost((1,), (9,), (20,)))

    assert list(timeline.ever_wrong.items()) == [((9,), 0), ((10,), 0), ((100,), 0), ((1,), 1), ((20,), 1)]


def test_keys_of_every_type_have_an_order() -> None:
    """Keys of several types and nulls among them stand in one order."""
    found = Difference(phantom=frozenset({(None, 1), ("b", 2), (3, 4), (b"c", 5)}))

    assert list(entered(found).ever_wrong) == [(None, 1), (3, 4), ("b", 2), (b"c", 5)]
