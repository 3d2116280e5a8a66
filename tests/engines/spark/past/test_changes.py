"""Snapshots of a source in Iceberg as the log of its changes: what is read, and when everything is."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest

import incload
from incload.engines.endpoints import locate
from incload.engines.registry import session_type
from tests.engines.spark.small import ON_SPARK, SMALLEST

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from incload.loading.run import LoadSummary

pytestmark = ON_SPARK


class Lakes:
    """A source and a target, each a warehouse of its own."""

    def __init__(self, folder: Path, mode: str) -> None:
        """Make a table with four rows in the source."""
        self.source, self.target = f"iceberg:///{folder}/source?{SMALLEST}", f"iceberg:///{folder}/target?{SMALLEST}"
        self.run(
            "CREATE TABLE {} (id bigint, ts bigint, name string) USING iceberg TBLPROPERTIES ('format-version'='2',"
            f" 'write.merge.mode'='{mode}', 'write.update.mode'='{mode}', 'write.delete.mode'='{mode}')",
            "INSERT INTO {} VALUES (1, 100, 'a'), (2, 200, 'b'), (3, 300, 'c'), (4, 400, 'd')",
        )

    def run(self, *statements: str, end: str = "source") -> None:
        """Run statements on an end."""
        with closing(self.session(end)) as session:
            for statement in statements:
                session.run(statement.format(session.places.plain_name("target", "t")))

    def session(self, end: str) -> Any:  # noqa: ANN401 - of that engine
        """Open an end."""
        return session_type("iceberg").open(None, locate(getattr(self, end)))

    def expire(self) -> None:
        """Let the history of the source go."""
        with closing(self.session("source")) as session:
            session.logs.change_log("", "target", "t").cut()

    def load(self) -> LoadSummary:
        """Load once."""
        return incload.load(f"{self.source}&table=t", self.target, table="t", key="id", strategy="log_cdc")

    def rows(self) -> list[tuple[object, ...]]:
        """Return the rows of the copy."""
        with closing(self.session("target")) as session:
            return session.rows(f"SELECT * FROM {session.name('target', 't')} ORDER BY 1")


@pytest.fixture(params=["copy-on-write", "merge-on-read"])
def lakes(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Lakes]:
    """Return two warehouses, with tables that are changed in each of the two ways."""
    return Lakes(tmp_path, request.param)


def test_what_changed_between_two_snapshots_is_read(lakes: Lakes) -> None:
    """A row that stayed in a rewritten file is not; one that was changed back is not either."""
    first = lakes.load()
    lakes.run(
        "UPDATE {} SET name = 'B' WHERE id = 2",
        "UPDATE {} SET name = 'x' WHERE id = 4",
        "UPDATE {} SET name = 'd' WHERE id = 4",
        "DELETE FROM {} WHERE id = 3",
        "INSERT INTO {} VALUES (5, 500, 'e')",
    )
    second, quiet = lakes.load(), lakes.load()

    assert [(each.loaded, each.removed) for each in (first, second, quiet)] == [(4, 0), (2, 1), (0, 0)]
    assert lakes.rows() == [(1, 100, "a"), (2, 200, "B"), (4, 400, "d"), (5, 500, "e")]


def test_a_history_that_has_expired_has_everything_read(lakes: Lakes) -> None:
    """The load says so, and rows that are gone leave the copy."""
    lakes.load()
    lakes.run("DELETE FROM {} WHERE id = 3", "UPDATE {} SET name = 'B' WHERE id = 2")
    lakes.expire()
    done = lakes.load()

    said = "All of 't' was read, because its history no longer reaches back to the snapshot that was read last."
    assert done.warnings == (said,)
    assert lakes.rows() == [(1, 100, "a"), (2, 200, "B"), (4, 400, "d")]
