"""Strategies do with Iceberg what they do with SQLite: the same verdicts and the same counts, in the same scenarios."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from incload.harness.trials.matrix import CORE, Choice
from incload.harness.trials.runner import run_once
from incload.registry import strategies
from tests.effort import is_hard
from tests.engines.spark.small import ON_SPARK
from tests.same_verdicts import COMPARED, report

if TYPE_CHECKING:
    from conftest import Tally

pytestmark = ON_SPARK

PAIRS = ("sqlite-iceberg", "duckdb-iceberg", "postgres-iceberg", "iceberg-iceberg")
CHOSEN = [
    ("sqlite-iceberg", "hard_deletes", "snapshot_diff"),
    ("duckdb-iceberg", "late_arrivals", "timestamp_watermark"),
    ("postgres-iceberg", "updates_without_touch", "row_hash_cdc"),
    ("iceberg-iceberg", "duplicate_timestamps_smaller_id", "composite_watermark"),
    ("iceberg-iceberg", "hard_deletes", "log_cdc"),
]
"""A trial is eleven syncs, each of them several seconds: these are tried always, all others by make hard."""
EVERY = [(pair, scenario, each.id) for pair in PAIRS for scenario in CORE for each in strategies()]
BASELINE = Path(__file__).parents[3] / "reports" / "baseline.csv"


@pytest.mark.parametrize("trial", EVERY if is_hard() else CHOSEN, ids="-".join)
def test_a_pair_equals_the_baseline(trial: tuple[str, str, str], tally: Tally, request: pytest.FixtureRequest) -> None:
    """Every verdict and every count is that of SQLite; where SQLite cannot be asked, the prediction comes true."""
    pair, scenario, name = trial
    if pair.startswith("postgres"):
        request.getfixturevalue("postgres_server")
    (cell,) = [each for each in Choice((name,), (scenario,), (pair,)).cells() if each.contender.id == name]
    found = {key: "" if value is None else str(value) for key, value in asdict(run_once(cell)).items()}
    if found["outcome"] == "not_applicable":
        pytest.skip(f"n/a: {found['reason']}")
    identity = ("matrix", found["strategy"], found["write_rule"], found["scenario"], "sqlite", "sqlite")
    known = report(BASELINE)[identity]
    tally(f"trials on {pair} beside those on sqlite-sqlite", 1)

    assert found["outcome"] == found["predicted"], found["reason"]
    if known["outcome"] != "not_applicable":
        counts = [each for each in COMPARED if each != "state_bytes"]  # a state says of which form the cursor is
        assert {each: found[each] for each in counts} == {each: known[each] for each in counts}
        assert int(found["state_bytes"]) > 0 or int(known["state_bytes"]) == 0
