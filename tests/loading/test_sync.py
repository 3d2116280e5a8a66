"""One sync after another, of every strategy on every pair of engines, against rows worked out by hand.

The source starts with three rows. Before the second sync it gains a newer row (4), two that tie with the largest
timestamp (0 with a smaller key, 5 with a larger one), one that is 50 seconds late (6) and one that is 200 seconds late
(7); row 1 changes and keeps its timestamp, row 2 changes and is timestamped again, row 3 is deleted.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.ends import on_two_pairs

if TYPE_CHECKING:
    from tests.ends import Ends, Row

BASE = (
    "CREATE TABLE events (id INTEGER PRIMARY KEY, ts INTEGER, name VARCHAR)",
    "INSERT INTO events VALUES (1, 100, 'a'), (2, 200, 'b'), (3, 300, 'c')",
)
TICK = (
    "INSERT INTO events VALUES (4, 400, 'new'), (0, 300, 'tie'), (5, 300, 'tie'), (6, 250, 'late'), (7, 100, 'later')",
    "UPDATE events SET name = 'A' WHERE id = 1",
    "UPDATE events SET name = 'B', ts = 410 WHERE id = 2",
    "DELETE FROM events WHERE id = 3",
)
LOADED: list[Row] = [(1, 100, "a"), (2, 200, "b"), (3, 300, "c")]
SOURCE: list[Row] = [
    (0, 300, "tie"),
    (1, 100, "A"),
    (2, 410, "B"),
    (4, 400, "new"),
    (5, 300, "tie"),
    (6, 250, "late"),
    (7, 100, "later"),
]
PHANTOM: Row = (3, 300, "c")
STALE: Row = (1, 100, "a")
NEW: list[Row] = [(2, 410, "B"), (4, 400, "new")]
SECOND: dict[str, tuple[list[Row], int, int]] = {
    "timestamp_watermark": ([STALE, PHANTOM, *NEW], 2, 0),
    "timestamp_watermark_inclusive": ([STALE, PHANTOM, *NEW, (0, 300, "tie"), (5, 300, "tie")], 4, 0),
    "composite_watermark": ([STALE, PHANTOM, *NEW, (5, 300, "tie")], 3, 0),
    "boundary_dedup": ([STALE, PHANTOM, *NEW, (0, 300, "tie"), (5, 300, "tie")], 4, 0),
    "clock_bounded_watermark": ([STALE, PHANTOM, *NEW], 2, 0),
    "incrementing_id": ([STALE, PHANTOM, (2, 200, "b"), *SOURCE[3:]], 4, 0),
    "lookback_window": ([PHANTOM, *SOURCE], 7, 0),
    "lookback_window_minutes_1": ([STALE, PHANTOM, SOURCE[0], *SOURCE[2:6]], 5, 0),
    "lookback_window_minutes_30_from_clock": ([PHANTOM, *SOURCE], 7, 0),
    "row_hash_cdc": (SOURCE, 7, 1),
    "row_hash_cdc_without_removes": ([PHANTOM, *SOURCE], 7, 0),
    "snapshot_diff": (SOURCE, 7, 1),
    "full_refresh": (SOURCE, 7, 3),
}
"""The target after the second sync, the rows that it wrote and those that it removed."""
THIRD = {
    "timestamp_watermark_inclusive": 1,
    "lookback_window": 7,
    "lookback_window_minutes_1": 2,
    "lookback_window_minutes_30_from_clock": 7,
    "full_refresh": 7,
}
"""The rows that a sync writes again when nothing has changed; 0 where it is not said."""


def clock() -> int:
    """Return the source's clock: a little after the newest timestamp."""
    return 420_000_000


@on_two_pairs(SECOND)
def test_the_first_load_is_everything(ends: Ends, name: str) -> None:
    """Whatever the strategy, a first sync copies the source row by row."""
    ends.write(*BASE)
    summary = ends.load(name, clock=clock)

    assert ends.rows() == LOADED
    assert (summary.loaded, summary.removed, summary.total_in_target) == (3, 0, 3)


