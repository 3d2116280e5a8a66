"""The report as a pandas frame: the fields of the records and, beside them, what every table groups by.

Derived columns: `pair` (source engine → target engine), `contender` (the strategy, with its write rule where a suite
has it under several), `verdict` (a `Verdict`), `cell` (its text), `timed` (whether the suite measures cost) and
`reference` (whether the row is a reference copy). The order of rows is that of the file.
"""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING

from incload.errors import Refused
from incload.report.outcome import Outcome
from incload.report.outcome_csv import COLUMNS, TYPES, read_outcomes
from incload.report.verdict import verdict

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pandas as pd

REFERENCE = "reference_copy"
"""The strategy of a plain copy, against which times are given."""

TIMED_SUITES = ("throughput", "tutorial", "memory", "start_up", "dataset", "peers", "growth", "floor")
"""The suites that measure cost; all others observe verdicts."""

FIELDS = tuple(field.name for field in fields(Outcome))
"""The fields of a record, each a column."""

_DTYPES = {"int": "int64", "int | None": "Int64", "float | None": "float64", "str": "object"}


def report_frame(report: Path | str | pd.DataFrame) -> pd.DataFrame:
    """Return the frame of a report, given its CSV or the CSV's columns as a frame.

    Raises `Refused` for a file that is no report, a frame that lacks a column, and a trial that stands in it twice.
    """
    outcomes = read_outcomes(report) if isinstance(report, Path | str) else _outcomes(report)
    return frame_of(outcomes)


def frame_of(outcomes: Iterable[Outcome]) -> pd.DataFrame:
    """Return the frame of outcomes; refuse a trial that stands in it twice."""
    import pandas as pd

    kept = tuple(outcomes)
    check_unique(kept)
    frame = pd.DataFrame(
        {
            column: pd.Series([getattr(outcome, column) for outcome in kept], dtype=_DTYPES[TYPES[column]])
            for column in FIELDS
        }
    )
    verdicts = [verdict(outcome) for outcome in kept]
    frame["verdict"] = pd.Series(verdicts, dtype="object")
    frame["cell"] = pd.Series([each.text for each in verdicts], dtype="object")
    frame["pair"] = frame["source_engine"] + " → " + frame["target_engine"]
    frame["timed"] = frame["suite"].isin(TIMED_SUITES)
    frame["reference"] = frame["strategy"] == REFERENCE
    frame["contender"] = _contenders(frame)
    return frame


def check_unique(outcomes: Iterable[Outcome], where: str = "the report") -> None:
    """Refuse outcomes of which two have the same trial."""
    seen = set()
    for outcome in outcomes:
        if outcome.trial in seen:
            raise Refused(f"{where} holds the trial {trial_name(outcome.trial)} twice: remove one of its lines.")
        seen.add(outcome.trial)


def trial_name(trial: tuple[str, str, str, str, str, str]) -> str:
    """Return the identity of a trial as it is written for a reader."""
    suite, strategy, write_rule, scenario, source, target = trial
    rule = f" ({write_rule})" if write_rule else ""
    return f"{suite}: {strategy}{rule}, {scenario}, {source} -> {target}"


def in_order(texts: Iterable[object]) -> list[str]:
    """Return the distinct texts of a column or of other values, in the order of their first appearance."""
    return list(dict.fromkeys(map(str, texts)))


def _contenders(frame: pd.DataFrame) -> pd.Series:
    rules = frame.groupby(["suite", "strategy"])["write_rule"].transform("nunique")
    names = frame["strategy"].where(~frame["reference"], "reference copy")
    return names.where((rules == 1) | (frame["write_rule"] == ""), names + " (" + frame["write_rule"] + ")")


def _outcomes(frame: pd.DataFrame) -> tuple[Outcome, ...]:
    """Return the outcomes in a frame with the columns of the CSV; nothing is known of their runs."""
    for column in COLUMNS:
        if column not in frame.columns:
            raise Refused(f"the frame has no column {column}: give it the columns of a report's CSV.")
    known = [column for column in FIELDS if column in frame.columns]
    columns = [_values(column, frame[column]) for column in known]
    return tuple(Outcome(**dict(zip(known, row, strict=True))) for row in zip(*columns, strict=True))


def _values(column: str, series: pd.Series) -> list[object]:
    """Return the values of a column with the type that its field has; what pandas calls missing is None, or empty."""
    kind = {"int": int, "int | None": int, "float | None": float, "str": str}[TYPES[column]]
    absent = "" if kind is str else None
    try:
        return [absent if gone else kind(value) for value, gone in zip(series, series.isna(), strict=True)]
    except ValueError as error:
        raise Refused(f"column {column} of the frame holds a value that is no {kind.__name__} ({error}).") from None
