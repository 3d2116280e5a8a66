"""Values go into Iceberg and back as they are, and an audit across engines says so; it finds each kind of wrong row."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

import pytest

import incload
from incload.engines.endpoints import locate
from incload.engines.registry import session_type
from incload.errors import Refused
from tests.duckdb_files import opened
from tests.engines.spark.small import ON_SPARK, SMALL

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = ON_SPARK

TYPES = (
    "id BIGINT PRIMARY KEY, small SMALLINT, ratio DOUBLE, single FLOAT, text VARCHAR, flag BOOLEAN, moment TIMESTAMP,"
    " zoned TIMESTAMPTZ, day DATE, price DECIMAL(18,4), bytes BLOB, ident UUID, many INTEGER[]"
)
ROWS = """
    (1, -7, 0.1, 0.25, 'it''s \\ ? "q" äß€𝄞', true, '2026-01-02 03:04:05.678901', '2026-01-02 03:04:05+05:30',
     '2026-02-28', 12345678901234.5678, '\\x00\\xFF'::BLOB, '11111111-2222-3333-4444-555555555555', [1, NULL, 3]),
    (2, 32767, -0.0, 'nan', '', false, '0001-01-01 00:00:00', '9999-12-31 23:59:59.999999+00', '0001-01-01',
     -0.0001, ''::BLOB, '00000000-0000-0000-0000-000000000000', []),
    (9223372036854775807, NULL, 1e308, 'inf', NULL, NULL, '1500-06-01 12:00:00', NULL, '1582-10-10', 0, NULL, NULL,
     NULL)
"""


def make_source(folder: Path) -> str:
    """Make a table of every type and return its URL."""
    path = folder / "source.duckdb"
    with opened(path) as connection:
        connection.execute(f"CREATE TABLE things ({TYPES}); INSERT INTO things VALUES {ROWS}")
    return f"duckdb:///{path}?table=things"


def lake(folder: Path) -> str:
    """Return the URL of a warehouse."""
    return f"iceberg:///{folder}/lake?{SMALL}"


def test_values_go_there_and_back(tmp_path: Path) -> None:
    """All kinds, nulls, the ends of their ranges, and days before the calendar was changed."""
    source, there = make_source(tmp_path), lake(tmp_path)
    back = f"duckdb:///{tmp_path}/back.duckdb"
    options = {"table": "shop.things", "key": "id", "strategy": "full_refresh"}
    into = incload.load(source, there, **options)
    incload.load(f"{there}&table=shop.things", back, **{**options, "table": "things"})
    found = [
        incload.audit(source, f"{there}&table=shop.things", key="id"),
        incload.audit(f"{there}&table=shop.things", f"{back}?table=things", key="id"),
        incload.audit(source, f"{back}?table=things", key="id"),
    ]

    assert [(each.lost, each.stale, each.phantom, each.duplicated, each.copy_rows) for each in found] == [
        (0, 0, 0, 0, 3)
    ] * 3
    said = "column 'ident' (UUID), 'many' (INTEGER[]) of 'shop.things' is kept as text in iceberg, and what is nested"
    assert into.warnings == (f"{said} as JSON, because incload knows no type there that holds the same values.",)


def test_an_audit_finds_every_kind_of_wrong_row(tmp_path: Path) -> None:
    """Rows that another writer has lost, changed, added and doubled, each under its name."""
    source, there = make_source(tmp_path), lake(tmp_path)
    incload.load(source, there, table="things", key="id", strategy="full_refresh", exclude="many")
    with closing(session_type("iceberg").open(None, locate(there))) as session:
        table = session.places.plain_name("target", "things")
        session.run(f"UPDATE {table} SET single = 0.5 WHERE id = 2")
        session.run(f"INSERT INTO {table} SELECT * FROM {table} WHERE id > 2")
        session.run(f"UPDATE {table} SET id = 77 WHERE id = 1")
    found = incload.audit(source, f"{there}&table=things", key="id", exclude="many")

    assert (found.lost, found.stale, found.phantom, found.duplicated) == (1, 1, 1, 1)
    assert found.differing == {"single": 1}


def test_a_part_finer_than_a_microsecond_is_refused(tmp_path: Path) -> None:
    """Iceberg's timestamps would lose it; one without such a part is kept."""
    path, there = tmp_path / "source.duckdb", lake(tmp_path)
    with opened(path) as connection:
        connection.execute(
            "CREATE TABLE fine (id INTEGER, moment TIMESTAMP_NS); INSERT INTO fine VALUES (1, '2026-01-01')"
        )
    incload.load(f"duckdb:///{path}?table=fine", there, table="fine", key="id", strategy="full_refresh")
    with opened(path) as connection:
        connection.execute("INSERT INTO fine VALUES (2, '2026-01-01 00:00:00.000000001')")

    with pytest.raises(Refused, match=r"column 'moment' has a time with a part finer than a microsecond"):
        incload.load(f"duckdb:///{path}?table=fine", there, table="fine", key="id", strategy="full_refresh")


def test_a_time_without_end_becomes_null_and_is_reported(tmp_path: Path) -> None:
    """Iceberg has none, and a number would be another time."""
    path, there = tmp_path / "source.duckdb", lake(tmp_path)
    with opened(path) as connection:
        connection.execute("CREATE TABLE ends (id INTEGER, moment TIMESTAMP); INSERT INTO ends VALUES (1, 'infinity')")
    done = incload.load(f"duckdb:///{path}?table=ends", there, table="ends", key="id", strategy="full_refresh")

    assert done.warnings == (
        "infinity in column 'moment' of 'ends' became null, because iceberg has no time without end.",
    )
