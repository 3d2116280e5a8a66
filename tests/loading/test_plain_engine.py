"""A new engine that writes no more than the dozen members it must is loaded from and into as every engine is."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING, Any

import duckdb
import pytest

from incload.engines.endpoints import locate
from incload.engines.session import Session
from incload.loading.plan import Plan
from incload.loading.run import load
from incload.registry import strategies, strategy
from incload.strategy import WriteRule
from tests.loading.plain_engine import PlainSession, register

if TYPE_CHECKING:
    from pathlib import Path

    from incload.loading.run import LoadSummary

MOST = 12
"""How many members a new engine must write."""
BASE = (
    "CREATE TABLE events (id BIGINT, ts BIGINT, name VARCHAR)",
    "INSERT INTO events VALUES (1, 100, 'a'), (2, 200, 'b'), (3, 300, 'c')",
)
CHANGE = ("INSERT INTO events VALUES (4, 400, NULL)", "UPDATE events SET name = 'B', ts = 401 WHERE id = 2")
CHANGED = [(1, 100, "a"), (2, 401, "B"), (3, 300, "c"), (4, 400, None)]
FITTING = [each.id for each in strategies() if each.asks is None]
PAIRS = [("sqlite", "plain"), ("plain", "sqlite"), ("plain", "plain")]


class Ends:
    """A source and a target, each a file of the new engine or of SQLite."""

    def __init__(self, folder: Path, source: str, target: str) -> None:
        """Make the source, with three rows."""
        self.engines = source, target
        self.paths = folder / "source.db", folder / "target.db"
        self.write(*BASE)

    def _run(self, end: int, *statements: str) -> list[tuple[Any, ...]]:
        driver: Any = sqlite3 if self.engines[end] == "sqlite" else duckdb
        with closing(driver.connect(str(self.paths[end]))) as connection:
            for statement in statements[:-1]:
                connection.execute(statement)
            found = connection.execute(statements[-1]).fetchall()
            connection.commit() if driver is sqlite3 else None
            return list(found)

    def write(self, *statements: str) -> None:
        """Change the source."""
        self._run(0, *statements)

    def load(self, name: str = "timestamp_watermark", **options: Any) -> LoadSummary:  # noqa: ANN401 - a plan's fields
        """Load once."""
        plan = Plan("events", ("id",), "ts", strategy(name), **{"cursor_per_second": 1, "clock": _later, **options})
        source, target = (f"{engine}:///{path}" for engine, path in zip(self.engines, self.paths, strict=True))
        return load(locate(f"{source}?table=events"), locate(target), plan)

    @property
    def rows(self) -> list[tuple[Any, ...]]:
        """The rows of the copy, in the order of their keys."""
        return self._run(1, "SELECT * FROM events ORDER BY id, ts")


def _later() -> int:
    return 2_000_000_000


@pytest.fixture
def ends(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Ends:
    """Return a source with three rows and a target that is not there yet."""
    register(monkeypatch)
    return Ends(tmp_path, *request.param)


def test_a_dozen_members_have_to_be_written() -> None:
    """What is abstract in the contract of a session are these, and no more than a dozen."""
    assert sorted(Session.__abstractmethods__) == [
        "close",
        "columns",
        "cursor",
        "digest",
        "digest_tag",
        "meaning",
        "open",
        "receive",
        "rows",
        "stream",
        "tables",
        "type_name",
    ]
    assert len(Session.__abstractmethods__) <= MOST


def test_the_plain_engine_writes_nothing_else() -> None:
    """Besides what is abstract it runs the statements that change something: an engine of snapshots commits instead."""
    settings = {"engine", "error", "capabilities"}
    written = {name for name in vars(PlainSession) if not name.startswith("_")} - settings

    assert written == Session.__abstractmethods__ | {"write"}


@pytest.mark.parametrize(
    ("ends", "name"),
    [(PAIRS[at % 3], name) for at, name in enumerate(FITTING)],
    indirect=["ends"],
    ids=[f"{name}-{'-'.join(PAIRS[at % 3])}" for at, name in enumerate(FITTING)],
)
def test_every_strategy_loads(ends: Ends, name: str) -> None:
    """A first load, one of changes and one with nothing to do leave the rows of the source."""
    ends.load(name)
    ends.write(*CHANGE)
    ends.load(name)
    ends.load(name)

    by_key = strategy(name).name in {"incrementing_id", "gap_aware_id"}
    assert ends.rows == ([(1, 100, "a"), (2, 200, "b"), (3, 300, "c"), (4, 400, None)] if by_key else CHANGED)


@pytest.mark.parametrize("ends", [("plain", "plain")], indirect=True, ids="-".join)
def test_columns_of_the_targets_own_stay(ends: Ends) -> None:
    """A row that is replaced keeps what only the copy says of it."""
    ends.load()
    ends._run(1, "ALTER TABLE events ADD COLUMN mine VARCHAR", "UPDATE events SET mine = 'x' WHERE id < 3")
    ends.write(*CHANGE)
    ends.load()

    assert ends.rows == [(1, 100, "a", "x"), (2, 401, "B", "x"), (3, 300, "c", None), (4, 400, None, None)]


@pytest.mark.parametrize("ends", [("plain", "sqlite")], indirect=True, ids="-".join)
def test_rows_that_left_the_source_leave_the_copy(ends: Ends) -> None:
    """A comparison of everything removes rows in the same commit that adds others."""
    ends.load("snapshot_diff")
    ends.write("DELETE FROM events WHERE id = 1", *CHANGE)
    summary = ends.load("snapshot_diff")

    assert (summary.loaded, summary.removed, ends.rows) == (2, 1, CHANGED[1:])


@pytest.mark.parametrize("ends", [("plain", "plain")], indirect=True, ids="-".join)
def test_a_load_that_fails_is_undone(ends: Ends, monkeypatch: pytest.MonkeyPatch) -> None:
    """The contract's own transaction leaves the rows before, and the next load finds the change."""
    ends.load()
    ends.write(*CHANGE)
    with monkeypatch.context() as planted:
        planted.setattr(PlainSession, "finish", _broken)
        with pytest.raises(OSError, match="no room"):
            ends.load()
    between = ends.rows
    ends.load()

    assert (between, ends.rows) == ([(1, 100, "a"), (2, 200, "b"), (3, 300, "c")], CHANGED)


