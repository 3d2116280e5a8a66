"""What is remembered between syncs: one entry for each table and strategy, beside the rows and in their transaction."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from incload.engines.registry import session_type
from incload.errors import Refused
from incload.loading.opening import connect
from incload.loading.plan import Plan
from incload.loading.run import load
from incload.loading.state.table_store import TableStore
from incload.loading.sync import sync
from incload.registry import strategy
from incload.strategy import Delta, Seen, Source, State, Strategy, WriteRule

if TYPE_CHECKING:
    from collections.abc import Callable

    from incload.engines.session import Session
    from incload.strategy import Need
    from tests.ends import Ends

BASE = (
    "CREATE TABLE events (id INTEGER PRIMARY KEY, ts INTEGER, name VARCHAR)",
    "INSERT INTO events VALUES (1, 100, 'a'), (2, 200, 'b')",
)
WATERMARK = ("events", "timestamp_watermark")
TYPED = {
    "sqlite": "CREATE TABLE events (id INTEGER PRIMARY KEY, ts INTEGER, name TEXT)",
    "duckdb": "CREATE TABLE events (id BIGINT PRIMARY KEY, ts BIGINT, name VARCHAR)",
}
"""What each engine makes of the table when it comes from the other."""
EMPTIED = "DELETE FROM events"


@dataclass(frozen=True)
class Stumbling(Strategy):
    """Reads everything, and fails after the rows have been written."""

    name = "timestamp_watermark"

    @property
    def needs(self) -> frozenset[Need]:
        """Nothing."""
        return frozenset()

    def read(self, source: Source, state: State) -> Delta:  # noqa: ARG002 - the contract passes the state
        """Ask for everything."""
        return Delta((source.everything(),))

    def remember(self, seen: Seen, state: State) -> State:  # noqa: ARG002 - the contract passes the state
        """Fail, with the rows in the target and nothing committed."""
        raise RuntimeError(f"after {seen.count} rows")


def entry(**changes: object) -> str:
    """Return a state entry as the target holds it, with some parts changed."""
    known = {"version": 1, "watermark": 200, "shown": 200, "key": None, "digests": False, "notes": {}}
    whose = {"strategy": "timestamp_watermark", "key_columns": ["id"], "cursor": "ts", "scale": "1/s"}
    return json.dumps({**known, **whose, "digest": "0123456789abcdef", **changes})


def plant(ends: Ends, value: str) -> None:
    """Put an entry in place of the one that is there."""
    ends.write_target(f"UPDATE _incload_state SET value = '{value}'")


def test_an_entry_says_what_was_read_and_what_it_means(ends: Ends) -> None:
    """Beside the watermark stand the columns and the cursor's form, without which the number means nothing."""
    ends.write(*BASE)
    ends.load("timestamp_watermark")
    remembered = ends.state()[WATERMARK]

    assert len(str(remembered.pop("digest"))) == 16
    assert remembered == {
        "version": 1,
        "strategy": "timestamp_watermark",
        "watermark": 200,
        "shown": 200,
        "key": None,
        "key_columns": ["id"],
        "digests": False,
        "notes": {},
        "cursor": "ts",
        "scale": "1/s",
        "source": f"{ends.engines[0]}:///{ends.source.path}?table=events",
    }


def test_every_table_and_strategy_has_its_own_entry(ends: Ends) -> None:
    """Two strategies on one table and one strategy on two tables remember for themselves."""
    ends.write(*BASE, "CREATE TABLE visits (id INTEGER PRIMARY KEY, ts INTEGER)", "INSERT INTO visits VALUES (1, 7)")
    ends.load("timestamp_watermark")
    ends.load("composite_watermark")
    ends.load("timestamp_watermark", name="visits")
    marks = {place: (value["watermark"], value["key"]) for place, value in ends.state().items()}

    assert marks == {
        ("events", "composite_watermark"): (200, [2]),
        ("events", "timestamp_watermark"): (200, None),
        ("visits", "timestamp_watermark"): (7, None),
    }


