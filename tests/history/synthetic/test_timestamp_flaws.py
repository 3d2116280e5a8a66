"""What each flaw of timestamps looks like: which rows it takes, and how far their timestamps are off."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from incload.history.synthetic.scenarios import scenario

if TYPE_CHECKING:
    from conftest import Change, Changes, Syncs

SECOND = 1_000_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR
MOST = {1, 2, 3, 4, 6, 7, 8, 9}
"""The syncs after the ticks that most flaws bend."""

few_examples = settings(max_examples=5)
sizes, seeds = st.integers(100, 500), st.integers(0, 2**32)


def late(found: list[Change]) -> list[Change]:
    """Return the changes that lie behind the watermark."""
    return [change for change in found if (change.lag or -1) > 0]


def split(found: list[Change]) -> tuple[list[Change], list[Change]]:
    """Return the inserts and the updates."""
    inserts = [change for change in found if change.old is None]
    return inserts, [change for change in found if change.old is not None and change.row is not None]


@few_examples
@given(rows=sizes, seed=seeds)
def test_late_rows_are_one_to_nine_minutes_late(rows: int, seed: int, changes: Changes) -> None:
    """Inserts and updates are late in each bent tick, by more than one and less than nine minutes."""
    found = late(changes(scenario("late_arrivals").build(rows, seed)))
    inserts, updates = split(found)

    assert {change.sync for change in inserts} == {change.sync for change in updates} == MOST
    assert all(MINUTE < (change.lag or 0) < 9 * MINUTE for change in found)


@few_examples
@given(rows=sizes, seed=seeds)
def test_some_late_rows_are_hours_late(rows: int, seed: int, changes: Changes) -> None:
    """A quarter lies one to twelve hours behind, inserts and updates; the rest less than nine minutes."""
    found = late(changes(scenario("late_beyond_window").build(rows, seed)))
    far = [change for change in found if (change.lag or 0) > 9 * MINUTE]
    inserts, updates = split(far)

    assert 0.15 < len(far) / len(found) < 0.35
    assert {change.sync for change in far} == MOST
    assert inserts
    assert updates
    assert all(HOUR <= (change.lag or 0) <= 12 * HOUR for change in far)


@few_examples
@given(rows=sizes, seed=seeds)
def test_late_commits_carry_the_timestamps_and_keys_of_their_statements(rows: int, seed: int, changes: Changes) -> None:
    """They are two ticks late, and new rows among them have keys that lie among those of the tick of the statement."""
    found = changes(scenario("late_commit").build(rows, seed))
    inserts, updates = split(late(found))
    honest = [change for change in found if change.old is None and (change.lag or 0) < 0]

    assert {change.sync for change in inserts} == {change.sync for change in updates} == {3, 4, 5, 6, 8, 9, 10}
    for change in inserts + updates:
        assert change.at - 15 * MINUTE < (change.timestamp or 0) <= change.at - 10 * MINUTE
    for change in inserts:
        then = [other.key for other in honest if other.sync == change.sync - 2]
        assert max(then) - 20 < change.key < max(then)


@pytest.mark.parametrize(("rows", "new", "old"), [(100, 2, 18), (500, 11, 89), (1_000, 22, 178)])
def test_a_bulk_has_the_shape_of_the_one_in_the_field(rows: int, new: int, old: int, changes: Changes) -> None:
    """A fifth of the table comes at once, an insert for eight updates, two to three days behind the watermark."""
    found = late(changes(scenario("backdated_bulk").build(rows, 3)))
    inserts, updates = split(found)

    assert (len(inserts), len(updates)) == (new, old)
    assert {change.sync for change in found} == {3}
    assert all(2 * DAY <= (change.lag or 0) <= 3 * DAY for change in found)
    assert all((change.was or 0) < (change.timestamp or 0) for change in updates)


@few_examples
@given(rows=sizes, seed=seeds)
def test_each_writer_is_off_by_its_own_offset(rows: int, seed: int, changes: Changes) -> None:
    """Timestamps lie in the five minutes of the tick, or of what a clock two or seven minutes slow takes for them."""
    found = changes(scenario("clock_skew").build(rows, seed))
    behind = [change.at - (change.timestamp or 0) for change in found]

    assert all(0 <= each < 12 * MINUTE for each in behind)
    assert max(behind) > 10 * MINUTE
    assert len([each for each in behind if each >= 7 * MINUTE]) > len(found) / 10
    assert all((change.lag or 0) < 7 * MINUTE for change in found)


@few_examples
@given(rows=sizes, seed=seeds)
def test_the_clock_repeats_an_hour(rows: int, seed: int, changes: Changes) -> None:
    """From the middle of the fourth tick on all timestamps are an hour behind; before, they are right."""
    found = changes(scenario("dst_fold").build(rows, seed))
    fold = 1_761_447_600_000_000  # 2025-10-26 03:00

    for change in found:
        timestamp = change.timestamp or 0
        assert timestamp <= fold or change.sync > 4
        assert change.at - 2 * HOUR < timestamp <= change.at - (HOUR if change.sync > 4 else 0)
    fourth = [change.timestamp or 0 for change in found if change.sync == 4]
    assert fold - HOUR < min(fourth) < fold - HOUR // 2 < max(fourth) <= fold
    assert any(10 * MINUTE < (change.lag or 0) <= HOUR for change in found)


@few_examples
@given(rows=sizes, seed=seeds)
def test_an_older_version_follows_a_newer_one(rows: int, seed: int, changes: Changes) -> None:
    """A row whose timestamp goes back was updated a sync before; it stays near the watermark, and nothing heals it."""
    found = changes(scenario("out_of_order_versions").build(rows, seed))
    lowered = [change for change in found if (change.timestamp or 0) < (change.was or 0)]

    assert {change.sync for change in lowered} == {2, 3, 4, 5, 7, 8, 9, 10}
    for change in lowered:
        before = [other for other in found if other.key == change.key and other.sync == change.sync - 1]
        assert len(before) == 1
        assert 0 < (change.lag or 0) <= 8 * MINUTE
        assert (before[0].was or 0) < (change.timestamp or 0) < (before[0].timestamp or 0)


@pytest.mark.parametrize(
    ("name", "larger"), [("duplicate_timestamps", True), ("duplicate_timestamps_smaller_id", False)]
)
@few_examples
@given(rows=sizes, seed=seeds)
def test_tied_rows_are_new(
    name: str,
    larger: bool,  # noqa: FBT001 - which side is the case
    rows: int,
    seed: int,
    changes: Changes,
) -> None:
    """Rows that tie with the watermark were never seen, and their keys are all on one side of its row's."""
    history = scenario(name).build(rows, seed)
    tied = [change for change in changes(history) if change.lag == 0]

    assert all(change.old is None for change in tied)
    assert not {change.key for change in tied} & set(history.base.column("id").to_pylist())
    assert {change.key > change.largest_key_at_watermark for change in tied} == {larger}
    assert len({change.key for change in tied}) == len(tied) >= 8


