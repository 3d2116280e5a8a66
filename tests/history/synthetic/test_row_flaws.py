"""What each flaw of rows looks like, and what the sources of unlucky loaders do at the moments that matter."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from incload.history.synthetic.scenarios import scenario

if TYPE_CHECKING:
    from conftest import Change, Changes, Row, Syncs

MINUTE = 60_000_000
DAY = 1_440 * MINUTE
MOST = {1, 2, 3, 4, 6, 7, 8, 9}
"""The syncs after the ticks that most flaws bend."""

few_examples = settings(max_examples=5)
sizes, seeds = st.integers(100, 500), st.integers(0, 2**32)


def payload(row: Row | None) -> tuple[object, ...]:
    """Return the content of a row but for key and timestamp."""
    assert row is not None
    return tuple(value for name, value in row.items() if name not in {"id", "modified_at"})


def deleted(found: list[Change]) -> list[Change]:
    """Return the deletes."""
    return [change for change in found if change.row is None]


@few_examples
@given(rows=sizes, seed=seeds)
def test_deleted_rows_stay_away(rows: int, seed: int, changes: Changes) -> None:
    """A deleted key appears in no later tick, and at least two go in each bent tick."""
    found = changes(scenario("hard_deletes").build(rows, seed))
    gone = {change.key: change.sync for change in deleted(found)}

    assert len(gone) >= 16
    assert not [change for change in found if change.sync > gone.get(change.key, 99)]


def test_the_row_at_the_watermark_is_never_deleted(changes: Changes) -> None:
    """The watermark stays visible, so a delete says nothing about cursors."""
    found = [change for seed in range(30) for change in changes(scenario("hard_deletes").build(100, seed))]

    assert [change.was == change.watermark for change in deleted(found)] == [False] * 30 * 8 * 2


@few_examples
@given(rows=sizes, seed=seeds)
def test_deleted_keys_come_back_with_other_content(rows: int, seed: int, changes: Changes) -> None:
    """Each is away for one sync; what comes back differs from what went and is timestamped again."""
    found = changes(scenario("delete_and_reinsert").build(rows, seed))
    gone = {(change.key, change.sync + 1): change for change in deleted(found)}
    back = {(change.key, change.sync): change for change in found if change.old is None and change.key < 10 * rows}

    assert len(gone) >= 16
    assert {key for key in gone if key[0] < 10 * rows} == back.keys()
    assert all(payload(change.row) != payload(gone[place].old) for place, change in back.items())
    assert all((change.lag or 0) < 0 for change in back.values())


@few_examples
@given(rows=sizes, seed=seeds)
def test_rows_come_and_go_unseen(rows: int, seed: int, changes: Changes, syncs: Syncs) -> None:
    """What is deleted came a tick before, and at no sync that runs is any of it there."""
    known = scenario("insert_and_delete_between_syncs")
    history = known.build(rows, seed)
    found = changes(history)
    gone = {(change.key, change.sync) for change in deleted(found)}
    born = {(change.key, change.sync + 1) for change in found if change.old is None}
    seen = set().union(*(sync.rows for sync in syncs(history, known.faults)))

    assert len(gone) >= 8
    assert {sync for _, sync in gone} == {2, 4, 7, 9}
    assert gone <= born
    assert seen.isdisjoint(key for key, _ in gone)


@few_examples
@given(rows=sizes, seed=seeds)
def test_a_row_goes_on_under_a_new_key(rows: int, seed: int, changes: Changes) -> None:
    """For each key that disappears, the same content appears at the same sync under a key above all before."""
    found = changes(scenario("key_change").build(rows, seed))

    assert {change.sync for change in deleted(found)} == MOST
    for change in deleted(found):
        same = [
            other
            for other in found
            if other.sync == change.sync and other.old is None and payload(other.row) == payload(change.old)
        ]
        assert len(same) == 1
        assert same[0].key > same[0].largest_key_ever


@few_examples
@given(rows=sizes, seed=seeds)
def test_rows_only_come_but_not_in_the_order_of_keys(rows: int, seed: int, changes: Changes) -> None:
    """Nothing is updated or deleted; two or more new rows of each bent tick have smaller keys than one before."""
    found = changes(scenario("id_order_is_not_commit_order").build(rows, seed))
    small = [change.sync for change in found if change.key < change.largest_key_ever]

    assert all(change.old is None and (change.lag or 0) < 0 for change in found)
    assert {sync for sync in small if small.count(sync) >= 2} == set(small) == MOST


@few_examples
@given(rows=sizes, seed=seeds)
def test_a_reloaded_table_has_the_same_rows_under_small_keys(
    rows: int, seed: int, changes: Changes, syncs: Syncs
) -> None:
    """At the fifth sync no key is as before; the keys that were never used are taken from one on, and go on so."""
    history = scenario("truncate_and_reload").build(rows, seed)
    seen = syncs(history, ())
    before, after = seen[4].rows, seen[5].rows
    unused = [key for key in range(1, 20 * rows) if key % 10]
    stayed = {payload(row) for row in after.values()} & {payload(row) for row in before.values()}

    assert before.keys().isdisjoint(after)
    assert sorted(after) == unused[: len(after)]
    assert sorted(seen[10].rows) == unused[: len(seen[10].rows)]
    assert len(stayed) > 0.9 * len(before)
    assert all((change.lag or 0) < 0 for change in changes(history) if change.sync == 5 and change.row)


@few_examples
@given(rows=sizes, seed=seeds)
def test_a_backup_brings_back_an_older_state(rows: int, seed: int, changes: Changes, syncs: Syncs) -> None:
    """At the seventh sync every row is as at the third, timestamps included, but for what changed honestly since."""
    history = scenario("memory_ahead_of_source").build(rows, seed)
    seen = syncs(history, ())
    honest = {
        change.key
        for change in changes(history)
        if change.sync == 7 and (change.timestamp or 0) > change.at - 5 * MINUTE
    }

    assert {key for key in seen[7].rows if key not in seen[3].rows} <= honest
    assert not seen[3].rows.keys() - seen[7].rows.keys()
    assert all(seen[7].rows[key] == row for key, row in seen[3].rows.items() if key not in honest)
    assert seen[6].rows.keys() - seen[7].rows.keys()
    assert max(seen[10].rows) > max(seen[6].rows)


@few_examples
@given(rows=sizes, seed=seeds)
def test_half_of_the_soft_deletes_leave_their_timestamps(rows: int, seed: int, changes: Changes) -> None:
    """A row is marked once and then left alone; in each bent tick some marks raise the timestamp and some do not."""
    found = changes(scenario("soft_deletes").build(rows, seed))
    marked = [change for change in found if change.row and change.row["status"] == "deleted"]
    when = {change.key: change.sync for change in marked}
    silent = {change.sync for change in marked if change.lag is None}
    loud = {change.sync for change in marked if (change.lag or 0) < 0}

    assert silent == loud == MOST
    assert len(when) == len(marked)
    assert not [change for change in found if change.sync > when.get(change.key, 99)]
    assert all(change.at - (change.was or 0) > 8 * DAY for change in marked)


def test_columns_come_and_change_their_types(syncs: Syncs) -> None:
    """The rows of the base get the column's value, new rows one of several; reals with fractions come at the end."""
    history = scenario("schema_drift").build(300, 4)
    ticks = list(history.ticks)
    seen = syncs(history, ())
    born = [row for key, row in seen[10].rows.items() if key not in seen[4].rows]

    assert [tick.upserts.num_columns for tick in ticks] == [8, 8, 8, 8, 9, 9, 9, 9, 9, 9]
    assert [tick.upserts.schema.field("amount_cents").type for tick in ticks] == [pa.int64()] * 6 + [pa.float64()] * 4
    assert [(column.name, str(column.kind), value) for tick in ticks for column, value in tick.adds] == [
        ("channel", "text", "web")
    ]
    assert [(column.name, str(column.kind)) for tick in ticks for column in tick.widens] == [("amount_cents", "real")]
    assert {row["channel"] for key, row in seen[10].rows.items() if key in seen[4].rows} == {"web"}
    assert {row["channel"] for row in born} == {"web", "app", "shop"}
    assert any(isinstance(row["amount_cents"], float) and row["amount_cents"] % 1 for row in seen[10].rows.values())