@on_two_pairs(SECOND)
def test_a_target_that_was_dropped_is_filled_again(ends: Ends, name: str) -> None:
    """What was remembered of the dropped table says nothing of the new one: this is a first load again."""
    ends.write(*BASE)
    ends.load(name, clock=clock)
    ends.write_target("DROP TABLE events")
    summary = ends.load(name, clock=clock)

    assert ends.rows() == LOADED
    assert (summary.loaded, summary.removed, summary.previous_watermark) == (3, 0, None)


@pytest.mark.parametrize("name", SECOND)
def test_the_second_load_is_what_the_strategy_promises(ends: Ends, name: str) -> None:
    """Of newer, tied, late, changed and deleted rows each strategy takes over exactly those it can see."""
    rows, loaded, removed = SECOND[name]
    ends.write(*BASE)
    ends.load(name, clock=clock)
    ends.write(*TICK)
    summary = ends.load(name, clock=clock, count=True)

    assert ends.rows() == sorted(rows)
    assert (summary.loaded, summary.removed, summary.total_in_target) == (loaded, removed, len(rows))


@on_two_pairs(SECOND)
def test_a_load_without_a_change_changes_nothing(ends: Ends, name: str) -> None:
    """When nothing has happened, rows stay as they are, and so does the state."""
    ends.write(*BASE)
    ends.load(name, clock=clock)
    ends.write(*TICK)
    ends.load(name, clock=clock)
    before = ends.rows()
    summary = ends.load(name, clock=clock)

    assert ends.rows() == before
    assert (summary.loaded, summary.state) == (THIRD.get(name, 0), "untouched")
    assert summary.previous_watermark == summary.new_watermark


def test_the_delay_leaves_the_newest_rows_for_later(ends: Ends) -> None:
    """With a delay of a minute and a clock at 420, the row of 400 waits and that of 350 does not."""
    ends.write(*BASE)
    ends.load("settling_delay:minutes=1", clock=clock)
    ends.write("INSERT INTO events VALUES (4, 400, 'too new'), (5, 350, 'old enough')")
    ends.load("settling_delay:minutes=1", clock=clock)
    waiting = ends.rows()
    ends.load("settling_delay:minutes=1", clock=lambda: 460_000_000)

    assert waiting == [*LOADED, (5, 350, "old enough")]
    assert ends.rows() == [*LOADED, (4, 400, "too new"), (5, 350, "old enough")]


def test_every_few_syncs_everything_is_compared(ends: Ends) -> None:
    """A reconciliation every second sync removes at the third what the second could not see."""
    name = "lookback_with_reconciliation:minutes=1,every=2"
    ends.write(*BASE)
    ends.load(name)
    ends.write(*TICK)
    ends.load(name)
    between = ends.rows()
    ends.load(name)

    assert between == sorted([STALE, PHANTOM, SOURCE[0], *SOURCE[2:6]])
    assert ends.rows() == SOURCE


def test_a_further_window_picks_up_what_is_a_day_late(ends: Ends) -> None:
    """Of two rows late by hours and by a day, the second is read, because a window lies there."""
    ends.write(*BASE, "UPDATE events SET ts = 1000000")
    ends.load("sparse_lookback:days=(1, 7)")
    ends.write("INSERT INTO events VALUES (8, 990000, 'hours late'), (9, 913600, 'a day late')")
    summary = ends.load("sparse_lookback:days=(1, 7)")

    assert summary.loaded == 4
    assert ends.rows("SELECT id FROM events ORDER BY 1") == [(1,), (2,), (3,), (9,)]


def test_a_composite_key_is_compared_as_a_whole(ends: Ends) -> None:
    """With a key of two columns, a tie is newer when the pair is larger, and each pair is a row of its own."""
    ends.write(
        "CREATE TABLE events (shop VARCHAR, id INTEGER, ts INTEGER, PRIMARY KEY (shop, id))",
        "INSERT INTO events VALUES ('a', 9, 5), ('b', 1, 5)",
    )
    ends.load("composite_watermark", key=("shop", "id"))
    ends.write("INSERT INTO events VALUES ('a', 10, 5), ('b', 2, 5), ('c', 0, 6)")
    summary = ends.load("composite_watermark", key=("shop", "id"))

    assert summary.loaded == 2
    assert ends.rows("SELECT * FROM events ORDER BY 1, 2") == [("a", 9, 5), ("b", 1, 5), ("b", 2, 5), ("c", 0, 6)]


