"""The history of a state: what was remembered, when, by which run, and how much it loaded, written with the rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from incload.engines.duckdb.session import DuckdbSession
from incload.engines.registry import session_type
from incload.engines.sqlite.session import SqliteSession
from incload.errors import Refused
from incload.loading.state.table_store import KEPT, By, Past, TableStore, remembered
from incload.strategy import State, WriteRule
from incload.table import Column, Kind, Table

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from incload.engines.session import Session
    from tests.ends import Ends

NOON = 1_767_268_800_000_000
EVENTS = Table("events", ("id",), "ts", (Column("id", Kind.INTEGER), Column("ts", Kind.INTEGER)))
TAGS = {"cursor": "ts", "scale": "1/s", "digest": "d"}
CREATED = "CREATE TABLE events (id INTEGER PRIMARY KEY, ts INTEGER)"


@pytest.fixture(params=[SqliteSession, DuckdbSession])
def session(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Session]:
    """Return a session with a new target on each engine in turn."""
    made: Session = request.param(None, tmp_path / "target")
    yield made
    made.close()


@pytest.fixture
def store(session: Session) -> TableStore:
    """Return the place of a state that was never written."""
    return TableStore(session, EVENTS, "timestamp_watermark", TAGS)


def marks(store: TableStore) -> list[tuple[int, object]]:
    """Return the numbers of the runs, newest first, and the watermark of each."""
    return [(past.run, past.value and store.read(past.value).state.watermark) for past in store.history()]


def test_a_value_is_kept_with_its_run(store: TableStore) -> None:
    """Each value stands with its number, the source's time in UTC, who wrote it, and the rows that were loaded."""
    store.keep(State(watermark=5), NOON, 17)
    (past,) = store.history()

    assert (past.run, past.at, past.by, past.of_run, past.rows) == (1, "2026-01-01T12:00:00.000000Z", By.SYNC, None, 17)
    assert past.value == store.session.rows(f"SELECT value FROM {store.session.name('target', '_incload_state')}")[0][0]


@pytest.mark.parametrize(("runs", "oldest"), [(19, 1), (20, 1), (21, 2), (45, 26)])
def test_the_last_twenty_are_kept(store: TableStore, runs: int, oldest: int) -> None:
    """The numbers count up permanently, and the oldest values go."""
    for run in range(1, runs + 1):
        store.keep(State(watermark=run * 10), NOON, 0)

    assert marks(store) == [(run, run * 10) for run in range(runs, oldest - 1, -1)]
    assert KEPT == 20


def test_tables_and_strategies_are_numbered_apart(store: TableStore) -> None:
    """The history of one state neither counts nor sweeps away that of another."""
    other = TableStore(store.session, EVENTS, "composite_watermark", TAGS)
    third = TableStore(store.session, Table("visits", ("id",), "ts", EVENTS.columns), "timestamp_watermark", TAGS)
    other.keep(State(watermark=1), NOON, 0)
    third.keep(State(watermark=2), NOON, 0)
    for _ in range(25):
        store.keep(State(watermark=3), NOON, 0)

    assert (marks(other), marks(third)) == ([(1, 1)], [(1, 2)])
    assert remembered(store.session) == [
        ("events", "composite_watermark"),
        ("events", "timestamp_watermark"),
        ("visits", "timestamp_watermark"),
    ]


def test_a_value_costs_the_same_whatever_was_before(tmp_path: Path) -> None:
    """Every value after the first takes the same statements: the entry, the new line, the oldest line."""
    session = SqliteSession(None, tmp_path / "target.db")
    store, counts = TableStore(session, EVENTS, "timestamp_watermark", TAGS), []
    for run in range(30):
        statements: list[str] = []
        session._connection.set_trace_callback(statements.append)
        store.keep(State(watermark=run), NOON, 0)
        counts.append(len([sql for sql in statements if sql.startswith(("INSERT", "DELETE", "UPDATE"))]))
    session.close()

    assert counts[1:] == [3] * 29


def test_forgetting_keeps_the_history(store: TableStore) -> None:
    """What was remembered can be put back after it was forgotten, and a reset is a line of its own."""
    store.keep(State(watermark=5), NOON, 17)
    store.reset(NOON + 1)

    assert (store.entry(), store.is_blank()) == (None, True)
    assert store.history()[0] == Past(2, "2026-01-01T12:00:00.000001Z", By.RESET, None, 0, None)
    assert marks(store) == [(2, None), (1, 5)]


