"""Loads into Iceberg: rows, state and removals are one snapshot, whatever the strategy and the write rule."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest

from incload.cli import main
from incload.engines.contract import Conflict
from incload.engines.endpoints import locate
from incload.engines.registry import session_type
from incload.engines.spark.past.commits import Commit
from incload.errors import Refused
from incload.loading.plan import Guards, Plan
from incload.loading.run import load
from incload.registry import strategy
from incload.strategy import WriteRule
from tests.engines.spark.small import ON_SPARK, SMALL

if TYPE_CHECKING:
    from pathlib import Path

    from incload.loading.run import LoadSummary

pytestmark = ON_SPARK

BASE = "INSERT INTO events VALUES (1, 100, 'a'), (2, 200, 'b'), (3, 300, 'c')"
CHANGE = ("INSERT INTO events VALUES (4, 400, 'd')", "UPDATE events SET name = 'B', ts = 401 WHERE id = 2")
FIRST = [(1, 100, "a"), (2, 200, "b"), (3, 300, "c")]
CHANGED = [(1, 100, "a"), (2, 401, "B"), (3, 300, "c"), (4, 400, "d")]


class Ends:
    """A source in SQLite and a warehouse, in one folder."""

    def __init__(self, folder: Path) -> None:
        """Make the source, with three rows."""
        self.folder = folder
        self.write("CREATE TABLE events (id INTEGER PRIMARY KEY, ts INTEGER, name TEXT)", BASE)

    @property
    def target(self) -> str:
        """The URL of the warehouse."""
        return f"iceberg:///{self.folder}/lake?{SMALL}"

    def write(self, *statements: str) -> None:
        """Change the source."""
        with closing(sqlite3.connect(self.folder / "source.db")) as connection, connection:
            for statement in statements:
                connection.execute(statement)

    def load(self, name: str = "timestamp_watermark", **options: Any) -> LoadSummary:  # noqa: ANN401 - a plan's fields
        """Load once."""
        dry_run, table = options.pop("dry_run", False), options.pop("source", "events")
        options = {"clock": lambda: 2_000_000_000, "cursor_per_second": 1, **options}
        plan = Plan("db.events", ("id",), "ts", strategy(name), **options)
        source = locate(f"sqlite:///{self.folder}/source.db?table={table}")
        return load(source, locate(self.target), plan, dry_run=dry_run)

    def session(self) -> Any:  # noqa: ANN401 - of that engine
        """Open the warehouse."""
        return session_type("iceberg").open(None, locate(self.target))

    def rows(self, sql: str = "SELECT * FROM {} ORDER BY 1, 2") -> list[tuple[object, ...]]:
        """Return rows of the target."""
        with closing(self.session()) as session:
            return session.rows(sql.format(session.name("target", "db.events")))

    def run(self, *statements: str) -> None:
        """Run statements on the target, as another writer would."""
        with closing(self.session()) as session:
            for statement in statements:
                session.run(statement.format(session.places.plain_name("target", "db.events")))

    def call(self, procedure: str) -> None:
        """Call a procedure of Iceberg."""
        with closing(self.session()) as session:
            catalog = session.places.plain_name("target", "x").partition(".")[0]
            session.run(f"CALL {catalog}.system.{procedure}")

    def current(self) -> int:
        """Return the number of the table's snapshot."""
        with closing(self.session()) as session:
            known = session.places.known("target", "db.events")
            assert known is not None
            return int(known.snapshot)

    def branches(self) -> int:
        """Return how many branches of syncs there are."""
        with closing(self.session()) as session:
            refs = session.places.plain_name("target", "db.events.refs")
            return len(session.rows(f"SELECT 1 FROM {refs} WHERE name LIKE 'incload_sync_%'"))

    def snapshots(self) -> int:
        """Return how many snapshots lead to the table as it is."""
        with closing(self.session()) as session:
            return len(session.rows(f"SELECT 1 FROM {session.places.plain_name('target', 'db.events.history')}"))


