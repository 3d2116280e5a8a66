"""Loads into Iceberg: rows, state and removals are one snapshot, whatever the strategy and the write rule."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest

from incload.engines.endpoints import locate
from incload.engines.registry import session_type
from incload.loading.plan import Plan
from incload.loading.run import load
from incload.registry import strategy

if TYPE_CHECKING:
    from pathlib import Path

    from incload.loading.run import LoadSummary

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("spark")]

BASE = "INSERT INTO events VALUES (1, 100, 'a'), (2, 200, 'b'), (3, 300, 'c')"
CHANGE = ("INSERT INTO events VALUES (4, 400, 'd')", "UPDATE events SET name = 'B', ts = 401 WHERE id = 2")
FIRST = [(1, 100, "a"), (2, 200, "b"), (3, 300, "c")]
CHANGED = [(1, 100, "a"), (2, 401, "B"), (3, 300, "c"), (4, 400, "d")]
URL = "spark.master=local[1]&spark.sql.shuffle.partitions=1&spark.sql.codegen.wholeStage=false"


class Ends:
    """A source in SQLite and a warehouse, in one folder."""

    def __init__(self, folder: Path) -> None:
        """Make the source, with three rows."""
        self.folder = folder
        self.write("CREATE TABLE events (id INTEGER PRIMARY KEY, ts INTEGER, name TEXT)", BASE)

    @property
    def target(self) -> str:
        """The URL of the warehouse."""
        return f"iceberg:///{self.folder}/lake?{URL}"

    def write(self, *statements: str) -> None:
        """Change the source."""
        with closing(sqlite3.connect(self.folder / "source.db")) as connection, connection:
            for statement in statements:
                connection.execute(statement)

    def load(self, name: str = "timestamp_watermark", **options: Any) -> LoadSummary:  # noqa: ANN401 - a plan's fields
        """Load once."""
        dry_run = options.pop("dry_run", False)
        options.setdefault("clock", lambda: 2_000_000_000)
        plan = Plan("db.events", ("id",), "ts", strategy(name), cursor_per_second=1, **options)
        source = locate(f"sqlite:///{self.folder}/source.db?table=events")
        return load(source, locate(self.target), plan, dry_run=dry_run)

    def session(self) -> Any:  # noqa: ANN401 - of that engine
        """Open the warehouse."""
        return session_type("iceberg").open(None, locate(self.target))

    def rows(self, sql: str = "SELECT * FROM {} ORDER BY 1, 2") -> list[tuple[object, ...]]:
        """Return rows of the target."""
        with closing(self.session()) as session:
            return session.rows(sql.format(session.name("target", "db.events")))

    def snapshots(self) -> int:
        """Return how many snapshots lead to the table as it is."""
        with closing(self.session()) as session:
            return len(session.rows(f"SELECT 1 FROM {session.places.plain_name('target', 'db.events.history')}"))


@pytest.fixture
def ends(tmp_path: Path) -> Ends:
    """Return a source with three rows and a warehouse that is not there yet."""
    return Ends(tmp_path)


@pytest.mark.parametrize("name", ["composite_watermark", "lookback_window", "full_refresh", "snapshot_diff"])
def test_a_strategy_loads(ends: Ends, name: str) -> None:
    """A first load, one of changes and one with nothing to do leave the rows of the source."""
    ends.load(name)
    first = ends.rows()
    ends.write(*CHANGE)
    ends.load(name)
    ends.load(name)

    assert (first, ends.rows()) == (FIRST, CHANGED)
