"""A target that can commit nothing but one snapshot carrying its state is loaded as rightly as a database is."""

from __future__ import annotations

import json
import os
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest

from incload.api.tables.repair import repair
from incload.engines.contract import Conflict
from incload.engines.endpoints import locate
from incload.errors import Refused, Unable
from incload.loading.plan import Plan
from incload.loading.run import load
from incload.loading.state.edit import Choice, look, reset, roll_back, set_by_hand
from incload.registry import strategies, strategy
from incload.strategy import WriteRule
from tests.loading.snapshot_engine import SnapshotSession, register

if TYPE_CHECKING:
    from pathlib import Path

    from incload.loading.run import LoadSummary

BASE = "INSERT INTO events VALUES (1, 100, 'a'), (2, 200, 'b'), (3, 300, 'c')"
CHANGE = ("INSERT INTO events VALUES (4, 400, 'd')", "UPDATE events SET name = 'B', ts = 401 WHERE id = 2")
CHANGED = [[1, 100, "a"], [2, 401, "B"], [3, 300, "c"], [4, 400, "d"]]
FITTING = [each.id for each in strategies() if each.asks is None]


class Lake:
    """A source in SQLite and a target of snapshots, in one folder."""

    def __init__(self, folder: Path) -> None:
        """Make the source, with three rows."""
        self.folder = folder
        self.write("CREATE TABLE events (id INTEGER PRIMARY KEY, ts INTEGER, name TEXT)", BASE)

    def write(self, *statements: str) -> None:
        """Change the source."""
        with closing(sqlite3.connect(self.folder / "source.db")) as connection, connection:
            for statement in statements:
                connection.execute(statement)

    def load(self, name: str = "timestamp_watermark", **options: Any) -> LoadSummary:  # noqa: ANN401 - a plan's fields
        """Load once."""
        dry_run = options.pop("dry_run", False)
        options.setdefault("clock", lambda: 2_000_000_000)
        plan = Plan("events", ("id",), "ts", strategy(name), cursor_per_second=1, **options)
        source = locate(f"sqlite:///{self.folder}/source.db?table=events")
        return load(source, locate(f"snapshot:///{self.folder}/lake"), plan, dry_run=dry_run)

    @property
    def content(self) -> dict[str, Any]:
        """What stands in the file."""
        path = self.folder / "lake.snapshot"
        return json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}

    @property
    def rows(self) -> list[list[object]]:
        """The rows of the copy, in the order of their keys."""
        return sorted(self.content["events"]["rows"])

    def watermark(self) -> object:
        """Return the watermark that the latest snapshot carries."""
        return json.loads(self.content["events"]["states"]["timestamp_watermark"])["watermark"]


@pytest.fixture
def lake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Lake:
    """Return a source with three rows and a target that is not there yet."""
    register(monkeypatch)
    return Lake(tmp_path)


@pytest.mark.parametrize("name", FITTING)
def test_every_strategy_loads(lake: Lake, name: str) -> None:
    """A first load, one of changes and one with nothing to do leave the rows of the source."""
    lake.load(name)
    lake.write(*CHANGE)
    lake.load(name)
    lake.load(name)

    by_key = strategy(name).name in {"incrementing_id", "gap_aware_id"}
    assert lake.rows == ([[1, 100, "a"], [2, 200, "b"], [3, 300, "c"], [4, 400, "d"]] if by_key else CHANGED)


@pytest.mark.parametrize(
    ("rule", "rows"),
    [
        (WriteRule.APPEND, [[1, 100, "a"], [2, 200, "b"], [2, 401, "B"], [3, 300, "c"], [4, 400, "d"]]),
        (WriteRule.MERGE, CHANGED),
        (WriteRule.NEWEST, CHANGED),
    ],
)
def test_write_rules_need_no_key_that_is_kept(lake: Lake, rule: WriteRule, rows: list[list[object]]) -> None:
    """Append adds, merge and newest replace by key, although the engine keeps none."""
    lake.load(write_rule=rule)
    lake.write(*CHANGE)
    lake.load(write_rule=rule)

    assert lake.rows == rows


def test_rows_that_left_the_source_leave_the_snapshot(lake: Lake) -> None:
    """A comparison of everything removes rows in the same commit that adds others."""
    lake.load("snapshot_diff")
    lake.write("DELETE FROM events WHERE id = 1", *CHANGE)
    summary = lake.load("snapshot_diff")

    assert (summary.loaded, summary.removed, lake.rows) == (2, 1, CHANGED[1:])