@pytest.fixture
def ends(tmp_path: Path) -> Ends:
    """Return a source with three rows and a warehouse that is not there yet."""
    return Ends(tmp_path)


@pytest.mark.parametrize(
    "name", ["composite_watermark", "lookback_window", "full_refresh", "snapshot_diff", "row_hash_cdc"]
)
def test_a_strategy_loads(ends: Ends, name: str) -> None:
    """A first load, one of changes and one with nothing to do leave the rows of the source."""
    ends.load(name)
    first = ends.rows()
    ends.write(*CHANGE)
    ends.load(name)
    ends.load(name)

    assert (first, ends.rows()) == (FIRST, CHANGED)


@pytest.mark.parametrize(
    ("rule", "rows"),
    [
        (WriteRule.APPEND, [(1, 100, "a"), (2, 200, "b"), (2, 401, "B"), (3, 300, "c"), (4, 400, "d")]),
        (WriteRule.NEWEST, CHANGED),
        (WriteRule.REPLACE, [(2, 401, "B"), (4, 400, "d")]),
    ],
)
def test_a_write_rule_needs_no_key_that_is_kept(ends: Ends, rule: WriteRule, rows: list[tuple[object, ...]]) -> None:
    """Append adds, newest replaces by key, and replace leaves what was read."""
    guards = Guards(allow_mismatch=True, allow_removals=True)
    ends.load(write_rule=rule, guards=guards)
    ends.write(*CHANGE)
    ends.load(write_rule=rule, guards=guards)

    assert ends.rows() == rows


def test_an_older_row_is_left_out_by_newest(ends: Ends) -> None:
    """A version that lies before the target's is not written."""
    ends.load("full_refresh", write_rule=WriteRule.NEWEST)
    ends.write("UPDATE events SET ts = 50, name = 'old' WHERE id = 1", "UPDATE events SET name = 'C' WHERE id = 3")
    ends.load("full_refresh", write_rule=WriteRule.NEWEST)

    assert ends.rows() == [(1, 100, "a"), (2, 200, "b"), (3, 300, "C")]


def test_rows_that_left_the_source_leave_with_the_rows_that_came(ends: Ends) -> None:
    """One snapshot adds, changes and removes."""
    ends.load("snapshot_diff")
    before = ends.snapshots()
    ends.write("DELETE FROM events WHERE id = 1", *CHANGE)
    summary = ends.load("snapshot_diff")

    assert (summary.loaded, summary.removed, ends.rows(), ends.snapshots() - before) == (2, 1, CHANGED[1:], 1)


def test_too_many_removals_are_held_back(ends: Ends) -> None:
    """A source that was emptied by accident does not empty the table."""
    ends.write(*(f"INSERT INTO events VALUES ({number}, {number}, 'x')" for number in range(100, 130)))
    ends.load("snapshot_diff")
    ends.write("DELETE FROM events WHERE id > 100")
    summary = ends.load("snapshot_diff")

    assert (summary.removed, summary.held_back, len(ends.rows())) == (0, 29, 33)


def test_a_sync_with_nothing_to_do_makes_no_snapshot(ends: Ends) -> None:
    """And one that only learns something makes one without files."""
    ends.load()
    before = ends.snapshots()
    quiet = ends.load()

    assert (quiet.state, ends.snapshots()) == ("untouched", before)


def test_a_dry_run_changes_nothing(ends: Ends) -> None:
    """It counts what a load would do, of a first load and of a later one, and leaves no folder."""
    first = ends.load(dry_run=True)
    made = (ends.folder / "lake").exists()
    ends.load()
    ends.write(*CHANGE)
    second = ends.load(dry_run=True)

    assert (first.loaded, made, second.loaded, ends.rows()) == (3, False, 2, FIRST)