@pytest.mark.parametrize(
    ("name", "unit"),
    [("coarse_timestamps", MINUTE), ("coarse_timestamps_seconds", SECOND), ("coarse_timestamps_days", DAY)],
)
@few_examples
@given(rows=sizes, seed=seeds)
def test_coarse_timestamps_tie_across_syncs(name: str, unit: int, rows: int, seed: int, changes: Changes) -> None:
    """All timestamps are whole units and syncs run in the middle of one; rows on both sides of the watermark tie."""
    history = scenario(name).build(rows, seed)
    found = changes(history)
    tied = [change for change in found if change.lag == 0 and change.sync > 1]
    larger = {change.sync for change in tied if change.key > change.largest_key_at_watermark}
    smaller = {change.sync for change in tied if change.key < change.largest_key_at_watermark}

    assert {timestamp % unit for timestamp in history.base.column("modified_at").cast(pa.int64()).to_pylist()} == {0}
    assert {(change.timestamp or 1) % unit for change in found} == {0}
    assert {change.at % unit for change in found} == {unit // 2}
    assert larger == set(range(2, 11))
    assert len(smaller) >= 7


@few_examples
@given(rows=sizes, seed=seeds)
def test_one_row_is_from_the_future(rows: int, seed: int, syncs: Syncs, changes: Changes) -> None:
    """It is timestamped two years ahead when it comes, and stays as it is; no other row is ahead."""
    history = scenario("future_timestamp").build(rows, seed)
    ahead = [change for change in changes(history) if (change.timestamp or 0) > change.at]
    last = syncs(history, ())[-1]

    assert len(ahead) == 1
    assert (ahead[0].timestamp or 0) - ahead[0].at == 730 * DAY
    assert last.rows[ahead[0].key] == ahead[0].row


@few_examples
@given(rows=sizes, seed=seeds)
def test_null_timestamps_stay_or_are_filled_two_ticks_later(
    rows: int, seed: int, syncs: Syncs, changes: Changes
) -> None:
    """Rows come without a timestamp; most that get one get it two ticks later, with other content, and others never."""
    history = scenario("null_cursor").build(rows, seed)
    found = changes(history)
    born = {change.key: change.sync for change in found if change.old is None and change.timestamp is None}
    filled = [change for change in found if change.old is not None and change.was is None]
    never = [key for key, row in syncs(history, ())[-1].rows.items() if row["modified_at"] is None]

    assert len(born) >= 16
    assert set(born) == {change.key for change in filled} | set(never)
    assert [change for change in filled if change.sync == born[change.key] + 2]
    assert never
    assert all(change.timestamp is not None and (change.lag or 0) < 0 for change in filled)


@few_examples
@given(rows=sizes, seed=seeds)
def test_touched_rows_change_in_their_timestamps_alone(rows: int, seed: int, changes: Changes) -> None:
    """In each bent tick two fifths of the table get a new timestamp, and nothing else is new about them."""
    found = changes(scenario("touched_without_change").build(rows, seed))
    touched = [
        change.sync
        for change in found
        if change.row and change.old and change.row == change.old | {"modified_at": change.timestamp}
    ]

    assert {sync: touched.count(sync) for sync in touched} == dict.fromkeys(MOST, round(rows * 0.4))


@few_examples
@given(rows=sizes, seed=seeds)
def test_untouched_timestamps_are_old_and_never_healed(rows: int, seed: int, changes: Changes) -> None:
    """The timestamp that stays is more than eight days old, and no later update of the row moves it."""
    found = changes(scenario("updates_without_touch").build(rows, seed))
    silent = [change for change in found if change.old is not None and change.lag is None]
    first = {change.key: change.sync for change in reversed(silent)}

    assert len(silent) >= 16
    assert all(change.timestamp and change.at - change.timestamp > 8 * DAY for change in silent)
    assert not [change for change in found if change.sync > first.get(change.key, 99) and change.lag is not None]


@few_examples
@given(rows=sizes, seed=seeds)
def test_rows_change_in_the_rest_of_the_minute(rows: int, seed: int, changes: Changes) -> None:
    """After every sync rows are timestamped between the watermark and the whole minute above it, updates among them."""
    found = changes(scenario("watermark_rounded_up").build(rows, seed))
    passed = [
        change
        for change in found
        if change.watermark < (change.timestamp or 0) < -(-change.watermark // MINUTE) * MINUTE
    ]
    inserts, updates = split(passed)

    assert {change.sync for change in inserts} >= set(range(2, 11))
    assert {change.sync for change in updates} >= set(range(2, 11))
