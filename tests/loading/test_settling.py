"""What a sync settles is kept for the next one of the same connections, as long as no table has another form."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from incload.errors import Refused
from incload.loading.columns import describing
from incload.loading.opening import connect
from incload.loading.sync import sync
from tests.ends import plan

if TYPE_CHECKING:
    from collections.abc import Iterator

    from incload.loading.connections import Connections
    from tests.ends import Ends

BASE = (
    "CREATE TABLE events (id INTEGER PRIMARY KEY, ts INTEGER, name VARCHAR)",
    "INSERT INTO events VALUES (1, 100, 'a'), (2, 200, 'b')",
)
ROWS = "SELECT * FROM events ORDER BY id"
OF_ENTRY = ("timestamp_watermark", "composite_watermark", "boundary_dedup", "lookback_window", "incrementing_id")


@pytest.fixture
def standing(sqlite_ends: Ends) -> Iterator[Connections]:
    """Return connections that stay open, after two syncs: the second notes what it has settled."""
    sqlite_ends.write(*BASE)
    with closing(connect(sqlite_ends.source, sqlite_ends.target, plan("timestamp_watermark"))) as connections:
        sync(connections, plan("timestamp_watermark"))
        sync(connections, plan("timestamp_watermark"))
        yield connections


def test_tables_are_described_once(standing: Connections, monkeypatch: pytest.MonkeyPatch, sqlite_ends: Ends) -> None:
    """Nothing of the forms is worked out again, and new rows come."""
    monkeypatch.setattr(describing, "chosen", None)
    sqlite_ends.write("INSERT INTO events VALUES (3, 300, 'c')")

    assert sync(standing, plan("timestamp_watermark")).written == 1

    assert sqlite_ends.rows(ROWS) == [(1, 100, "a"), (2, 200, "b"), (3, 300, "c")]


def test_a_new_column_of_the_source_is_seen(standing: Connections, sqlite_ends: Ends) -> None:
    """Another connection adds it between two syncs: it is refused, or follows."""
    sqlite_ends.write("ALTER TABLE events ADD COLUMN more TEXT", "INSERT INTO events VALUES (3, 300, 'c', 'm')")

    with pytest.raises(Refused, match="column 'more' is missing there"):
        sync(standing, plan("timestamp_watermark"))
    sync(standing, plan("timestamp_watermark", evolve=True))

    assert sqlite_ends.rows(ROWS)[-1] == (3, 300, "c", "m")


def test_a_column_that_the_source_has_lost_is_seen(standing: Connections, sqlite_ends: Ends) -> None:
    """Its values are kept, and the sync says so."""
    sqlite_ends.write("ALTER TABLE events DROP COLUMN name", "INSERT INTO events VALUES (3, 300)")

    assert sync(standing, plan("timestamp_watermark")).held_columns == ("name",)

    assert sqlite_ends.rows(ROWS) == [(1, 100, "a"), (2, 200, "b"), (3, 300, None)]


def test_a_target_that_was_dropped_is_loaded_whole(standing: Connections, sqlite_ends: Ends) -> None:
    """The state is forgotten with it."""
    sqlite_ends.write_target("DROP TABLE events")

    assert sync(standing, plan("timestamp_watermark")).written == 2

    assert sqlite_ends.rows(ROWS) == [(1, 100, "a"), (2, 200, "b")]


def test_a_column_of_the_targets_own_is_seen(standing: Connections, sqlite_ends: Ends) -> None:
    """It is left alone, also by the sync after the one that saw it first."""
    sqlite_ends.write_target("ALTER TABLE events ADD COLUMN seen TEXT DEFAULT 'yes'")
    for number in (3, 4):
        sqlite_ends.write(f"INSERT INTO events VALUES ({number}, {number}00, 'c')")
        sync(standing, plan("timestamp_watermark"))

    assert sqlite_ends.rows(ROWS)[2:] == [(3, 300, "c", "yes"), (4, 400, "c", "yes")]


def test_a_key_that_was_taken_from_the_target_is_missed(standing: Connections, sqlite_ends: Ends) -> None:
    """A table of the same columns without its key is refused."""
    sqlite_ends.write_target("ALTER TABLE events RENAME TO former", "CREATE TABLE events AS SELECT * FROM former")

    with pytest.raises(Refused, match="has no primary key over 'id'"):
        sync(standing, plan("timestamp_watermark"))


def test_another_plan_is_settled_by_itself(standing: Connections, sqlite_ends: Ends) -> None:
    """A cursor that the table does not have is refused, whatever the sync before had."""
    with pytest.raises(Refused, match="cursor column"):
        sync(standing, plan("timestamp_watermark", cursor="updated"))

    assert sqlite_ends.rows(ROWS) == [(1, 100, "a"), (2, 200, "b")]


def test_a_key_that_became_null_is_refused(sqlite_ends: Ends) -> None:
    """Rows are looked at in every sync: SQLite lets a key of text be null."""
    sqlite_ends.write(
        "CREATE TABLE events (id VARCHAR PRIMARY KEY, ts INTEGER)", "INSERT INTO events VALUES ('a', 100), ('b', 200)"
    )
    with closing(connect(sqlite_ends.source, sqlite_ends.target, plan("timestamp_watermark"))) as connections:
        for _ in range(3):
            sync(connections, plan("timestamp_watermark"))
        sqlite_ends.write("INSERT INTO events VALUES (NULL, 300)")
        with pytest.raises(Refused, match="is missing or null in a row of the source"):
            sync(connections, plan("timestamp_watermark"))


def test_a_sync_that_was_undone_leaves_nothing_settled(standing: Connections, sqlite_ends: Ends) -> None:
    """After a dry run that evolved the target, the columns are those of before."""
    sqlite_ends.write("ALTER TABLE events ADD COLUMN more TEXT", "INSERT INTO events VALUES (3, 300, 'c', 'm')")
    sync(standing, plan("timestamp_watermark", evolve=True), commit=False)

    sync(standing, plan("timestamp_watermark", evolve=True))

    assert sqlite_ends.rows(ROWS)[-1] == (3, 300, "c", "m")


@pytest.mark.parametrize("name", OF_ENTRY)
def test_the_size_of_the_state_is_that_of_its_text(name: str, sqlite_ends: Ends) -> None:
    """What a sync says is what stands in the table; one that learns nothing says nothing."""
    sqlite_ends.write(*BASE)
    with closing(connect(sqlite_ends.source, sqlite_ends.target, plan(name))) as connections:
        said = sync(connections, plan(name)).state_bytes
        again = sync(connections, plan(name)).state_bytes

    sizes = "SELECT length(CAST(value AS BLOB)) FROM _incload_state WHERE strategy <> '(columns)'"
    assert sqlite_ends.rows(sizes) == [(said,)]
    assert again is None


def test_a_state_that_was_written_is_handed_out_once(standing: Connections, sqlite_ends: Ends) -> None:
    """What a strategy does to the state that it was given does not outlast the sync."""
    sqlite_ends.write("INSERT INTO events VALUES (3, 300, 'c')")
    sync(standing, plan("timestamp_watermark"))
    assert list(standing.written.values()) != []

    sync(standing, plan("timestamp_watermark"))

    assert standing.written == {}
