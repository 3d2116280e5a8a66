"""From PostgreSQL into Iceberg and back: a first load, changes, nothing new, audited across engines after each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import psycopg
import pytest

import incload
from incload.engines.endpoints import locate
from incload.loading import capture
from incload.strategy import Capability
from tests.engines.spark.small import ON_SPARK, SMALLEST

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = ON_SPARK

MAKE = (
    """
    CREATE TABLE orders (
        id bigint PRIMARY KEY, ts timestamptz NOT NULL, price numeric(12,2), note text, paid boolean
    )
    """,
    """
    INSERT INTO orders SELECT n, timestamptz '2026-01-01 00:00:00+00' + n * interval '1 minute', n * 1.25,
        'note ' || n, n % 2 = 0 FROM generate_series(1, 100) AS n
    """,
)
CHANGE = (
    "UPDATE orders SET price = price + 0.01, ts = timestamptz '2026-02-01 00:00:00+00' WHERE id IN (7, 8)",
    "INSERT INTO orders VALUES (101, '2026-02-02 00:00:00+00', 1.10, NULL, NULL)",
)


def run(url: str, *statements: str) -> None:
    """Run statements in a schema of the server."""
    place, _, schema = url.partition("&schema=")
    with psycopg.connect(place, options=f"-csearch_path={schema}") as connection:
        for statement in statements:
            connection.execute(statement.encode())


def wrong(source: str, copy: str) -> tuple[int, ...]:
    """Audit a copy and return what is wrong with it, and how many rows it has."""
    found = incload.audit(source, copy, key="id", cursor="ts")
    return found.lost, found.stale, found.phantom, found.duplicated, found.copy_rows


@pytest.mark.parametrize(
    ("name", "removes"),
    [
        ("timestamp_watermark", False),
        ("composite_watermark", False),
        ("lookback_window:minutes=30", False),
        ("row_hash_cdc", True),
        ("snapshot_diff", True),
        ("log_cdc", True),
    ],
)
def test_a_table_is_kept_up_to_date_and_goes_back(
    postgres_url: str, tmp_path: Path, name: str, *, removes: bool
) -> None:
    """The audit finds nothing wrong after each sync, and in the table that was loaded back."""
    run(postgres_url, *MAKE)
    source, there = f"{postgres_url}&table=orders", f"iceberg:///{tmp_path}/lake?{SMALLEST}"
    if name == "log_cdc":
        capture.install(locate(source), "orders", Capability.LOG, ("id",))
    options: dict[str, Any] = {"table": "shop.orders", "key": "id", "cursor": "ts", "strategy": name}
    copy = f"{there}&table=shop.orders"
    incload.load(source, there, **options)
    first = wrong(source, copy)
    run(postgres_url, *CHANGE, *(["DELETE FROM orders WHERE id = 9"] if removes else []))
    changed = incload.load(source, there, **options)
    second, quiet = wrong(source, copy), incload.load(source, there, **options)
    back = {**options, "table": "back", "strategy": "full_refresh"}
    incload.load(copy, postgres_url, **back)

    rows = 100 if removes else 101
    assert (first, second) == ((0, 0, 0, 0, 100), (0, 0, 0, 0, rows))
    assert (changed.removed, quiet.removed) == (int(removes), 0)
    assert wrong(source, f"{postgres_url}&table=back") == (0, 0, 0, 0, rows)
