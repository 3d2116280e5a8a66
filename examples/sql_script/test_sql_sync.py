"""The script keeps its copy right in the best known scenarios, but for two that no cursor shows."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sql_sync import SCRIPT, sync

import incload.testing

if TYPE_CHECKING:
    from pathlib import Path

CUSTOMERS = incload.testing.Table(
    "customers",
    {"customer_id": "integer", "email": "text", "city": "text", "visits": "integer", "updated_at": "text"},
    key="customer_id",
    cursor="updated_at",
)


@incload.testing.scenarios("core", table=CUSTOMERS, loses={"hard_deletes", "updates_without_touch"})
def test_the_copy_is_right(incload_scenario: incload.testing.ScenarioCheck) -> None:
    """After every sync, whatever happens to the source."""
    incload_scenario.check(lambda request: sync(request.source_path, request.target_path))


def test_without_its_lookback_it_loses_late_rows(tmp_path: Path) -> None:
    """The witness names the first of them, and how late it was."""
    spoiled = SCRIPT.replace("datetime(max(updated_at), '-15 minutes')", "max(updated_at)")
    with pytest.raises(incload.testing.WrongCopy) as failure:
        incload.testing.check(
            lambda request: sync(request.source_path, request.target_path, spoiled),
            "late_arrivals", tmp_path, table=CUSTOMERS,
        )  # fmt: skip
    assert "2. Sync 1 was the first that could see it. Its updated_at lies 0:0" in str(failure.value)
    assert "behind the largest updated_at visible at the sync before" in str(failure.value)
