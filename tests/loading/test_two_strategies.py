"""One table that is loaded by several strategies: what one remembers of the target is not believed after another."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.ends import Ends

BASE = (
    "CREATE TABLE events (id INTEGER PRIMARY KEY, ts INTEGER, name VARCHAR)",
    "INSERT INTO events VALUES (1, 100, 'a'), (2, 200, 'b')",
)


@pytest.mark.parametrize("other", ["full_refresh", "snapshot_diff", "lookback_window", "timestamp_watermark"])
def test_a_row_that_another_strategy_loaded_is_removed(ends: Ends, other: str) -> None:
    """No digest describes a row that another strategy brought; when it leaves the source, it leaves the target."""
    ends.write(*BASE)
    ends.load("row_hash_cdc")
    ends.write("INSERT INTO events VALUES (3, 300, 'c')")
    ends.load(other)
    ends.write("DELETE FROM events WHERE id = 3")
    ends.load("row_hash_cdc")

    assert ends.rows() == [(1, 100, "a"), (2, 200, "b")]


def test_a_row_that_another_strategy_changed_is_changed_back(ends: Ends) -> None:
    """The digest of what the row was before is that of what it is again, and not of what the target holds."""
    ends.write(*BASE)
    ends.load("row_hash_cdc")
    ends.write("UPDATE events SET name = 'B', ts = 300 WHERE id = 2")
    ends.load("full_refresh")
    ends.write("UPDATE events SET name = 'b', ts = 200 WHERE id = 2")
    ends.load("row_hash_cdc")

    assert ends.rows() == [(1, 100, "a"), (2, 200, "b")]


def test_digests_stay_while_no_other_strategy_writes(sqlite_ends: Ends) -> None:
    """Another strategy that finds nothing to write leaves the digests, and its own state is left alone by them."""
    sqlite_ends.write(*BASE)
    sqlite_ends.load("timestamp_watermark")
    sqlite_ends.load("row_hash_cdc")
    sqlite_ends.load("timestamp_watermark")

    assert set(sqlite_ends.state()) == {("events", "row_hash_cdc"), ("events", "timestamp_watermark")}


def test_digests_of_another_table_stay(sqlite_ends: Ends) -> None:
    """Two tables in one target have nothing to do with each other."""
    sqlite_ends.write(*BASE, "CREATE TABLE others (id INTEGER PRIMARY KEY, ts INTEGER)")
    sqlite_ends.load("row_hash_cdc")
    sqlite_ends.write("INSERT INTO others VALUES (1, 1)")
    sqlite_ends.load("full_refresh", name="others")

    assert set(sqlite_ends.state()) == {("events", "row_hash_cdc")}
