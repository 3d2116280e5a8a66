"""The frame of a report: derived columns, and refusals of what is no report."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pandas as pd
import pytest

from incload.errors import Refused
from incload.report.frame import frame_of, in_order, report_frame, trial_name

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Framed, Make

    from incload.report.outcome import Outcome


def test_a_contender_is_named_with_its_rule_where_it_has_several(framed: Framed) -> None:
    """A strategy under two write rules is two contenders; one under a single rule goes by its name."""
    frame = framed(
        {},
        {"write_rule": "append"},
        {"strategy": "full_refresh", "write_rule": "replace"},
        {"strategy": "reference_copy"},
    )

    assert list(frame["contender"]) == [
        "timestamp_watermark (merge)",
        "timestamp_watermark (append)",
        "full_refresh",
        "reference copy",
    ]


def test_write_rules_are_counted_within_a_suite(framed: Framed) -> None:
    """Another rule in another suite does not lengthen a name."""
    frame = framed({}, {"suite": "tutorial", "write_rule": "append"})

    assert list(frame["contender"]) == ["timestamp_watermark", "timestamp_watermark"]


def test_suites_that_measure_cost_are_distinguished(framed: Framed) -> None:
    """Throughput and tutorial are timed, the matrix and a replay are not."""
    frame = framed(*({"suite": suite} for suite in ("matrix", "throughput", "tutorial", "replay")))

    assert list(frame["timed"]) == [False, True, True, False]
    assert list(frame["pair"].unique()) == ["sqlite → duckdb"]


def test_missing_values_stay_missing(framed: Framed) -> None:
    """A number that was not measured is no zero in the frame."""
    frame = framed({})

    assert frame[["times_reference", "heal_syncs_max", "peak_memory_bytes"]].isna().all(axis=None)


def test_a_trial_that_stands_twice_is_refused(make: Make) -> None:
    """Two lines with one identity are refused by the trial's name, whatever else they say."""
    with pytest.raises(
        Refused, match=r"holds the trial matrix: timestamp_watermark \(merge\), clean, sqlite -> duckdb twice"
    ):
        frame_of([make(), make(seed=7)])


def test_a_frame_of_the_csv_is_a_report(golden: Path, tiny: tuple[Outcome, ...]) -> None:
    """The columns of a CSV as pandas reads them make the same frame as the file, without what is known of its runs."""
    frame = pd.read_csv(golden / "report.csv")
    expected = frame_of(replace(each, environment="", command="") for each in tiny)

    pd.testing.assert_frame_equal(report_frame(frame), expected)


def test_a_frame_without_a_column_is_refused(golden: Path) -> None:
    """A frame that lacks a column of the CSV is refused by the column's name."""
    frame = pd.read_csv(golden / "report.csv").drop(columns="lost")

    with pytest.raises(Refused, match=r"^the frame has no column lost: give it the columns of a report's CSV\.$"):
        report_frame(frame)


def test_a_frame_with_a_bad_value_is_refused(golden: Path) -> None:
    """A text among numbers is refused by the column's name."""
    frame = pd.read_csv(golden / "report.csv").assign(rows="many")

    with pytest.raises(Refused, match=r"^column rows of the frame holds a value that is no int"):
        report_frame(frame)


def test_order_is_that_of_the_first_appearance() -> None:
    """Names keep the order in which a report first speaks of them."""
    assert in_order(pd.Series(["b", "a", "b", "c"])) == ["b", "a", "c"]


def test_a_trial_is_named_without_an_empty_rule() -> None:
    """A contender without a write rule is named without brackets."""
    assert trial_name(("tutorial", "blog", "", "no_change", "sqlite", "sqlite")) == (
        "tutorial: blog, no_change, sqlite -> sqlite"
    )