@few_examples
@given(rows=sizes, seed=seeds)
def test_what_the_state_forgets_is_undone(rows: int, seed: int, syncs: Syncs) -> None:
    """Rows that came after the fourth sync are gone at the seventh, and rows that changed are what they were."""
    known = scenario("memory_rolled_back")
    (fault,) = known.faults
    seen = syncs(known.build(rows, seed), known.faults)
    then, between, now = (seen[number].rows for number in (fault.to, 6, fault.sync or 0))
    came = between.keys() - then.keys() - now.keys()
    undone = [key for key, row in then.items() if now[key] == row != between[key]]

    assert len(came) >= 2
    assert len(undone) >= 2


@few_examples
@given(rows=sizes, seed=seeds)
def test_the_newest_timestamp_is_in_the_part_that_is_read(rows: int, seed: int, syncs: Syncs) -> None:
    """The row with the newest timestamp has a key of the lower half, and rows of the hidden part are new."""
    known = scenario("partial_read")
    seen = syncs(known.build(rows, seed), ())

    for fault in known.faults:
        now, before = seen[fault.sync or 0].rows, seen[(fault.sync or 0) - 1].rows
        ordered = sorted(now)
        hidden = ordered[len(ordered) - int(len(ordered) * fault.share) :]
        newest = max(now, key=lambda key: now[key]["modified_at"])  # type: ignore[arg-type,return-value]  # whole
        assert newest <= ordered[len(ordered) // 2]
        assert set(hidden) - before.keys()


def test_seven_missed_syncs_leave_forty_minutes(syncs: Syncs) -> None:
    """No other two syncs are further apart than five minutes."""
    known = scenario("missed_syncs")
    times = [sync.at for sync in syncs(known.build(100, 1), known.faults)]

    assert [(later - sooner) // MINUTE for sooner, later in pairwise(times)] == [5, 40, 5]
