"""A first load of more rows than DuckDB takes in one transaction: in parts that no reader sees, whatever happens.

A part is two rows here, and so is a batch of a stream, so that five rows are three parts.
"""

from __future__ import annotations

from contextlib import suppress
from itertools import count
from typing import TYPE_CHECKING

import pytest
from dying import Death, Tape, taped

from incload.engines.duckdb import chunked_load
from incload.engines.duckdb.chunked_load import DuckdbParts
from incload.engines.sqlite.arrow import send
from incload.errors import Refused
from incload.loading.opening import connect
from incload.loading.plan import Plan
from incload.loading.sync import sync
from incload.registry import strategy

if TYPE_CHECKING:
    from tests.ends import Between, Ends, Row

ROWS: list[Row] = [(1, 100, "a"), (2, 200, "b"), (3, 300, "c"), (4, 400, None), (5, 500, "e")]
PASSING = "_incload_filling_events"
PARTS = {"duckdb": 3, "sqlite": 3, "sqlite uncut": 2}
"""How many; where SQLite does not keep its rows in the order of their keys, the first batch of them is a row short."""
TABLES = "SELECT table_name FROM duckdb_tables() ORDER BY 1"


@pytest.fixture(params=PARTS)
def long(request: pytest.FixtureRequest, between: Between, monkeypatch: pytest.MonkeyPatch) -> Ends:
    """Return a source of five rows and a target in DuckDB that takes two of them at once."""
    monkeypatch.setattr(DuckdbParts, "rows", 2)
    monkeypatch.setattr(send, "BATCH_ROWS", 2)
    engine, _, uncut = request.param.partition(" ")
    ends = between(engine, "duckdb")
    ends.write(f"CREATE TABLE events (id {'BIGINT' if uncut else 'INTEGER'} PRIMARY KEY, ts INTEGER, name VARCHAR)")
    ends.insert("events", ROWS)
    return ends


def test_all_parts_and_the_state_are_there_afterwards(long: Ends, request: pytest.FixtureRequest) -> None:
    """Five rows came in parts, and nothing else is left of them."""
    with taped(Tape()) as tape:
        summary = long.load("timestamp_watermark")

    assert (
        sum(statement.startswith("CHECKPOINT") for statement in tape.crossed)
        == PARTS[request.node.callspec.params["long"]]
    )
    assert (summary.loaded, summary.removed, summary.total_in_target, summary.new_watermark) == (5, 0, 5, 500)
    assert long.rows() == ROWS
    assert long.rows(TABLES) == [("_incload_state",), ("_incload_state_history",), ("events",)]


def test_the_next_load_goes_on_from_there(long: Ends) -> None:
    """The table that was filled in parts has its key, and its changes are merged."""
    long.load("timestamp_watermark")
    long.write("UPDATE events SET ts = 600, name = 'B' WHERE id = 2", "INSERT INTO events VALUES (6, 601, 'f')")

    assert long.load("timestamp_watermark").loaded == 2
    assert long.rows() == [ROWS[0], (2, 600, "B"), *ROWS[2:], (6, 601, "f")]
    assert long.rows("SELECT constraint_type FROM duckdb_constraints() WHERE table_name = 'events'") == [
        ("PRIMARY KEY",), ("NOT NULL",)
    ]  # fmt: skip


def test_a_long_table_that_was_dropped_is_filled_again(long: Ends) -> None:
    """What was remembered of the dropped table says nothing of the new one."""
    long.load("timestamp_watermark")
    long.write_target("DROP TABLE events")
    summary = long.load("timestamp_watermark")

    assert (summary.loaded, summary.previous_watermark, long.rows()) == (5, None, ROWS)


def test_few_rows_go_in_one_transaction(long: Ends) -> None:
    """What one transaction takes is not divided."""
    long.write("DELETE FROM events WHERE id > 2")
    with taped(Tape()) as tape:
        long.load("timestamp_watermark")

    assert not any(statement.startswith("CHECKPOINT") for statement in tape.crossed)
    assert long.rows() == ROWS[:2]


def test_what_a_killed_load_left_goes_with_the_next_first_load(long: Ends) -> None:
    """A load of few rows fills no table in parts, and yet drops the one that was being filled."""
    long.write("DELETE FROM events WHERE id > 2")
    long.write_target(f"CREATE TABLE {PASSING} (id INTEGER)", f"INSERT INTO {PASSING} VALUES (7)")
    long.load("timestamp_watermark")

    assert long.rows(TABLES) == [("_incload_state",), ("_incload_state_history",), ("events",)]


@pytest.mark.parametrize(
    ("name", "parted", "again"),
    [
        ("full_refresh", {"duckdb", "sqlite", "sqlite uncut"}, (5, 5)),
        ("snapshot_diff", {"duckdb"}, (0, 0)),
        ("composite_watermark", {"duckdb", "sqlite", "sqlite uncut"}, (0, 0)),
        ("row_hash_cdc", {"duckdb", "sqlite", "sqlite uncut"}, (0, 0)),
    ],
)
def test_every_kind_of_strategy_copies_a_long_table(
    long: Ends, name: str, parted: set[str], again: tuple[int, int], request: pytest.FixtureRequest
) -> None:
    """In parts where no row has to be compared, the copy is right, and the next load writes only what is replaced."""
    where = request.node.callspec.params["long"]
    with taped(Tape()) as tape:
        first = long.load(name)
    parts = sum(statement.startswith("CHECKPOINT") for statement in tape.crossed)
    found = long.rows()
    second = long.load(name)

    assert (first.loaded, parts) == (5, PARTS[where] if where in parted else 0)
    assert (second.loaded, second.removed) == again
    assert (found, long.rows()) == (ROWS, ROWS)