def test_rows_with_a_composite_key_are_removed(ends: Ends) -> None:
    """A row that left the source goes by all columns of its key; its neighbours stay."""
    ends.write(
        "CREATE TABLE events (shop VARCHAR, id INTEGER, ts INTEGER, PRIMARY KEY (shop, id))",
        "INSERT INTO events VALUES ('a', 1, 5), ('a', 2, 5), ('b', 1, 5)",
    )
    ends.load("row_hash_cdc", key=("shop", "id"))
    ends.write("DELETE FROM events WHERE shop = 'a' AND id = 1")
    summary = ends.load("row_hash_cdc", key=("shop", "id"))

    assert (summary.loaded, summary.removed) == (0, 1)
    assert ends.rows("SELECT * FROM events ORDER BY 1, 2") == [("a", 2, 5), ("b", 1, 5)]


def test_rows_without_a_cursor_value_come_with_the_first_load_only(ends: Ends) -> None:
    """A null cursor is never newer than a watermark."""
    ends.write(*BASE, "INSERT INTO events VALUES (4, NULL, 'first')")
    ends.load("timestamp_watermark")
    ends.write("INSERT INTO events VALUES (5, NULL, 'later'), (6, 301, 'new')")
    ends.load("timestamp_watermark")

    assert ends.rows() == [*LOADED, (4, None, "first"), (6, 301, "new")]


def test_a_source_without_rows_makes_an_empty_target(ends: Ends) -> None:
    """Nothing read is nothing remembered, and the rows that come later are all read."""
    ends.write(BASE[0])
    first = ends.load("timestamp_watermark")
    empty = ends.rows()
    ends.write(BASE[1])
    ends.load("timestamp_watermark")

    assert (first.loaded, first.new_watermark, first.state, empty) == (0, None, "untouched", [])
    assert ends.rows() == LOADED


def test_a_source_that_was_emptied_leaves_target_and_state(ends: Ends) -> None:
    """A cursor column of text without a value says nothing about its shape; the remembered one stands."""
    ends.write("CREATE TABLE events (id INTEGER PRIMARY KEY, ts VARCHAR)")
    ends.write("INSERT INTO events VALUES (1, '2024-01-01T00:00:00')")
    ends.load("timestamp_watermark")
    ends.write("DELETE FROM events")
    summary = ends.load("timestamp_watermark")

    assert ends.rows() == [(1, "2024-01-01T00:00:00")]
    assert (summary.loaded, summary.new_watermark) == (0, "2024-01-01T00:00:00")


def test_switching_to_digests_removes_what_the_watermark_left(ends: Ends) -> None:
    """The first comparison of digests also rids the target of rows that an earlier strategy kept too long."""
    ends.write(*BASE)
    ends.load("timestamp_watermark")
    ends.write(*TICK)
    ends.load("timestamp_watermark")
    ends.load("row_hash_cdc")

    assert ends.rows() == SOURCE


def test_a_table_of_keys_alone_is_loaded(ends: Ends) -> None:
    """A table whose every column belongs to the key has nothing to update, only rows to add."""
    ends.write("CREATE TABLE events (id INTEGER, ts INTEGER, PRIMARY KEY (id, ts))", "INSERT INTO events VALUES (1, 1)")
    ends.load("timestamp_watermark_inclusive", key=("id", "ts"))
    ends.write("INSERT INTO events VALUES (1, 2), (2, 1)")
    ends.load("timestamp_watermark_inclusive", key=("id", "ts"))

    assert ends.rows("SELECT * FROM events ORDER BY 1, 2") == [(1, 1), (1, 2), (2, 1)]


def test_the_source_may_have_another_name(ends: Ends) -> None:
    """The table named with the source is read, the one of the plan is written."""
    ends.write("CREATE TABLE visits (id INTEGER PRIMARY KEY, ts INTEGER)", "INSERT INTO visits VALUES (1, 1)")
    ends.load("timestamp_watermark", table="visits")

    assert ends.rows() == [(1, 1)]
