"""What pytest-benchmark is given of a trial."""

from __future__ import annotations

import math

import pytest

from incload.harness.perf.benchmark_table import extra_info, group, prepare
from incload.report.outcome import Outcome

GIVEN = {"strategy": "a", "scenario": "b", "engines": "c-d"}


def outcome(**more: object) -> Outcome:
    """Return an outcome."""
    usual = {"suite": "matrix", "strategy": "a", "write_rule": "", "scenario": "b", "source_engine": "c"}
    numbers = {"target_engine": "d", "rows": 1, "seed": 1, "history_digest": "", "outcome": "sound"}
    return Outcome(**{**usual, **numbers, **more})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("group_by", "name"),
    [
        ("group", "a"),
        ("param:strategy", "b c-d"),
        ("param:scenario", "a c-d"),
        ("param:strategy,param:engines", "b"),
        ("func", "a b c-d"),
    ],
)
def test_a_name_says_what_the_group_does_not(group_by: str, name: str) -> None:
    """Of strategy, scenario and engines."""
    bench = {"name": "test_trial[a-b-c-d]", "params": GIVEN}
    prepare([bench], group_by)

    assert bench["name"] == name


def test_a_benchmark_without_the_parameters_can_be_grouped_by_them() -> None:
    """It keeps its name, and its parameters are empty."""
    bench = {"name": "test_other", "params": None}
    prepare([bench], "param:strategy")

    assert bench == {"name": "test_other", "params": {"strategy": "", "scenario": "", "engines": ""}}


def test_the_usual_group_is_the_scenario_and_the_pair() -> None:
    """As a title."""
    assert group("clean", "sqlite-duckdb") == "clean sqlite to duckdb"


def test_extra_info_is_what_json_holds() -> None:
    """What is no number is None, and neither the witness nor the environment is repeated."""
    found = extra_info(outcome(lost=3, table_rows_per_second=math.nan, witness="w", environment="e"))

    assert (found["lost"], found["table_rows_per_second"], found["rows_read"]) == (3, None, None)
    assert not found.keys() & {"witness", "environment", "command"}


def test_what_json_does_not_hold_is_a_fault() -> None:
    """It would be written as a text that cannot be read back."""
    with pytest.raises(TypeError, match="is no plain value"):
        extra_info(outcome(lost=[1]))
