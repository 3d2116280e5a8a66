"""`incload.read_report`, and the CSV as pandas reads it without an option."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
import pytest

import incload
from incload.report.frame import report_frame
from incload.report.outcome_csv import COLUMNS, TYPES

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def baseline(root: Path) -> Path:
    """Return the committed report."""
    return root / "reports" / "baseline.csv"


def test_a_report_is_typed(baseline: Path) -> None:
    """Counts are whole numbers that may be missing; environment and command are kept once a run."""
    frame = incload.read_report(baseline)

    assert {name: str(frame[name].dtype) for name in ("lost", "rows", "run", "times_reference", "strategy")} == {
        "lost": "Int64", "rows": "Int64", "run": "Int64", "times_reference": "Float64", "strategy": "string",
    }  # fmt: skip
    assert (tuple(frame.columns), len(frame)) == (COLUMNS, 486)
    assert set(frame.attrs["runs"]) == set(frame["run"].dropna())
    assert all("python" in run["environment"] for run in frame.attrs["runs"].values())
    assert all(isinstance(run["environment"], dict) for run in frame.attrs["runs"].values())


def test_what_was_not_measured_is_missing(baseline: Path) -> None:
    """A trial that is not applicable has no count at all."""
    frame = incload.read_report(baseline)
    refused = frame[frame["outcome"] == "not_applicable"]

    assert len(refused) > 0
    assert refused[["lost", "rows_read", "queries", "state_bytes", "rounds"]].isna().all(axis=None)


def test_a_replay_is_typed(root: Path) -> None:
    """The CSV of a replay is read by the same function."""
    frame = incload.read_report(root / "reports" / "cisa-kev" / "replay.csv")

    assert str(frame["lost_permanently"].dtype) == "Int64"
    assert set(frame["outcome"]) <= {"sound", "wrong", "unproven", "unknown", "not_applicable"}


def test_an_older_report_is_refused_with_what_renews_it(tmp_path: Path) -> None:
    """Schema 1 has other names and zeros where nothing was counted."""
    (tmp_path / "old.csv").write_text("schema_version,suite,questions\n1,matrix,3\n", encoding="utf-8")

    with pytest.raises(
        incload.Refused, match=r"'1' is not 2, .*renew a committed baseline by `incload check --accept`"
    ):
        incload.read_report(tmp_path / "old.csv")


def test_pandas_reads_numbers_as_numbers(baseline: Path) -> None:
    """Without an option, every column of numbers has a type of numbers, and no outcome is dropped as missing."""
    frame = pd.read_csv(baseline)

    assert [name for name in COLUMNS if TYPES[name] != "str" and frame[name].dtype.kind not in "if"] == []
    assert (frame["outcome"].notna().all(), frame["schema_version"].unique().tolist()) == (True, [2])


def test_groupby_gives_the_figures_of_the_report(baseline: Path) -> None:
    """How many trials are wrong, what is read in the median, how much was ever wrong: as the report's own frame."""
    plain, ours = pd.read_csv(baseline), report_frame(baseline)

    for frame_of in (
        lambda frame: (frame["outcome"] == "wrong").groupby(frame["strategy"]).sum(),
        lambda frame: frame[frame["outcome"] == "sound"].groupby("scenario")["rows_read"].median(),
        lambda frame: frame.groupby("strategy")["rows_ever_wrong"].max(),
    ):
        assert frame_of(plain).dropna().to_dict() == frame_of(ours).dropna().to_dict()
