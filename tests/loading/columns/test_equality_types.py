"""Types without an equality, in tables that promise no key: rows are compared by key, or as they are written."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from databases import Database, Databases

from incload.engines.postgres import server
from incload.errors import Refused

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

ODD = (
    "CREATE TABLE kept (k INTEGER, ts TIMESTAMP, j json, x xml, p point, y polygon, b jsonb, n numeric)",
    """INSERT INTO kept VALUES (1, '2026-01-01', '{"a": 1}', NULL, '(1,2)', '((1,2))', '{"b": 2}', 1.0)""",
    """INSERT INTO kept VALUES (2, '2026-01-02', '[1]', NULL, '(3,4)', '((3,4))', '[]', 2.50)""",
)
FOLLOWING = (
    "full_refresh",
    "timestamp_watermark",
    "lookback_window",
    "sparse_lookback",
    "composite_watermark",
    "boundary_dedup",
    "settling_delay",
    "clock_bounded_watermark",
    "lookback_with_reconciliation",
    "incrementing_id",
    "row_hash_cdc",
    "snapshot_diff",
)


@pytest.fixture(params=["postgres", "duckdb", "sqlite"])
def ends(request: pytest.FixtureRequest, postgres_url: str, tmp_path: Path) -> Iterator[Databases]:
    """Return a source on a server and a target of each engine."""
    if request.param != "postgres":
        target = Database(f"{request.param}:///{tmp_path}/target")
        yield Databases(Database(postgres_url), target)
        return
    with server.schema() as url:
        yield Databases(Database(postgres_url), Database(url))


@pytest.mark.parametrize("name", FOLLOWING)
def test_every_strategy_loads_types_without_equality(ends: Databases, name: str) -> None:
    """A first and a second load bring the rows as they are, though no row can be compared with another."""
    ends.source.run(*ODD, "CREATE VIEW t AS SELECT * FROM kept")
    ends.load(name, cursor="ts")
    ends.source.run("INSERT INTO kept SELECT 3, now() - interval '1 hour', j, x, p, y, b, n FROM kept WHERE k = 2")
    ends.load(name, cursor="ts")

    row = "k, CAST(j AS VARCHAR), CAST(p AS VARCHAR), CAST(y AS VARCHAR), CAST(b AS VARCHAR), CAST(n AS VARCHAR)"
    assert ends.rows(row) == [
        (1, '{"a": 1}', "(1,2)", "((1,2))", '{"b": 2}', "1.0"),
        (2, "[1]", "(3,4)", "((3,4))", "[]", "2.50"),
        (3, "[1]", "(3,4)", "((3,4))", "[]", "2.50"),
    ]


@pytest.mark.parametrize("name", ["full_refresh", "timestamp_watermark", "row_hash_cdc", "snapshot_diff"])
def test_a_row_that_a_view_gives_twice_is_one(ends: Databases, name: str) -> None:
    """Copies of a row are one, whatever their types; a second load finds nothing new."""
    ends.source.run(*ODD, "CREATE VIEW t AS SELECT * FROM kept UNION ALL SELECT * FROM kept")
    ends.load(name, cursor="ts")
    ends.source.run("UPDATE kept SET j = '{}', ts = '2026-01-03' WHERE k = 1")
    ends.load(name, cursor="ts")

    assert ends.rows("k, CAST(j AS VARCHAR)") == [(1, "{}"), (2, "[1]")]


@pytest.mark.parametrize("name", ["full_refresh", "row_hash_cdc", "snapshot_diff"])
def test_rows_that_only_look_different_are_not_one(ends: Databases, name: str) -> None:
    """A key with 1.0 in one row and 1.00 in another is not unique: neither row may be chosen unseen."""
    ends.source.run(*ODD, "CREATE VIEW t AS SELECT k, n FROM kept UNION ALL SELECT k, n * 1.0 FROM kept")

    with pytest.raises(Refused, match=r"^the key 'k' is not unique in the source: 2 rows have [12]; name a key that"):
        ends.load(name)


@pytest.mark.parametrize("kind", ["json", "xml", "point", "json[]"])
@pytest.mark.parametrize("name", ["full_refresh", "snapshot_diff"])
def test_a_key_without_equality_is_refused(ends: Databases, kind: str, name: str) -> None:
    """Nothing can be distinguished by it, and the sentence says what can be done."""
    ends.source.run(f"CREATE TABLE t (k {kind}, a INTEGER)")

    with pytest.raises(
        Refused, match=r"^key column 'k' is of type (json|xml|point|json\[\]), which has no equality in"
    ):
        ends.load(name)