def test_variants_of_a_strategy_share_their_entry(ends: Ends) -> None:
    """The parameters of a strategy may change from one load to the next; what was read stays read."""
    ends.write(*BASE)
    ends.load("timestamp_watermark")
    ends.write("INSERT INTO events VALUES (3, 200, 'tie')")
    summary = ends.load("timestamp_watermark_inclusive")

    assert summary.previous_watermark == 200
    assert list(ends.state()) == [WATERMARK]


def test_an_emptied_table_keeps_its_state(ends: Ends) -> None:
    """A target that is there and empty was emptied by a user who knows why: the load goes on from the watermark."""
    ends.write(*BASE)
    ends.load("timestamp_watermark")
    ends.write_target(EMPTIED)
    ends.write("INSERT INTO events VALUES (3, 300, 'c')")
    summary = ends.load("timestamp_watermark")

    assert ends.rows() == [(3, 300, "c")]
    assert summary.previous_watermark == 200


def test_a_rebuilt_table_keeps_its_state(ends: Ends) -> None:
    """A target that was dropped and rebuilt from elsewhere goes on from the watermark."""
    ends.write(*BASE)
    ends.load("timestamp_watermark")
    ends.write_target(
        "CREATE TABLE backup AS SELECT * FROM events",
        "DROP TABLE events",
        "CREATE TABLE events (id INTEGER PRIMARY KEY, ts INTEGER, name VARCHAR)"
        if ends.engines[0] == ends.engines[1]
        else TYPED[ends.engines[1]],
        "INSERT INTO events SELECT id, ts, 'from elsewhere' FROM backup",
    )
    ends.write("INSERT INTO events VALUES (3, 300, 'c')")
    summary = ends.load("timestamp_watermark")

    assert ends.rows() == [(1, 100, "from elsewhere"), (2, 200, "from elsewhere"), (3, 300, "c")]
    assert (summary.loaded, summary.previous_watermark) == (1, 200)


@pytest.mark.parametrize(
    "name",
    ["timestamp_watermark", "composite_watermark", "lookback_window", "row_hash_cdc", "incrementing_id"],
)
def test_a_dropped_table_is_loaded_afresh(ends: Ends, name: str) -> None:
    """Without a target table the state has nothing to stand on: everything is read again."""
    ends.write(*BASE)
    ends.load(name)
    ends.write_target("DROP TABLE events")
    ends.write("INSERT INTO events VALUES (3, 300, 'c')")
    summary = ends.load(name)

    assert ends.rows() == [(1, 100, "a"), (2, 200, "b"), (3, 300, "c")]
    assert (summary.loaded, summary.previous_watermark) == (3, None)


def test_a_drop_alone_leaves_the_state(ends: Ends) -> None:
    """The state stands in a table of its own, so that whoever rebuilds the data finds it."""
    ends.write(*BASE)
    ends.load("timestamp_watermark")
    ends.write_target("DROP TABLE events")

    assert ends.watermark() == 200


def test_a_dropped_table_forgets_even_when_there_is_nothing_to_read(ends: Ends) -> None:
    """If the source is empty at that moment, the rows that come back under the old watermark are not passed over."""
    ends.write(*BASE)
    ends.load("timestamp_watermark")
    ends.write_target("DROP TABLE events")
    ends.write(EMPTIED)
    ends.load("timestamp_watermark")
    ends.write(BASE[1])
    ends.load("timestamp_watermark")

    assert ends.rows() == [(1, 100, "a"), (2, 200, "b")]


def test_a_failed_first_load_into_a_dropped_table_forgets_nothing(ends: Ends) -> None:
    """Forgetting belongs to the transaction: it is undone with the rest."""
    ends.write(*BASE)
    ends.load("timestamp_watermark")
    ends.write_target("DROP TABLE events")
    before = ends.state()
    with pytest.raises(RuntimeError, match="after 2 rows"):
        load(ends.source, ends.target, Plan("events", ("id",), "ts", Stumbling(), cursor_per_second=1))

    assert ends.state() == before


