"""The project keeps its copy right where rows are late, and never deletes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

pytest.importorskip("dbt.adapters.duckdb", reason="dbt is not installed: pip install 'dbt-core<2' dbt-duckdb")
from dbt_sync import sync

import incload.testing

if TYPE_CHECKING:
    from pathlib import Path

    from incload.testing import SyncRequest

pytestmark = pytest.mark.filterwarnings("default")

CUSTOMERS = incload.testing.Table(
    "customers",
    {"customer_id": "integer", "email": "text", "city": "text", "visits": "integer", "updated_at": "timestamp"},
    key="customer_id",
    cursor="updated_at",
)


def run(request: SyncRequest, **variables: str) -> None:
    """Run the project as the test's sync."""
    sync(request.source_path, request.target_path, str(request.state_dir), **variables)


@incload.testing.scenarios(
    "late_arrivals, hard_deletes", loses={"hard_deletes"}, table=CUSTOMERS, source="duckdb", target="duckdb"
)
def test_the_copy_is_right(incload_scenario: incload.testing.ScenarioCheck) -> None:
    """After every run, but for rows that are deleted."""
    incload_scenario.check(run)


def test_without_its_lookback_it_loses_late_rows(tmp_path: Path) -> None:
    """The witness names the first of them, and how late it was."""
    with pytest.raises(incload.testing.WrongCopy, match=r"Its updated_at lies 0:\d\d:\d\d\.\d+ behind the largest"):
        incload.testing.check(
            lambda request: run(request, lookback="0 minutes"),
            "late_arrivals", tmp_path, table=CUSTOMERS, source="duckdb", target="duckdb",
        )  # fmt: skip