def _broken(*_: object) -> None:
    raise OSError("no room")


@pytest.mark.parametrize("ends", [("plain", "plain")], indirect=True, ids="-".join)
def test_texts_are_looked_at_for_the_zones_in_which_they_end(ends: Ends) -> None:
    """Times of one length in several zones are ordered by what they mean: the latest is not the largest text."""
    ends.write(
        "ALTER TABLE events ALTER ts TYPE VARCHAR",
        "UPDATE events SET ts = '2026-03-01T10:00:00+02:00'",
        "UPDATE events SET ts = '2026-03-01T09:30:00-05:00' WHERE id = 2",
    )
    ends.load(cursor_per_second=None)
    ends.write(
        "INSERT INTO events VALUES (4, '2026-03-01T16:00:00+02:00', 'early'), (5, '2026-03-01T11:00:00-05:00', 'late')"
    )
    summary = ends.load(cursor_per_second=None)

    assert (summary.loaded, [key for key, *_ in ends.rows]) == (1, [1, 2, 3, 5])


@pytest.mark.parametrize("rule", [WriteRule.APPEND, WriteRule.MERGE, WriteRule.NEWEST, WriteRule.MIRROR])
@pytest.mark.parametrize("ends", [("plain", "plain")], indirect=True, ids="-".join)
def test_write_rules_need_no_key_that_is_kept(ends: Ends, rule: WriteRule) -> None:
    """Append adds, the others replace by key, although the engine keeps none."""
    ends.load("full_refresh" if rule is WriteRule.MIRROR else "timestamp_watermark", write_rule=rule)
    ends.write(*CHANGE)
    ends.load("full_refresh" if rule is WriteRule.MIRROR else "timestamp_watermark", write_rule=rule)

    assert ends.rows == (sorted([*CHANGED, (2, 200, "b")], key=str) if rule is WriteRule.APPEND else CHANGED)