def broken_remember(ends: Ends, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: ARG001 - each fault is planted alike
    """Fail between writing the rows and writing the state."""
    load(ends.source, ends.target, Plan("events", ("id",), "ts", Stumbling(), cursor_per_second=1))


def broken_keep(ends: Ends, monkeypatch: pytest.MonkeyPatch) -> None:
    """Fail while writing the state, when it has been written already."""
    keep = TableStore.keep

    def kept_and_lost(store: TableStore, state: State, at: int, rows: int) -> None:
        keep(store, state, at, rows)
        raise RuntimeError("after the state")

    monkeypatch.setattr(TableStore, "keep", kept_and_lost)
    ends.load("timestamp_watermark")


def broken_commit(ends: Ends, monkeypatch: pytest.MonkeyPatch) -> None:
    """Fail at the commit, with rows and state written."""
    monkeypatch.setattr(session_type(ends.engines[1]), "finish", broken)
    ends.load("timestamp_watermark")


@pytest.mark.parametrize("fault", [broken_remember, broken_keep, broken_commit])
def test_rows_and_state_commit_together(
    ends: Ends, fault: Callable[[Ends, pytest.MonkeyPatch], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Wherever a sync fails, the target holds the rows and the state of the sync before, and the next one is whole."""
    ends.write(*BASE)
    ends.load("timestamp_watermark")
    before = ends.rows(), ends.state()
    ends.write("INSERT INTO events VALUES (3, 300, 'c')")
    with monkeypatch.context() as planted, pytest.raises(RuntimeError):
        fault(ends, planted)
    after = ends.rows(), ends.state()
    ends.load("timestamp_watermark")

    assert after == before
    assert ends.rows() == [(1, 100, "a"), (2, 200, "b"), (3, 300, "c")]
    assert ends.watermark() == 300


@pytest.mark.parametrize("fault", [broken_remember, broken_keep, broken_commit])
def test_a_first_load_that_fails_leaves_no_file(
    ends: Ends, fault: Callable[[Ends, pytest.MonkeyPatch], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The target file that the load created is gone again, and so is whatever an engine puts beside it."""
    ends.write(*BASE)
    before = sorted(ends.folder.iterdir())
    with pytest.raises(RuntimeError):
        fault(ends, monkeypatch)

    assert sorted(ends.folder.iterdir()) == before


def test_digests_commit_with_the_rows(ends: Ends, monkeypatch: pytest.MonkeyPatch) -> None:
    """The table of digests is rolled back with the rows, so that the next comparison finds the change again."""
    ends.write(*BASE)
    ends.load("row_hash_cdc")
    ends.write("UPDATE events SET name = 'B' WHERE id = 2", "DELETE FROM events WHERE id = 1")
    with monkeypatch.context() as planted:
        planted.setattr(session_type(ends.engines[1]), "finish", broken)
        with pytest.raises(RuntimeError):
            ends.load("row_hash_cdc")
    between = ends.rows()
    summary = ends.load("row_hash_cdc")

    assert between == [(1, 100, "a"), (2, 200, "b")]
    assert (summary.loaded, summary.removed, ends.rows()) == (1, 1, [(2, 200, "B")])


def broken(_: Session) -> None:
    """Fail instead of committing."""
    raise RuntimeError("instead of the commit")


def test_the_state_is_written_in_one_statement(sqlite_ends: Ends) -> None:
    """An entry is inserted, or changed where it stands: there is no moment, and no crash, between two halves."""
    sqlite_ends.write(*BASE)
    first = statements_about_the_state(sqlite_ends)
    sqlite_ends.write("INSERT INTO events VALUES (3, 300, 'c')")
    second = statements_about_the_state(sqlite_ends)

    assert [sql.split()[0] for sql in first] == ["CREATE", "INSERT"]
    assert [sql.split("'")[0] for sql in second] == ['UPDATE main."_incload_state" SET value = ']


def statements_about_the_state(ends: Ends) -> list[str]:
    """Load; return the statements that wrote the table of entries."""
    plan = Plan("events", ("id",), "ts", strategy("timestamp_watermark"), cursor_per_second=1)
    connections = connect(ends.source, ends.target, plan)
    statements: list[str] = []
    connections.target._connection.set_trace_callback(statements.append)  # type: ignore[attr-defined]
    sync(connections, plan)
    connections.close()
    return [sql for sql in statements if '"_incload_state"' in sql and not sql.startswith(("SELECT", "PRAGMA"))]


def test_a_sync_that_loads_nothing_leaves_the_state_alone(sqlite_ends: Ends) -> None:
    """Not a byte of the target changes when there is nothing to load."""
    sqlite_ends.write(*BASE)
    sqlite_ends.load("timestamp_watermark")
    before = sqlite_ends.target.path.read_bytes()
    summary = sqlite_ends.load("timestamp_watermark")

    assert (summary.loaded, summary.state) == (0, "untouched")
    assert sqlite_ends.target.path.read_bytes() == before


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("no JSON", "cannot be read"),
        ("[]", "cannot be read"),
        ('{"version": 1}', "cannot be read"),
        (entry(version=2), "has version 2, not 1"),
        (entry(strategy="lookback_window"), "written for the strategy 'lookback_window'"),
        (entry(key_columns=["shop", "id"]), "written for the key 'shop, id', not 'id'"),
        (entry(cursor="created"), "written for the cursor column 'created', not 'ts'"),
        (entry(scale="text like 1970-01-01"), "a cursor of the form 'text like 1970-01-01'"),
        (entry(scale="parsecs"), "a cursor of the form 'parsecs'"),
    ],
)
def test_an_entry_that_cannot_be_used_is_refused(ends: Ends, value: str, said: str) -> None:
    """A state that means something else, or nothing, is named with the way out, and stays as it is."""
    ends.write(*BASE)
    ends.load("timestamp_watermark")
    plant(ends, value)
    with pytest.raises(Refused, match=said) as refused:
        ends.load("timestamp_watermark")
    after = ends.rows("SELECT value FROM _incload_state WHERE strategy <> '(columns)'")

    assert "`incload state reset TARGET --table events --strategy timestamp_watermark`" in str(refused.value)
    assert after == [(value,)]


def test_without_its_entry_a_load_reads_everything(ends: Ends) -> None:
    """After its row is deleted a strategy starts afresh, into the target as it is."""
    ends.write(*BASE)
    ends.load("timestamp_watermark")
    ends.write_target("DELETE FROM _incload_state")
    summary = ends.load("timestamp_watermark")

    assert (summary.loaded, summary.previous_watermark) == (2, None)


def test_a_watermark_is_not_taken_for_that_of_another_cursor(ends: Ends) -> None:
    """The largest creation time says nothing about modification times."""
    ends.write(
        "CREATE TABLE events (id INTEGER PRIMARY KEY, created INTEGER, modified INTEGER)",
        "INSERT INTO events VALUES (1, 100, 10)",
    )
    ends.load("timestamp_watermark", cursor="created")

    with pytest.raises(Refused, match=r"was written for the cursor column 'created', not 'modified'"):
        ends.load("timestamp_watermark", cursor="modified")


def test_plain_numbers_may_be_said_to_count_something_later(ends: Ends) -> None:
    """A number is its own position, so that --cursor-unit can be added after the first load."""
    ends.write(*BASE)
    ends.load("timestamp_watermark", cursor_per_second=None)
    ends.write("INSERT INTO events VALUES (3, 150, 'late'), (4, 201, 'new')")
    summary = ends.load("timestamp_watermark", cursor_per_second=1_000)

    assert (summary.loaded, summary.previous_watermark, summary.new_watermark) == (1, 200, 201)


def test_digests_of_other_columns_are_made_again(ends: Ends) -> None:
    """A digest over other columns is another number for the same row: the comparison starts from the whole source."""
    ends.write(*BASE)
    ends.load("row_hash_cdc")
    ends.write("ALTER TABLE events ADD COLUMN size INTEGER", "DELETE FROM events WHERE id = 1")
    summary = ends.load("row_hash_cdc", evolve=True)
    again = ends.load("row_hash_cdc", evolve=True)

    assert ends.rows() == [(2, 200, "b", None)]
    assert (summary.removed, again.loaded, again.removed) == (1, 0, 0)


@pytest.mark.parametrize(
    ("declared", "values", "kept"),
    [
        ("BLOB", ("x'01'", "x'02'", "x'0201'"), {"bytes": "AgE="}),
        ("REAL", ("0.5", "1.5", "2.25"), 2.25),
        ("TEXT", ("'a'", "'b'", "'ü'"), "ü"),
    ],
)
def test_keys_of_every_type_are_remembered(
    sqlite_ends: Ends, declared: str, values: tuple[str, str, str], kept: object
) -> None:
    """A largest key comes back from the state as the value it was."""
    first, second, third = values
    sqlite_ends.write(
        f"CREATE TABLE events (id {declared} PRIMARY KEY, ts INTEGER)",
        f"INSERT INTO events VALUES ({first}, 5), ({second}, 5)",
    )
    sqlite_ends.load("composite_watermark")
    sqlite_ends.write(f"INSERT INTO events VALUES ({third}, 5)")
    summary = sqlite_ends.load("composite_watermark")

    assert summary.loaded == 1
    assert sqlite_ends.state()["events", "composite_watermark"]["key"] == [kept]


def test_an_append_only_target_is_loaded_by_its_state(ends: Ends) -> None:
    """With the rule append nothing but the state keeps rows from being written twice."""
    ends.write(*BASE)
    ends.load("timestamp_watermark", write_rule=WriteRule.APPEND)
    ends.write("INSERT INTO events VALUES (3, 300, 'c')")
    ends.load("timestamp_watermark", write_rule=WriteRule.APPEND)
    ends.load("timestamp_watermark", write_rule=WriteRule.APPEND)

    assert ends.rows() == [(1, 100, "a"), (2, 200, "b"), (3, 300, "c")]


def test_a_strategy_without_state_leaves_no_table(sqlite_ends: Ends) -> None:
    """A full refresh remembers nothing, and the target holds nothing but its table."""
    sqlite_ends.write(*BASE)
    sqlite_ends.load("full_refresh")
    with closing(sqlite3.connect(sqlite_ends.target.path)) as connection:
        tables = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()

    assert tables == [("events",)]


KEY_TYPES = [("BIGINT", "7", "VARCHAR"), ("VARCHAR", "'7'", "BIGINT"), ("BIGINT", "7", "DECIMAL(9,0)")]


@pytest.mark.parametrize(("before", "value", "after"), KEY_TYPES, ids=["number to text", "text to number", "decimal"])
@pytest.mark.parametrize("strategy", ["composite_watermark", "incrementing_id"])
def test_a_key_of_another_type_is_refused_in_one_sentence(
    ends: Ends, strategy: str, before: str, value: str, after: str
) -> None:
    """What is remembered of a key means nothing in another type; forgotten, the load goes on with the new type."""
    if after != "VARCHAR" and ends.engines != ("duckdb", "duckdb"):
        pytest.skip("SQLite's columns of numbers hold texts and decimals, and decimals have no order across engines")
    ends.write(
        f"CREATE TABLE events (id {before} PRIMARY KEY, ts INTEGER)", f"INSERT INTO events VALUES ({value}, 700)"
    )
    ends.load(strategy)
    ends.write(
        "DROP TABLE events",
        f"CREATE TABLE events (id {after} PRIMARY KEY, ts INTEGER)",
        f"INSERT INTO events VALUES ({value}, 700), (10, 800)",
    )
    with pytest.raises(Refused) as refused:
        ends.load(strategy, evolve=True)
    ends.write_target("DELETE FROM _incload_state")
    ends.load(strategy, evolve=True)

    assert str(refused.value) == (
        f"the state of table 'events' and strategy '{strategy}' ends at the key {value}, and key column 'id' is of "
        f"type {after} now, in which keys have another order: reset it with `incload state reset TARGET --table "
        f"events --strategy {strategy}`, and the next load reads everything."
    )
    assert sorted(str(key) for (key,) in ends.rows("SELECT id FROM events")) == ["10", "7"]
