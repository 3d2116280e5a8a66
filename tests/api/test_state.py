"""`state` as another program calls it: what each strategy keeps, as plain values."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from incload.api.load import load
from incload.api.state import KeptState, state
from incload.errors import Refused

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def copy(tmp_path: Path) -> str:
    """Return the URL of a copy that two strategies keep up to date."""
    source = tmp_path / "events.json"
    source.write_text(json.dumps([{"id": 1, "at": 10}, {"id": 2, "at": 20}]), encoding="utf-8")
    url = f"sqlite:///{tmp_path}/copy.db"
    for strategy in ("composite_watermark", "row_hash_cdc"):
        load(source, url, table="events", key="id", cursor="at", strategy=strategy)
    return url


def test_the_state_of_every_strategy(copy: str, tmp_path: Path) -> None:
    """Each says from which source, and up to where."""
    source = str(tmp_path / "events.json")

    assert state(copy) == (
        KeptState("events", "composite_watermark", True, source, 20, "2", 0, None),  # noqa: FBT003
        KeptState("events", "row_hash_cdc", True, source, None, None, 2, None),  # noqa: FBT003
    )


def test_the_state_as_plain_values(copy: str) -> None:
    """One of them, by name."""
    (kept,) = state(copy, "events", "composite_watermark")

    assert kept.to_dict()["watermark"] == 20


def test_a_table_without_state_is_refused(copy: str) -> None:
    """With the tables that were meant."""
    with pytest.raises(Refused, match="event"):
        state(copy, "event")


def test_a_file_of_records_holds_no_state() -> None:
    """State stands in databases."""
    with pytest.raises(Refused, match=r"is no database: write sqlite:///path or duckdb:///path\."):
        state("events.json")