def test_rows_and_state_are_one_snapshot(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    """A commit that fails leaves the rows and the watermark before, and the next load finds the change."""
    lake.load()
    lake.write(*CHANGE)
    with monkeypatch.context() as planted:
        planted.setattr(os, "replace", _broken)
        with pytest.raises(OSError, match="no room"):
            lake.load()
    between = lake.rows, lake.watermark()
    lake.load()

    assert between == ([[1, 100, "a"], [2, 200, "b"], [3, 300, "c"]], 300)
    assert (lake.rows, lake.watermark()) == (CHANGED, 401)


def _broken(*_: object, **__: object) -> None:
    raise OSError("no room")


def test_a_first_load_that_fails_leaves_no_table(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    """The table was created by a commit of its own, and is dropped again."""
    monkeypatch.setattr(SnapshotSession, "commit", _broken)
    with pytest.raises(OSError, match="no room"):
        lake.load()

    assert "events" not in lake.content


def test_a_dry_run_commits_nothing(lake: Lake) -> None:
    """It counts what a load would do, of a first load and of a later one."""
    first = lake.load(dry_run=True)
    nothing = "events" not in lake.content
    lake.load()
    lake.write(*CHANGE)
    second = lake.load(dry_run=True)

    assert (first.loaded, nothing, second.loaded, lake.watermark()) == (3, True, 2, 300)


def test_digests_are_those_of_the_rows(lake: Lake) -> None:
    """A target that cannot commit digests with its rows is compared by the digests that its rows have now."""
    lake.load("row_hash_cdc")
    lake.write("UPDATE events SET name = 'B' WHERE id = 2", "DELETE FROM events WHERE id = 3")
    summary, quiet = lake.load("row_hash_cdc"), lake.load("row_hash_cdc")

    assert (summary.loaded, summary.removed, quiet.loaded, quiet.removed) == (1, 1, 0, 0)
    assert lake.rows == [[1, 100, "a"], [2, 200, "B"]]


def test_new_columns_are_refused(lake: Lake) -> None:
    """The target cannot change its columns together with its rows."""
    lake.load()
    lake.write(*CHANGE, "ALTER TABLE events ADD COLUMN more INTEGER")
    with pytest.raises(Refused, match="cannot change the columns of 'events' and its rows at once"):
        lake.load(evolve=True)

    assert lake.watermark() == 300


def test_states_of_snapshots_are_shown_and_reset(lake: Lake) -> None:
    """Of every table and strategy or of one; a reset is a snapshot of its own, a dry run of one is none."""
    target = locate(f"snapshot:///{lake.folder}/lake")
    lake.load()
    lake.load("composite_watermark")
    found = look(Choice(target, None))
    assert [(each.table, each.strategy, each.entry and each.entry.state.watermark) for each in found] == [
        ("events", "composite_watermark", 300), ("events", "timestamp_watermark", 300),
    ]  # fmt: skip
    assert [each.strategy for each in look(Choice(target, "events", "timestamp_watermark"))] == ["timestamp_watermark"]
    with pytest.raises(Refused, match=r"has a state of each of composite_watermark, timestamp_watermark: name one"):
        reset(Choice(target, "events"))

    chosen = Choice(target, "events", "timestamp_watermark")
    assert reset(chosen, dry_run=True).before is not None
    assert len(look(Choice(target, "events"))) == 2
    reset(chosen)
    assert [each.strategy for each in look(Choice(target, None))] == ["composite_watermark"]
    assert look(chosen, empty=True) == []
    with pytest.raises(Refused, match=r"^there is no state of table 'events' and strategy 'timestamp_watermark' in "):
        look(chosen)


def test_states_of_snapshots_are_set_and_rolled_back(lake: Lake) -> None:
    """Each is a snapshot of its own, which says what was done; a dry run makes none."""
    target = locate(f"snapshot:///{lake.folder}/lake")
    chosen = Choice(target, "events", "timestamp_watermark")
    lake.load()
    lake.write(*CHANGE)
    lake.load()
    set_by_hand(chosen, "350", None, dry_run=True)
    set_by_hand(chosen, "350", None)
    again = lake.load()
    back = roll_back(chosen, to=1)
    reset(chosen)
    assert (again.loaded, back.of_run, back.after and back.after.state.watermark) == (2, 1, 300)
    assert roll_back(chosen).of_run == 1
    ((state,),) = [look(chosen)]
    assert [(past.run, str(past.by), past.of_run, said and said.state.watermark) for past, said in state.history] == [
        (7, "rollback", 1, 300), (6, "reset", None, None), (5, "rollback", 1, 300),
        (4, "sync", None, 401), (3, "set", None, 350), (2, "sync", None, 401), (1, "sync", None, 300),
    ]  # fmt: skip


def test_a_reset_beside_another_writer_is_a_sentence(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    """The state stays, and the remedy is said."""
    target = locate(f"snapshot:///{lake.folder}/lake")
    lake.load()
    monkeypatch.setattr(SnapshotSession, "commit", _late)
    with pytest.raises(Refused, match=r"'events' was changed by another writer meanwhile, .*: reset it again"):
        reset(Choice(target, "events"))

    assert lake.watermark() == 300


def test_a_first_load_beside_another_writer_leaves_the_table(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    """The other writer may be about to fill the table that this load has created."""
    monkeypatch.setattr(SnapshotSession, "commit", _late)
    with pytest.raises(Refused, match="changed by another writer in each of 5 tries"):
        lake.load()

    assert lake.rows == []


def _late(*_: object, **__: object) -> None:
    raise Conflict


def test_a_repair_of_snapshots_is_refused(lake: Lake) -> None:
    """It takes several statements in one transaction."""
    lake.load()
    with pytest.raises(Unable, match="a repair writes in one transaction, which the copy's engine snapshot does not"):
        repair(
            f"sqlite:///{lake.folder}/source.db?table=events",
            f"snapshot:///{lake.folder}/lake?table=events",
            key=["id"],
        )