def test_a_key_that_stands_twice_is_refused_before_anything_is_written(ends: Ends) -> None:
    """The sentence is about the source, and not about a statement."""
    ends.load()
    ends.write(
        "CREATE TABLE twice (id INTEGER, ts INTEGER, name TEXT)",
        "INSERT INTO twice VALUES (5, 500, 'e'), (5, 501, 'f')",
    )
    plan = Plan("db.events", ("id",), "ts", strategy("full_refresh"), cursor_per_second=1)
    with pytest.raises(Refused, match=r"the key 'id' is not unique in the source: 2 rows have 5"):
        load(locate(f"sqlite:///{ends.folder}/source.db?table=twice"), locate(ends.target), plan)

    assert ends.rows() == FIRST


def test_a_load_that_fails_leaves_the_table_and_no_file(ends: Ends, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever was written for the commit is removed, and the next load finds the change."""
    ends.load()
    ends.write(*CHANGE)
    with monkeypatch.context() as planted:
        planted.setattr(Commit, "_finish", _broken)
        with pytest.raises(OSError, match="no room"):
            ends.load()
    between, files = ends.rows(), len(list((ends.folder / "lake").rglob("*.parquet")))
    ends.load()

    assert (between, files, ends.rows()) == (FIRST, 1, CHANGED)


def _broken(*_: object, **__: object) -> None:
    raise OSError("no room")


def test_two_syncs_of_one_state_do_not_both_commit(ends: Ends, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another load that commits between read and commit has this one begin again from its read."""
    ends.load()
    ends.write(*CHANGE)
    finish, others = Commit._finish, [ends.load]

    def late(commit: Commit) -> None:
        if others:
            others.pop()()
        finish(commit)

    monkeypatch.setattr(Commit, "_finish", late)
    summary = ends.load(write_rule=WriteRule.APPEND)

    assert (summary.loaded, ends.rows()) == (0, CHANGED)


def test_a_writer_who_never_stops_is_a_sentence(ends: Ends, monkeypatch: pytest.MonkeyPatch) -> None:
    """The number of tries is bounded."""
    ends.load()
    ends.write(*CHANGE)

    def conflict(*_: object) -> None:
        raise Conflict

    monkeypatch.setattr(Commit, "_finish", conflict)
    with pytest.raises(Refused, match=r"'db.events' was changed by another writer in each of 5 tries"):
        ends.load()

    assert ends.rows() == FIRST


def test_the_state_outlasts_other_writers_and_expiry(ends: Ends) -> None:
    """Snapshots of others carry no state, and the tag keeps the one that does from expiring."""
    ends.load()
    ends.run("INSERT INTO {} VALUES (9, 50, 'other')", "INSERT INTO {} VALUES (8, 50, 'other')")
    ends.call("expire_snapshots(table => 'db.events', older_than => TIMESTAMP '2100-01-01 00:00:00', retain_last => 1)")
    ends.write(*CHANGE)
    summary = ends.load()

    assert (summary.previous_watermark, summary.loaded) == (300, 2)
    assert ends.rows() == [*CHANGED, (8, 50, "other"), (9, 50, "other")]


def test_the_state_goes_back_with_the_rows(ends: Ends) -> None:
    """After a rollback to an older snapshot its state holds, and the rows that were lost by it are read again."""
    ends.load()
    first = ends.current()
    ends.write(*CHANGE)
    ends.load()
    ends.call(f"rollback_to_snapshot('db.events', {first})")
    summary = ends.load()

    assert (summary.previous_watermark, summary.loaded, ends.rows()) == (300, 2, CHANGED)


def test_the_state_is_shown_and_reset(ends: Ends, capsys: pytest.CaptureFixture[str]) -> None:
    """After a reset everything is read again."""
    ends.load()
    choice = ("--table", "db.events", "--strategy", "timestamp_watermark")
    shown = main(["state", "show", ends.target])
    said = capsys.readouterr().out
    reset = main(["state", "reset", ends.target, *choice])

    assert (shown, reset) == (0, 0)
    assert "db.events" in said
    assert "300" in said
    assert ends.load().loaded == 3
