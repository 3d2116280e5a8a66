"""What is promised of whole processes is put beside what they took."""

from __future__ import annotations

from typing import TYPE_CHECKING

from incload.report.comparison.budgets import promise_blocks
from incload.report.render.blocks import Table

if TYPE_CHECKING:
    from conftest import Framed


def test_a_promise_is_kept_or_not(framed: Framed) -> None:
    """Each bound stands beside its figure; what has none, and incload beside its peer, is left out."""
    memory = {"suite": "memory"}
    peers = {"suite": "peers", "scenario": "no_change"}
    frame = framed(
        {"suite": "start_up", "scenario": "bare_python", "load_seconds_min": 9.0},
        {"suite": "start_up", "scenario": "incload_help", "load_seconds_min": 0.25},
        {"suite": "start_up", "scenario": "load_nothing_sqlite_duckdb", "load_seconds_min": 0.51},
        {**memory, "scenario": "of_1000", "rows": 1_000, "peak_memory_bytes": 50_000_000},
        {**memory, "scenario": "of_10000", "rows": 10_000, "peak_memory_bytes": 150_000_000},
        {
            "suite": "dataset", "scenario": "orders_narrow_of_10", "peak_memory_bytes": 999_000_000,
            "table_rows_per_second": 900_000.0,
        },
        {**peers, "strategy": "incload", "times_reference": 1.0},
        {**peers, "strategy": "dlt", "times_reference": 6.0},
    )  # fmt: skip
    (table,) = [block for block in promise_blocks(frame) if isinstance(block, Table)]

    assert table.rows == (
        ("incload help", "at most 0.25 s", "0.250 s", "met"),
        ("load nothing sqlite duckdb", "at most 0.5 s", "0.510 s", "not met"),
        ("memory of ten times the rows, sqlite → duckdb", "less than 100 MB more", "100 MB more", "not met"),
        ("memory of orders narrow of 10", "less than 1,000 MB", "999 MB", "met"),
        ("speed of orders narrow of 10", "at least 1,000,000 rows/s", "900,000 rows/s", "not met"),
        ("dlt, no change", "at least \N{MULTIPLICATION SIGN} 6", "\N{MULTIPLICATION SIGN} 6.00", "met"),
    )


def test_nothing_is_promised_of_other_suites(framed: Framed) -> None:
    """A report of a matrix has no such table."""
    assert promise_blocks(framed({})) == []