def test_whoever_writes_the_target_outdates_the_digests_of_others(session: Session) -> None:
    """Also one that has asked nothing yet, as a repair: what remembers no digests keeps its state."""
    plain = TableStore(session, EVENTS, "timestamp_watermark", TAGS)
    hashed = TableStore(session, EVENTS, "row_hash_cdc", TAGS)
    plain.keep(State(watermark=5), NOON, 1)
    hashed.keep(State(digests=True), NOON, 1)
    session.write(f"CREATE TABLE {hashed.digests} (id INTEGER)")
    TableStore(session, EVENTS, "", TAGS).outdate(NOON + 1)

    assert TableStore(session, EVENTS, "row_hash_cdc", TAGS).is_blank()
    assert TableStore(session, EVENTS, "timestamp_watermark", TAGS).recall() == State(watermark=5)
    assert hashed.history()[0] == Past(2, "2026-01-01T12:00:00.000001Z", By.RESET, None, 0, None)


def test_a_target_without_a_state_has_no_history(session: Session, store: TableStore) -> None:
    """Looking creates nothing."""
    assert (store.history(), store.is_blank(), remembered(session), session.tables("target")) == ([], True, [], [])


def test_the_size_of_a_state_is_that_of_its_entry(store: TableStore) -> None:
    """The history is no part of what the strategy needs, and is not counted."""
    store.keep(State(watermark=5), NOON, 17)
    size = store.size()
    store.keep(State(watermark=5), NOON, 17)

    assert store.size() == size == len((store.history()[0].value or "").encode())


def test_a_state_of_an_older_target_gets_a_history(store: TableStore) -> None:
    """A target whose state table has no history beside it gets one with its next value."""
    store.keep(State(watermark=5), NOON, 17)
    store.session.write(f"DROP TABLE {store.session.name('target', '_incload_state_history')}")
    store.keep(State(watermark=6), NOON, 1)

    assert marks(store) == [(1, 6)]


def test_syncs_write_the_history(ends: Ends) -> None:
    """A sync that learns something adds a line with the clock of the source; one that learns nothing adds none."""
    ends.write(CREATED, "INSERT INTO events VALUES (1, 100), (2, 200)")
    ends.load("timestamp_watermark", clock=lambda: NOON)
    ends.load("timestamp_watermark", clock=lambda: NOON + 1)
    ends.write("INSERT INTO events VALUES (3, 300)")
    ends.load("timestamp_watermark", clock=lambda: NOON + 2)
    found = ends.rows(
        "SELECT run, written_at, written_by, of_run, rows_loaded FROM _incload_state_history ORDER BY run"
    )

    assert found == [
        (1, "2026-01-01T12:00:00.000000Z", "sync", None, 2),
        (2, "2026-01-01T12:00:00.000002Z", "sync", None, 1),
    ]


def test_a_dry_run_leaves_no_line(ends: Ends) -> None:
    """A rehearsal is no run."""
    ends.write(CREATED, "INSERT INTO events VALUES (1, 100)")
    ends.load("timestamp_watermark")
    ends.write("INSERT INTO events VALUES (3, 300)")
    ends.load("timestamp_watermark", dry_run=True)

    assert ends.rows("SELECT count(*) FROM _incload_state_history") == [(1,)]


def test_the_history_is_undone_with_the_rows(ends: Ends, monkeypatch: pytest.MonkeyPatch) -> None:
    """A sync that fails at its commit leaves neither rows nor state nor a line."""
    ends.write(CREATED, "INSERT INTO events VALUES (1, 100)")
    ends.load("timestamp_watermark")
    ends.write("INSERT INTO events VALUES (3, 300)")

    def refuse(_: Session) -> None:
        raise RuntimeError("instead of the commit")

    with monkeypatch.context() as planted:
        planted.setattr(session_type(ends.engines[1]), "finish", refuse)
        with pytest.raises(RuntimeError, match="instead"):
            ends.load("timestamp_watermark")

    assert ends.rows("SELECT run, rows_loaded FROM _incload_state_history") == [(1, 1)]
    assert ends.rows() == [(1, 100)]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"key": ("other",)}, "was written for the key 'id', not 'other'"),
        ({"cursor": "other"}, "was written for the cursor column 'ts', not 'other'"),
    ],
)
def test_a_state_of_another_schema_is_refused(ends: Ends, changes: dict[str, object], said: str) -> None:
    """A state of another key or cursor is not misread, and the refusal names the command that forgets it."""
    ends.write("CREATE TABLE events (id INTEGER, ts INTEGER, other INTEGER)", "INSERT INTO events VALUES (1, 100, 7)")
    ends.load("timestamp_watermark", write_rule=WriteRule.APPEND)
    with pytest.raises(Refused, match=said) as refused:
        ends.load("timestamp_watermark", write_rule=WriteRule.APPEND, **changes)

    assert "`incload state reset TARGET --table events --strategy timestamp_watermark`" in str(refused.value)