def test_a_load_that_dies_anywhere_leaves_no_part_of_the_table(long: Ends) -> None:
    """Before the last commit a reader finds no table, after it all of it; a load after it ends where it should."""
    planned = Plan("events", ("id",), "ts", strategy("timestamp_watermark"), cursor_per_second=1)
    finished: list[bool] = []
    for at in count():
        connections = connect(long.source, long.target, planned)
        with taped(Tape(at)) as tape, suppress(Death):
            sync(connections, planned)
        connections.rollback()  # what a database does when the process that wrote is gone
        connections.close()
        if not tape.dead:
            break
        there = ("events",) in long.rows(TABLES)
        finished.append(there)
        assert not there or (long.rows(), long.watermark()) == (ROWS, 500)
        if there:
            long.target.path.unlink()

    assert finished == sorted(finished)
    assert finished.count(False) > 20
    assert long.rows() == ROWS
    assert long.rows(TABLES) == [("_incload_state",), ("_incload_state_history",), ("events",)]


def test_a_long_table_of_duckdb_is_read_in_parts(between: Between, monkeypatch: pytest.MonkeyPatch) -> None:
    """All rows of three parts arrive in an engine that takes them at once."""
    monkeypatch.setattr(DuckdbParts, "rows", 2)
    ends = between("duckdb", "sqlite")
    ends.write("CREATE TABLE events (id INTEGER PRIMARY KEY, ts INTEGER, name VARCHAR)")
    ends.insert("events", [*ROWS, (6, None, "no timestamp")])
    with taped(Tape()) as tape:
        loaded = ends.load("timestamp_watermark").loaded

    assert sum(statement.startswith("SET memory_limit") for statement in tape.crossed) == 3
    assert (loaded, ends.rows()) == (6, [*ROWS, (6, None, "no timestamp")])


@pytest.mark.parametrize("target", ["sqlite", "duckdb"])
def test_a_column_by_the_name_of_the_row_numbers_cuts_no_table(
    between: Between, target: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A column called rowid hides the numbers of the rows, and its own values say nothing of where they stand."""
    monkeypatch.setattr(DuckdbParts, "rows", 2)
    rows: list[Row] = [(1, -5), (2, None), (3, 0), (4, 7)]
    ends = between("duckdb", target)
    ends.write("CREATE TABLE events (id INTEGER PRIMARY KEY, RowId BIGINT)")
    ends.insert("events", rows)
    loaded = ends.load("full_refresh", cursor=None).loaded

    assert (loaded, ends.rows()) == (4, rows)


def test_what_a_killed_load_left_is_dropped(long: Ends) -> None:
    """The next first load does not go on with it, even if it was one that needs no parts."""
    long.write_target(f"CREATE TABLE {PASSING} (id INTEGER)", f"INSERT INTO {PASSING} VALUES (9)")
    long.write("DELETE FROM events WHERE id > 2")
    long.load("timestamp_watermark")

    assert long.rows() == ROWS[:2]
    assert (PASSING,) not in long.rows(TABLES)


def test_keys_in_no_order_go_in_one_transaction(between: Between, monkeypatch: pytest.MonkeyPatch) -> None:
    """A key of text is not filled in parts, each of which would need the whole index."""
    monkeypatch.setattr(DuckdbParts, "rows", 2)
    ends = between("duckdb", "duckdb")
    ends.write("CREATE TABLE events (id VARCHAR PRIMARY KEY, ts INTEGER)")
    ends.insert("events", [("c", 1), ("a", 2), ("b", 3)])
    with taped(Tape()) as tape:
        ends.load("timestamp_watermark")

    assert not any(statement.startswith("CHECKPOINT") for statement in tape.crossed)
    assert ends.rows() == [("a", 2), ("b", 3), ("c", 1)]


def test_a_source_that_breaks_in_a_later_part_leaves_no_target(
    between: Between, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A text among the numbers of the fifth row is refused, and the four rows before it are undone."""
    monkeypatch.setattr(DuckdbParts, "rows", 2)
    monkeypatch.setattr(send, "BATCH_ROWS", 2)
    ends = between("sqlite", "duckdb")
    ends.write("CREATE TABLE events (id INTEGER PRIMARY KEY, ts INTEGER, name VARCHAR)")
    ends.insert("events", [*ROWS[:4], (5, "never", "e")])

    with pytest.raises(Refused, match="column 'ts'"):
        ends.load("timestamp_watermark")
    assert not ends.target.path.exists()


def test_a_dry_run_leaves_nothing(long: Ends) -> None:
    """What is to be undone is not committed in parts."""
    assert long.load("timestamp_watermark", dry_run=True).loaded == 5
    assert not long.target.path.exists()


def test_state_that_is_in_use_is_no_reason_to_fail(long: Ends, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where less than what is in use is asked for between two parts, the load goes on."""
    monkeypatch.setattr(chunked_load, "_LET_GO", "1KB")
    long.load("timestamp_watermark")

    assert long.rows() == ROWS
