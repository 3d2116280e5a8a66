"""What the tests of the report share: one outcome to vary, and a tiny report written down in full."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from incload.report.frame import frame_of
from incload.report.outcome import Outcome

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

BASE: dict[str, object] = {
    "suite": "matrix",
    "strategy": "timestamp_watermark",
    "write_rule": "merge",
    "scenario": "clean",
    "source_engine": "sqlite",
    "target_engine": "duckdb",
    "rows": 1_000,
    "seed": 42,
    "history_digest": "00c0ffee00c0ffee",
    "outcome": "sound",
    **dict.fromkeys(("lost", "stale", "phantom", "duplicated"), 0),
    **dict.fromkeys(("lost_max", "stale_max", "phantom_max", "duplicated_max"), 0),
    **dict.fromkeys(("syncs", "wrong_syncs", "rows_ever_wrong", "rows_never_healed", "rows_waiting"), 0),
    **dict.fromkeys(("rows_read", "rows_written", "rows_unchanged", "rows_removed", "queries", "state_bytes"), 0),
    "rounds": 0,
}
HISTORY = {
    "clean": ("Every change raises the cursor and becomes visible in order", "00000000000000c1"),
    "late_rows": ("Rows become visible up to ten minutes after their timestamp.", "00000000000000a7"),
}
RUN = {
    "environment": '{"python": "3.11.9", "processors": 2, "libraries": {"duckdb": "2.0.0", "faker": "40.54.0"}}',
    "command": "pytest bench --benchmark-only",
}
WITNESS = (
    "1. Before sync 3 row (17,) became visible with the timestamp 2026-01-01T10:04:59.\n"
    "2. With the watermark 2026-01-01T10:05:12 in the state, sync 3 asked for the rows later than it.\n"
    "3. It was wrong after sync 3 and is still lost after the last, sync 5."
)

Make = Callable[..., Outcome]
Framed = Callable[..., "pd.DataFrame"]


def made(**changes: object) -> Outcome:
    """Return an outcome with some fields changed."""
    return Outcome(**{**BASE, **changes})  # type: ignore[arg-type]  # each test names fields with values of their types


def verdict_trial(strategy: str, scenario: str, **changes: object) -> Outcome:
    """Return a trial of the tiny report's matrix."""
    meaning, digest = HISTORY[scenario]
    costs = {"syncs": 5, "queries": 5, "load_seconds_min": 0.01, "load_seconds_median": 0.0125, "rounds": 3}
    known = {"strategy": strategy, "scenario": scenario, "meaning": meaning, "history_digest": digest}
    return made(**{**known, **costs, **RUN, "table_rows_per_second": 100_000.0, **changes})


def timed_trial(strategy: str, phase: str, seconds: float, times: float, **changes: object) -> Outcome:
    """Return a trial of the tiny report's throughput."""
    known = {"suite": "throughput", "strategy": strategy, "scenario": phase, "rows": 200_000, "rounds": 5, "syncs": 1}
    measured = {"load_seconds_min": seconds, "load_seconds_median": seconds * 1.25, "times_reference": times}
    return made(**{**known, **measured, **RUN, "table_rows_per_second": 200_000 / seconds, **changes})


TINY = (
    verdict_trial(
        "reference_copy", "clean", write_rule="replace", rows_read=6_000, rows_written=6_000, times_reference=1.0
    ),
    verdict_trial(
        "full_refresh", "clean", write_rule="replace", rows_read=6_000, rows_written=6_000, times_reference=1.5,
        predicted="sound", rows_ever_wrong_predicted=0, state_bytes=2,
    ),
    verdict_trial(
        "timestamp_watermark", "clean", rows_read=1_250, rows_written=1_250, times_reference=0.5, predicted="sound",
        rows_ever_wrong_predicted=0, state_bytes=96,
    ),
    verdict_trial(
        "full_refresh", "late_rows", write_rule="replace", rows_read=6_100, rows_written=6_100, times_reference=1.625,
        predicted="sound", rows_ever_wrong_predicted=0, state_bytes=2,
    ),
    verdict_trial(
        "timestamp_watermark", "late_rows", outcome="wrong", lost=12, lost_max=12, stale=3, stale_max=4, wrong_syncs=3,
        rows_ever_wrong=17, rows_never_healed=15, heal_syncs_median=1.5, heal_syncs_max=2, rows_read=1_190,
        rows_written=1_190, times_reference=0.5, predicted="wrong", rows_ever_wrong_predicted=17,
        assumption="LAG_WITHIN", witness=WITNESS, state_bytes=96,
    ),
    timed_trial("reference_copy", "initial_load", 0.5, 1.0, write_rule="replace", rows_read=200_000),
    timed_trial("timestamp_watermark", "initial_load", 0.75, 1.5, rows_read=200_000, state_bytes=96),
    timed_trial("full_refresh", "initial_load", 0.625, 1.25, write_rule="replace", rows_read=200_000),
    timed_trial("reference_copy", "change_2_percent", 0.5, 1.0, write_rule="replace", rows_read=200_000),
    timed_trial(
        "timestamp_watermark", "change_2_percent", 0.01, 0.02, rows_read=4_000, outcome="wrong", lost=7, lost_max=7,
        wrong_syncs=1,
    ),
    timed_trial("full_refresh", "change_2_percent", 0.625, 1.25, write_rule="replace", rows_read=200_000),
)  # fmt: skip
"""Two strategies in two scenarios on one pair of engines, and what they cost at scale."""


@pytest.fixture
def make() -> Make:
    """Return the maker of outcomes: one sound trial, with the fields that are named changed."""
    return made


@pytest.fixture
def framed() -> Framed:
    """Return the maker of frames: one row for each mapping of changed fields."""
    return lambda *changes: frame_of(made(**each) for each in changes)


@pytest.fixture
def tiny() -> tuple[Outcome, ...]:
    """Return the outcomes of the tiny report."""
    return TINY


@pytest.fixture
def golden(root: Path) -> Path:
    """Return the folder of the reports that are written down."""
    return root / "tests" / "golden"
