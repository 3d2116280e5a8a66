"""Loads through a standalone cluster, a master and two workers on this machine: make spark-cluster starts it."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

import incload

if TYPE_CHECKING:
    from pathlib import Path

MASTER = os.environ.get("INCLOAD_SPARK_MASTER", "")
"""The address of the cluster, as host:port."""

pytestmark = [
    pytest.mark.slow,
    pytest.mark.usefixtures("spark"),
    pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning"),
    pytest.mark.skipif(not MASTER, reason="n/a: INCLOAD_SPARK_MASTER names no cluster (make spark-cluster starts one)"),
]

OPTIONS = (
    "spark.cores.max=2&spark.executor.cores=1&spark.executor.memory=512m&spark.driver.host=127.0.0.1"
    "&spark.driver.bindAddress=127.0.0.1&spark.sql.shuffle.partitions=2"
)
ROWS = 1_000
"""Of which 20 change, which is 2 %."""


def write(path: Path, *statements: str) -> None:
    """Change the source."""
    with closing(sqlite3.connect(path)) as connection, connection:
        for statement in statements:
            connection.execute(statement)


@pytest.mark.parametrize(
    "strategy",
    ["timestamp_watermark", "composite_watermark", "lookback_window:minutes=30", "row_hash_cdc", "snapshot_diff"],
)
def test_a_cluster_loads_as_one_machine_does(tmp_path: Path, strategy: str) -> None:
    """A first load, a change of 2 % and nothing new; audited after each, and read back by the log of the snapshots."""
    source, staging = tmp_path / "source.db", tmp_path / "staging"
    staging.mkdir()
    there = f"iceberg+spark://{MASTER}{tmp_path}/lake?staging={staging}&{OPTIONS}"
    copy, url = f"{there}&table=db.events", f"sqlite:///{source}?table=events"
    write(
        source,
        "CREATE TABLE events (id INTEGER PRIMARY KEY, ts TIMESTAMP, name TEXT)",
        f"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {ROWS}) INSERT INTO events "
        "SELECT i, strftime('%Y-%m-%d %H:%M:%S', 1700000000 + i * 60, 'unixepoch'), 'name ' || i FROM n",
    )
    syncs = [_synced(url, there, copy, strategy)]
    back = {"table": "events", "key": "id", "strategy": "log_cdc"}
    incload.load(copy, f"duckdb:///{tmp_path}/back.duckdb", **back)  # type: ignore[arg-type]
    write(source, "UPDATE events SET name = 'x', ts = '2030-01-01 00:00:00' WHERE id % 50 = 0")
    syncs += [_synced(url, there, copy, strategy), _synced(url, there, copy, strategy)]
    changed = incload.load(copy, f"duckdb:///{tmp_path}/back.duckdb", **back)  # type: ignore[arg-type]

    # There is a row a minute: 30 minutes before the first watermark are 30 rows that did not change, and one that did;
    # before the second one there are only those that changed.
    again, quiet = (30, 20) if strategy.startswith("lookback_window") else (0, 0)
    assert syncs == [(ROWS, ROWS), (20 + again, ROWS), (quiet, ROWS)]
    assert changed.loaded == 20
    found = incload.audit(url, f"duckdb:///{tmp_path}/back.duckdb?table=events", key="id", cursor="ts")
    assert (found.lost, found.stale, found.phantom, found.duplicated, found.copy_rows) == (0, 0, 0, 0, ROWS)


def _synced(url: str, there: str, copy: str, strategy: str) -> tuple[int, int]:
    """Load, and audit: return how many rows were loaded, and how many the copy has, none of them wrong."""
    loaded = incload.load(url, there, table="db.events", key="id", cursor="ts", strategy=strategy).loaded
    found = incload.audit(url, copy, key="id", cursor="ts")
    assert (found.lost, found.stale, found.phantom, found.duplicated) == (0, 0, 0, 0)
    return loaded, found.copy_rows
