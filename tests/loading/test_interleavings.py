"""Random small lives of a table: whatever happens between syncs, a strategy keeps the copy as right as it promises.

Timestamps count seconds. A change happens at a step of a source's clock that never goes back, unless the test says so.
"""

from __future__ import annotations

import sqlite3
import tempfile
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from incload.engines.sqlite.session import SqliteSession
from incload.loading.connections import Connections
from incload.loading.plan import Guards, Plan
from incload.loading.sync import sync
from incload.registry import strategy
from tests.effort import effort

Rows = list[tuple[object, ...]]
Step = tuple[Literal["put", "delete", "sync"], int, int]
PUT = st.tuples(st.just("put"), st.integers(1, 5), st.integers(0, 2))
DELETE = st.tuples(st.just("delete"), st.integers(1, 5), st.just(0))
SYNC = st.tuples(st.just("sync"), st.just(0), st.just(0))
LATE = st.tuples(st.just("put"), st.integers(1, 5), st.integers(-60, 2))
CONTENTS = ("a", "b", None)
HOUSE = settings(max_examples=effort(30, 500))


@dataclass
class Life:
    """A source and a target in one process, and a clock.

    Attributes:
        connections: Both ends.
        name: The strategy that keeps the target up to date.
        now: The source's clock, in seconds.
        changes: How many changes there have been; every one has another content.
    """

    connections: Connections
    name: str
    now: int = 1_000
    changes: int = field(default=0)

    def do(self, step: Step) -> None:
        """Let one thing happen."""
        what, key, seconds = step
        if what == "sync":
            self.sync()
        elif what == "delete":
            self.source("DELETE FROM events WHERE id = ?", key)
        else:
            self.changes += 1
            self.now += max(seconds, 0)
            content = f"{CONTENTS[self.changes % 3]} {self.changes}" if self.changes % 3 < 2 else None
            self.source("INSERT OR REPLACE INTO events VALUES (?, ?, ?)", key, self.now + min(seconds, 0), content)

    def source(self, sql: str, *params: object) -> None:
        """Change the source as its owner does."""
        assert isinstance(self.connections.source, SqliteSession)
        path = self.connections.source._transfer._source
        assert path is not None
        with closing(sqlite3.connect(path)) as connection, connection:
            connection.execute(sql, params)

    def sync(self) -> None:
        """Run one sync."""
        guards = Guards(allow_removals=True)
        sync(self.connections, Plan("events", ("id",), "ts", strategy(self.name), cursor_per_second=1, guards=guards))

    def both(self) -> tuple[Rows, Rows]:
        """Return the rows of the source and of the target."""
        source, target = self.connections.relation, self.connections.target.name("target", "events")
        return (
            self.connections.source.rows(f"SELECT * FROM {source} ORDER BY id"),
            self.connections.target.rows(f"SELECT * FROM {target} ORDER BY id"),
        )


def live(name: str, engine: str, steps: list[Step]) -> tuple[Rows, Rows]:
    """Live a life on new files and sync at its end; return the rows of the source and of the target."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "source.sqlite"
        with closing(sqlite3.connect(path)) as connection:
            connection.execute("CREATE TABLE events (id INTEGER PRIMARY KEY, ts INTEGER, name TEXT)")
        connections = opened(engine, path)
        life = Life(connections, name)
        try:
            for step in (*steps, ("sync", 0, 0)):
                life.do(step)
            return life.both()
        finally:
            connections.close()


def opened(engine: str, path: Path) -> Connections:
    """Return a link from a SQLite file to a database in memory."""
    if engine == "sqlite":
        both = SqliteSession(path, None, durable=False)
        return Connections(both, both, "events")
    from incload.engines.duckdb.session import DuckdbSession

    target = DuckdbSession(None, None)
    target.rows("ATTACH ':memory:' AS target")
    return Connections(SqliteSession(path, None, durable=False), target, "events")


@HOUSE
@given(st.lists(st.one_of(PUT, SYNC), max_size=14))
def test_an_inclusive_watermark_keeps_up_with_timestamps_that_never_fall(steps: list[Step]) -> None:
    """Ties included, as long as every change is timestamped no earlier than the ones before."""
    source, target = live("timestamp_watermark_inclusive", "sqlite", steps)

    assert target == source


@HOUSE
@given(st.lists(st.one_of(PUT, SYNC), max_size=14))
def test_a_boundary_of_digests_keeps_up_with_timestamps_that_never_fall(steps: list[Step]) -> None:
    """What is known at the watermark is left out, and never what is new there."""
    source, target = live("boundary_dedup", "sqlite", steps)

    assert target == source


@HOUSE
@given(st.lists(st.one_of(LATE, SYNC), max_size=14))
def test_a_lookback_keeps_up_with_rows_late_by_no_more_than_it(steps: list[Step]) -> None:
    """A row may come, or change, with a timestamp that is up to a minute old."""
    source, target = live("lookback_window:minutes=1", "sqlite", steps)

    assert target == source


@HOUSE
@given(st.lists(st.one_of(LATE, DELETE, SYNC), max_size=14))
@pytest.mark.parametrize("name", ["row_hash_cdc", "snapshot_diff", "full_refresh"])
def test_a_comparison_of_everything_keeps_up_with_anything(name: str, steps: list[Step]) -> None:
    """Deletes, late rows and rows that come back are all the same to it."""
    source, target = live(name, "sqlite", steps)

    assert target == source


@settings(max_examples=25)
@given(st.lists(st.one_of(LATE, DELETE, SYNC), max_size=10))
def test_digests_keep_up_across_engines(steps: list[Step]) -> None:
    """The same holds where every row crosses from one engine to another."""
    source, target = live("row_hash_cdc", "duckdb", steps)

    assert target == source


@pytest.mark.parametrize(
    ("name", "steps"),
    [
        ("timestamp_watermark", [("put", 1, 0), ("sync", 0, 0), ("put", 2, 0)]),
        ("timestamp_watermark_inclusive", [("put", 1, 2), ("sync", 0, 0), ("put", 2, -1)]),
        ("lookback_window:minutes=1", [("put", 1, 2), ("sync", 0, 0), ("put", 2, -61)]),
        ("row_hash_cdc_without_removes", [("put", 1, 2), ("sync", 0, 0), ("delete", 1, 0)]),
    ],
)
def test_a_broken_promise_is_found(name: str, steps: list[Step]) -> None:
    """The tests above can fail: one step beyond a strategy's promise, source and target differ."""
    source, target = live(name, "sqlite", steps)

    assert target != source
