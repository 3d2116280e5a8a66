"""The pipeline keeps its copy right where rows have the newest timestamp again, and loses late rows and deletes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

pytest.importorskip("dlt", reason="dlt is not installed: pip install 'dlt[duckdb]'")
from dlt_sync import DATASET, customers, sync

import incload.testing

if TYPE_CHECKING:
    from pathlib import Path

    from incload.testing import SyncRequest

pytestmark = pytest.mark.filterwarnings("default")

CUSTOMERS = incload.testing.Table(
    "customers",
    {"customer_id": "integer", "email": "text", "city": "text", "visits": "integer", "updated_at": "text"},
    key="customer_id",
    cursor="updated_at",
)
COPY = {"url": f"{{target}}?schema={DATASET}", "adds": ["_dlt_*"]}
"""Where dlt puts the copy, and what it adds to it."""


def run(request: SyncRequest) -> None:
    """Run the pipeline as the test's sync."""
    sync(request.source_path, request.target_path, str(request.state_dir))


@incload.testing.scenarios(
    "duplicate_timestamps, late_arrivals, hard_deletes",
    loses={"late_arrivals", "hard_deletes"},
    table=CUSTOMERS,
    target="duckdb",
    copy=COPY,
)
def test_the_copy_is_right(incload_scenario: incload.testing.ScenarioCheck) -> None:
    """After every run, but for what is declared."""
    incload_scenario.check(run)


def test_appended_instead_of_merged_it_duplicates_rows(tmp_path: Path) -> None:
    """The write disposition of a quick start is found out by the first update."""
    appended = customers.with_name("customers")
    appended.apply_hints(write_disposition="append")

    def spoiled(request: SyncRequest) -> None:
        sync(request.source_path, request.target_path, str(request.state_dir), appended)

    with pytest.raises(incload.testing.WrongCopy, match="duplicated"):
        incload.testing.check(spoiled, "clean", tmp_path, table=CUSTOMERS, target="duckdb", copy=COPY)
