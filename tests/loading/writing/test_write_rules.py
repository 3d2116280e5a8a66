"""The write rules: what becomes of the rows that were read, and which rows are refused."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from incload.errors import Refused
from incload.loading.plan import Guards
from incload.strategy import WriteRule

if TYPE_CHECKING:
    from tests.ends import Ends, Row

BASE = (
    "CREATE TABLE events (id INTEGER PRIMARY KEY, ts INTEGER, name VARCHAR)",
    "INSERT INTO events VALUES (1, 100, 'a'), (2, 200, 'b'), (3, 300, 'c')",
)
UNKEYED = "CREATE TABLE events (id VARCHAR, ts INTEGER, name VARCHAR)"
FREE = Guards(allow_removals=True, allow_mismatch=True)
AFTER: dict[WriteRule, list[Row]] = {
    WriteRule.MERGE: [(1, 100, "a"), (2, 250, "B"), (3, 300, "c"), (4, 400, "d")],
    WriteRule.NEWEST: [(1, 100, "a"), (2, 250, "B"), (3, 300, "c"), (4, 400, "d")],
    WriteRule.APPEND: [(1, 100, "a"), (2, 200, "b"), (2, 250, "B"), (3, 300, "c"), (3, 300, "c"), (4, 400, "d")],
    WriteRule.REPLACE: [(2, 250, "B"), (3, 300, "c"), (4, 400, "d")],
    WriteRule.MIRROR: [(2, 250, "B"), (3, 300, "c"), (4, 400, "d")],
}
"""The target after a window of 100 seconds was read again: row 2 changed, row 3 did not, row 4 is new."""


@pytest.mark.parametrize("rule", AFTER)
def test_rows_that_were_read_enter_by_the_rule(ends: Ends, rule: WriteRule) -> None:
    """The same rows are added, merged, or taken for the whole table, as the rule says."""
    ends.write(*BASE)
    ends.load("lookback_window:minutes=1.5", write_rule=rule, guards=FREE)
    ends.write("UPDATE events SET ts = 250, name = 'B' WHERE id = 2", "INSERT INTO events VALUES (4, 400, 'd')")
    summary = ends.load("lookback_window:minutes=1.5", write_rule=rule, guards=FREE)

    assert summary.write_rule == rule.value
    assert ends.rows("SELECT * FROM events ORDER BY 1, 2") == AFTER[rule]


@pytest.mark.parametrize(("rule", "kept"), [(WriteRule.NEWEST, (2, 200, "b")), (WriteRule.MERGE, (2, 150, "older"))])
def test_an_older_version_replaces_a_newer_one_only_by_merge(ends: Ends, rule: WriteRule, kept: Row) -> None:
    """The rule newest compares timestamps and keeps the newer version; merge takes what was read last."""
    ends.write(*BASE)
    ends.load("lookback_window", write_rule=rule)
    ends.write("UPDATE events SET ts = 150, name = 'older' WHERE id = 2")
    ends.load("lookback_window", write_rule=rule)

    assert ends.rows("SELECT * FROM events WHERE id = 2") == [kept]


def test_newest_takes_an_equal_timestamp(ends: Ends) -> None:
    """Of two versions with one timestamp the later read is kept; a null timestamp does not hold one back."""
    ends.write(*BASE, "INSERT INTO events VALUES (4, NULL, 'd')")
    ends.load("lookback_window", write_rule=WriteRule.NEWEST)
    ends.write("UPDATE events SET name = 'C' WHERE id = 3", "UPDATE events SET ts = 250, name = 'D' WHERE id = 4")
    ends.load("lookback_window", write_rule=WriteRule.NEWEST)

    assert ends.rows("SELECT * FROM events WHERE id > 2 ORDER BY 1") == [(3, 300, "C"), (4, 250, "D")]


def test_newest_compares_what_timestamps_mean(into: Ends) -> None:
    """An older timestamp that is larger as text, because its zone is another, does not replace a newer one."""
    file = into.folder / "events.json"
    file.write_text('[{"id": 1, "ts": "2024-01-01T23:00:00Z", "name": "newer"}]', encoding="utf-8")
    into.load("lookback_window:minutes=600", file=file, write_rule=WriteRule.NEWEST)
    file.write_text('[{"id": 1, "ts": "2024-01-02T00:30:00+05:30", "name": "older"}]', encoding="utf-8")
    summary = into.load("lookback_window:minutes=600", file=file, write_rule=WriteRule.NEWEST)

    assert summary.loaded == 0
    assert into.rows() == [(1, "2024-01-01T23:00:00Z", "newer")]


def test_newest_needs_a_cursor(ends: Ends) -> None:
    """Without a cursor there is nothing to compare."""
    ends.write(*BASE)
    ends.load("full_refresh", cursor=None)

    with pytest.raises(Refused, match="the table has no cursor: name one with --cursor"):
        ends.load("row_hash_cdc_without_removes", cursor=None, write_rule=WriteRule.NEWEST)


@pytest.mark.parametrize("name", ["timestamp_watermark", "row_hash_cdc", "snapshot_diff", "full_refresh"])
def test_a_key_that_is_missing_is_refused(ends: Ends, name: str) -> None:
    """A row without its key could never be found again."""
    ends.write(UNKEYED, "INSERT INTO events VALUES ('a', 1, 'a'), (NULL, 2, 'b')")

    with pytest.raises(
        Refused, match="the key 'id' is missing or null in a row of the source: every row needs its key"
    ):
        ends.load(name)


@pytest.mark.parametrize("name", ["timestamp_watermark", "row_hash_cdc", "snapshot_diff", "full_refresh"])
def test_a_key_of_two_rows_is_refused(ends: Ends, name: str) -> None:
    """Two different rows with one key would be one row in the target; which, no one could say."""
    ends.write(UNKEYED, "INSERT INTO events VALUES ('a', 1, 'one'), ('a', 1, 'another'), ('b', 2, 'b')")

    with pytest.raises(Refused, match="the key 'id' is not unique in the source: 2 rows have 'a'"):
        ends.load(name)


@pytest.mark.parametrize("fault", ["(NULL, 9, 'x')", "('a', 9, 'x')"])
@pytest.mark.parametrize("name", ["lookback_window", "row_hash_cdc", "snapshot_diff", "full_refresh"])
def test_a_key_that_breaks_later_is_refused(ends: Ends, name: str, fault: str) -> None:
    """A second load is held to the same: the target stays as the first one left it."""
    ends.write(UNKEYED, "INSERT INTO events VALUES ('a', 1, 'one')")
    ends.load(name)
    ends.write(f"INSERT INTO events VALUES {fault}")
    with pytest.raises(Refused, match="the key 'id' is"):
        ends.load(name)

    assert ends.rows() == [("a", 1, "one")]


def test_a_null_in_a_primary_key_is_refused(sqlite_ends: Ends) -> None:
    """SQLite lets a primary key be null unless it is an integer; incload does not."""
    sqlite_ends.write(
        "CREATE TABLE events (id TEXT PRIMARY KEY, ts INTEGER)", "INSERT INTO events VALUES (NULL, 1), (NULL, 2)"
    )

    with pytest.raises(Refused, match="the key 'id' is missing or null"):
        sqlite_ends.load("timestamp_watermark")


@pytest.mark.parametrize("name", ["timestamp_watermark", "row_hash_cdc", "snapshot_diff", "full_refresh"])
def test_a_row_that_is_delivered_twice_is_one_row(ends: Ends, name: str) -> None:
    """Two rows that are equal in every column are one, at the first load and later."""
    ends.write(UNKEYED, "INSERT INTO events VALUES ('a', 1, 'a'), ('a', 1, 'a')")
    ends.load(name)
    ends.write("INSERT INTO events VALUES ('b', 2, 'b'), ('b', 2, 'b')")
    ends.load(name)

    assert ends.rows() == [("a", 1, "a"), ("b", 2, "b")]


def test_a_row_that_two_windows_see_is_one_row(ends: Ends) -> None:
    """Windows may overlap: what both read is written once, and appended once."""
    ends.write("CREATE TABLE events (id INTEGER PRIMARY KEY, ts INTEGER)", "INSERT INTO events VALUES (1, 200000)")
    ends.load("sparse_lookback:minutes=2880,days=(1, 2)", write_rule=WriteRule.APPEND)
    ends.write("INSERT INTO events VALUES (2, 100000), (3, 200001)")
    ends.load("sparse_lookback:minutes=2880,days=(1, 2)", write_rule=WriteRule.APPEND)

    assert ends.rows("SELECT * FROM events ORDER BY 1") == [(1, 200000), (1, 200000), (2, 100000), (3, 200001)]


def test_known_rows_at_the_boundary_are_not_appended_again(ends: Ends) -> None:
    """What the first load read at the watermark is known by its digest at the second, whichever engine read it."""
    ends.write(*BASE)
    ends.load("boundary_dedup", write_rule=WriteRule.APPEND)
    ends.write("INSERT INTO events VALUES (4, 300, 'tie')")
    ends.load("boundary_dedup", write_rule=WriteRule.APPEND)

    assert ends.rows() == [(1, 100, "a"), (2, 200, "b"), (3, 300, "c"), (4, 300, "tie")]


def test_known_rows_at_the_boundary_stay_known(ends: Ends) -> None:
    """A third load at the same watermark knows what the first one read there as well as what the second did."""
    ends.write(*BASE)
    for key in (4, 5, 6):
        ends.load("boundary_dedup", write_rule=WriteRule.APPEND)
        ends.write(f"INSERT INTO events VALUES ({key}, 300, 'tie')")
    ends.load("boundary_dedup", write_rule=WriteRule.APPEND)

    assert ends.rows("SELECT id, name FROM events ORDER BY 1") == [
        (1, "a"), (2, "b"), (3, "c"), (4, "tie"), (5, "tie"), (6, "tie")
    ]  # fmt: skip


@pytest.mark.parametrize("gone", ["id = 2", "id > 0"], ids=["one", "all"])
def test_newest_of_a_read_of_everything_deletes_what_is_gone(ends: Ends, gone: str) -> None:
    """A reconciliation deletes by the rule newest as well, be it every row, and a window before it does not."""
    name = "lookback_with_reconciliation:minutes=1,every=2"
    ends.write(*BASE, "CREATE INDEX by_ts ON events (ts)")  # which shows sooner that there is no row
    ends.load(name, write_rule=WriteRule.NEWEST, guards=FREE)
    ends.write(f"DELETE FROM events WHERE {gone}")
    removed = [ends.load(name, write_rule=WriteRule.NEWEST, guards=FREE).removed for _ in range(2)]

    assert ends.rows() == ends.source_rows()
    assert removed == [0, 1 if gone == "id = 2" else 3]


@pytest.mark.parametrize("rule", [WriteRule.MERGE, WriteRule.REPLACE])
def test_every_window_enters_an_empty_target(ends: Ends, rule: WriteRule) -> None:
    """Rows of a further window go into a target that was emptied by hand, and not those of the first window alone."""
    ends.write(BASE[0], "INSERT INTO events VALUES (1, 1000000, 'near'), (2, 913600, 'a day back'), (3, 950000, 'no')")
    ends.load("sparse_lookback:days=(1,)", write_rule=rule, guards=FREE)
    ends.write_target("DELETE FROM events")
    ends.load("sparse_lookback:days=(1,)", write_rule=rule, guards=FREE)
    ends.load("sparse_lookback:days=(1,)", write_rule=rule, guards=FREE)

    assert ends.rows() == [(1, 1000000, "near"), (2, 913600, "a day back")]


def test_one_window_takes_in_its_own_rows_alone(ends: Ends) -> None:
    """Into an empty target go the rows of the window that was asked for, neither more nor fewer."""
    ends.write(*BASE)
    ends.load("lookback_window:minutes=1.5")
    ends.write_target("DELETE FROM events")
    summary = ends.load("lookback_window:minutes=1.5")

    assert (ends.rows(), summary.loaded, summary.removed) == ([(3, 300, "c")], 1, 0)


def test_rows_that_are_merged_unchanged_are_counted_on_request(ends: Ends) -> None:
    """Of three rows read again one has changed; nulls count as values."""
    ends.write(*BASE, "UPDATE events SET name = NULL WHERE id = 1")
    ends.sync("lookback_window")
    ends.write("UPDATE events SET name = NULL WHERE id = 2")
    synced = ends.sync("lookback_window", count_unchanged=True)

    assert (synced.read, synced.written, synced.unchanged) == (3, 3, 2)


def test_a_mirror_writes_only_what_differs(ends: Ends) -> None:
    """Everything is read, but rows that are equal, nulls included, are not written."""
    ends.write(*BASE, "UPDATE events SET name = NULL WHERE id = 1")
    ends.sync("snapshot_diff")
    ends.write(
        "UPDATE events SET name = NULL WHERE id = 2",
        "DELETE FROM events WHERE id = 3",
        "INSERT INTO events VALUES (4, 4, 'd')",
    )
    synced = ends.sync("snapshot_diff")

    assert (synced.read, synced.written, synced.removed) == (3, 2, 1)
    assert ends.rows() == [(1, 100, None), (2, 200, None), (4, 4, "d")]


def test_a_table_without_the_key_is_no_target_to_merge_into(ends: Ends) -> None:
    """Rows cannot be distinguished in a target that was built without a primary key."""
    ends.write(*BASE)
    ends.load("timestamp_watermark", write_rule=WriteRule.APPEND)

    with pytest.raises(Refused, match="target table 'events' has no primary key over 'id'"):
        ends.load("timestamp_watermark")


def test_values_move_between_columns(ends: Ends) -> None:
    """Two columns that swap a null and a value are a change to digest and comparison alike."""
    ends.write(
        "CREATE TABLE events (id INTEGER PRIMARY KEY, one VARCHAR, two VARCHAR)",
        "INSERT INTO events VALUES (1, NULL, 'a'), (2, 'ab', 'c')",
    )
    for name in ("row_hash_cdc", "snapshot_diff"):
        ends.load(name, cursor=None)
    ends.write("UPDATE events SET one = 'a', two = NULL WHERE id = 1")
    ends.write("UPDATE events SET one = 'a', two = 'bc' WHERE id = 2")
    summary = ends.load("row_hash_cdc", cursor=None)

    assert summary.loaded == 2
    assert ends.rows() == [(1, "a", None), (2, "a", "bc")]
