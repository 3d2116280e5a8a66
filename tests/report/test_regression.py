"""Baseline against latest: every planted difference is found, by trial and both values; times only advise."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from incload.errors import Refused
from incload.report.check.findings import judged
from incload.report.check.pages import text as page_of
from incload.report.outcome_csv import COLUMNS, TYPES, read_outcomes, write_outcomes
from incload.report.regression import MEASURED, Comparison, Difference, Slowdown, accept, compare, slowdown

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from conftest import Make

    from incload.report.outcome import Outcome

    Compared = Callable[..., Comparison]

IDENTITY = ("suite", "strategy", "write_rule", "scenario", "source_engine", "target_engine")
EXACT = [column for column in COLUMNS if column not in MEASURED and column not in (*IDENTITY, "schema_version")]
CHANGED: dict[str, object] = {"str": "changed", "int": 7_777, "int | None": 7_777, "float | None": 7_777.5}
SPECIAL: dict[str, object] = {"outcome": "wrong", "predicted": "wrong"}
MATRIX = ("matrix", "timestamp_watermark", "merge", "clean", "sqlite", "duckdb")


@pytest.fixture
def compared(tmp_path: Path) -> Compared:
    """Return the comparison of two lists of outcomes, by way of their files."""

    def run(baseline: Iterable[Outcome], latest: Iterable[Outcome], suites: Iterable[str] | None = None) -> Comparison:
        write_outcomes(baseline, tmp_path / "baseline.csv")
        write_outcomes(latest, tmp_path / "latest.csv")
        return compare(tmp_path / "baseline.csv", tmp_path / "latest.csv", suites)

    return run


def test_equal_reports_are_equal(tiny: tuple[Outcome, ...], compared: Compared) -> None:
    """A report is equal to itself, in whatever order its lines stand."""
    comparison = compared(tiny, tiny[::-1])

    assert comparison == Comparison(11, (), (), (), (), (), 0)
    assert comparison.exit_code == 0


@pytest.mark.parametrize("column", EXACT)
def test_each_changed_column_fails(column: str, make: Make, compared: Compared) -> None:
    """One changed value in any column that is not measured is a regression that names trial, column and both values."""
    value = SPECIAL.get(column, CHANGED[TYPES[column]])
    before = make()
    comparison = compared([before], [replace(before, **{column: value})])

    assert comparison.differences == (Difference(MATRIX, column, getattr(before, column), value),)
    assert comparison.exit_code == 1
    text = page_of(judged(comparison))
    assert "matrix: timestamp_watermark (merge), clean, sqlite -> duckdb: " in text
    assert all(
        str(each) in text for each in (column, value) + ((getattr(before, column),) if getattr(before, column) else ())
    )


@pytest.mark.parametrize("column", EXACT)
def test_each_emptied_column_fails(column: str, make: Make, compared: Compared) -> None:
    """A difference counts in the other direction as well."""
    after = make()
    before = replace(after, **{column: SPECIAL.get(column, CHANGED[TYPES[column]])})

    assert compared([before], [after]).exit_code == 1


@pytest.mark.parametrize("column", [*sorted(MEASURED - {"run"}), "environment", "command"])
def test_what_is_measured_does_not_fail(column: str, make: Make, compared: Compared) -> None:
    """Seconds, rounds, environment and command differ from run to run."""
    comparison = compared([make()], [make(**{column: CHANGED[TYPES[column]]})])

    assert (comparison.differences, comparison.exit_code) == ((), 0)


def test_every_column_is_of_one_kind() -> None:
    """A column is exact, measured, or part of a trial's identity; none is forgotten."""
    assert sorted([*EXACT, *MEASURED, *IDENTITY, "schema_version"]) == sorted(COLUMNS)


@pytest.mark.parametrize("column", IDENTITY)
def test_another_identity_is_missing_and_new(column: str, make: Make, compared: Compared) -> None:
    """A trial under another name is not the same trial: the old one is missing, which fails, and the new one listed."""
    comparison = compared(
        [make(), make(seed=1, scenario="kept")], [make(**{column: "other"}), make(seed=1, scenario="kept")]
    )

    assert comparison.missing == (MATRIX,)
    assert comparison.new == (make(**{column: "other"}).trial,)
    assert comparison.exit_code == 1


def test_a_missing_trial_fails(make: Make, compared: Compared) -> None:
    """A trial that the latest report lacks is named, though strategy and scenario are still there."""
    kept = [make(scenario="late_rows"), make(strategy="full_refresh")]
    comparison = compared([make(), *kept], kept)

    assert (comparison.missing, comparison.gone, comparison.exit_code) == ((MATRIX,), (), 1)
    assert "\n  missing: matrix: timestamp_watermark (merge), clean, sqlite -> duckdb: stands in" in page_of(
        judged(comparison)
    )


@pytest.mark.parametrize(
    ("changes", "gone"),
    [
        ({"strategy": "full_refresh"}, ("strategy", "full_refresh")),
        ({"scenario": "late_rows"}, ("scenario", "late_rows")),
        ({"suite": "throughput"}, ("suite", "throughput")),
    ],
)
def test_what_is_gone_altogether_fails(
    changes: dict[str, object], gone: tuple[str, str], make: Make, compared: Compared
) -> None:
    """A strategy, a scenario or a suite without any trial left is named as such."""
    comparison = compared([make(), make(**changes)], [make()])

    assert (comparison.gone, comparison.exit_code) == ((gone,), 1)
    assert comparison.missing == (make(**changes).trial,)
    assert f"\n  missing: {gone[0]} {gone[1]}: everywhere in the latest report\n" in page_of(judged(comparison))


def test_a_new_trial_passes_and_is_listed(make: Make, compared: Compared) -> None:
    """What only the latest report has is no regression."""
    comparison = compared([make()], [make(), make(strategy="another")])

    assert comparison.new == (("matrix", "another", "merge", "clean", "sqlite", "duckdb"),)
    assert comparison.exit_code == 0
    assert "\nnew, passed: 1 trial.\n" in page_of(judged(comparison))


def test_chosen_suites_are_compared_alone(make: Make, compared: Compared) -> None:
    """With suites named, the others may differ, be missing or be new."""
    baseline = [make(), make(suite="throughput"), make(suite="tutorial")]
    latest = [make(), make(suite="throughput", lost=1), make(suite="replay")]

    assert compared(baseline, latest, ["matrix"]) == Comparison(1, (), (), (), (), (), 1)
    assert compared(baseline, latest).exit_code == 1


def test_a_chosen_suite_may_not_be_missing(make: Make, compared: Compared) -> None:
    """A suite that was asked for fails when the latest report lacks it, and is refused when the baseline does."""
    assert compared([make(), make(suite="tutorial")], [make()], ["tutorial"]).gone[0] == ("suite", "tutorial")
    with pytest.raises(Refused, match=r"^unknown suite in .*baseline\.csv 'matrx': did you mean matrix\?$"):
        compared([make()], [make()], ["matrx"])
    with pytest.raises(Refused, match=r"^no suite was named: name one, or leave the choice of suites out\.$"):
        compared([make()], [make()], [])


def test_a_trial_that_stands_twice_is_refused(make: Make, compared: Compared) -> None:
    """A report in which a trial cannot be distinguished from another is bad input."""
    with pytest.raises(Refused, match=r"latest\.csv holds the trial matrix: .* twice: remove one of its lines\.$"):
        compared([make()], [make(), make(lost=1)])


def test_an_empty_baseline_is_refused(make: Make, compared: Compared) -> None:
    """Nothing is never equal to something: a baseline without trials would pass everything."""
    with pytest.raises(Refused, match=r"baseline\.csv holds no trials"):
        compared([], [make()])


@pytest.mark.parametrize(
    ("before", "after", "gross"),
    [
        (1.0, 1.25, None),
        (1.0, 1.26, False),
        (1.0, 3.0, False),
        (1.0, 3.01, True),
        (0.1, 0.6, False),
        (0.1, 0.61, True),
        (0.01, 0.4, False),
        (2.0, 0.5, None),
        (0.0, 0.0, None),
        (0.0, 0.6, True),
        (None, 9.0, None),
        (1.0, None, None),
    ],
)
def test_the_rule_for_times(before: float | None, after: float | None, gross: bool | None, make: Make) -> None:  # noqa: FBT001
    """A warning above a quarter more; a failure only above three times and half a reference copy more."""
    found = slowdown(make(times_reference=before, rounds=2), make(times_reference=after, rounds=2))
    expected = None if gross is None else Slowdown(MATRIX, before or 0.0, after or 0.0, gross)

    assert found == expected


@pytest.mark.parametrize("rounds", [(1, 2), (2, 1)])
def test_a_single_round_never_fails(rounds: tuple[int, int], make: Make) -> None:
    """What was timed once is reported, and no more."""
    found = slowdown(make(times_reference=1.0, rounds=rounds[0]), make(times_reference=9.0, rounds=rounds[1]))

    assert found == Slowdown(MATRIX, 1.0, 9.0, gross=False)


def test_a_gross_slowdown_fails_by_name(make: Make, compared: Compared) -> None:
    """Ten times slower is a regression, reported with both times."""
    comparison = compared([make(times_reference=1.0, rounds=2)], [make(times_reference=10.0, rounds=2)])

    assert comparison.exit_code == 1
    text = page_of(judged(comparison))
    assert "  much slower: matrix: timestamp_watermark (merge), clean, sqlite -> duckdb: 1.00 -> 10.0 times" in text


def test_a_slowdown_warns_only(make: Make, compared: Compared) -> None:
    """Twice as slow is reported and passes."""
    comparison = compared([make(times_reference=1.0)], [make(times_reference=2.0)])

    assert comparison.exit_code == 0
    assert "slower, a warning only: 1 trial, most matrix: timestamp_watermark" in page_of(judged(comparison))


def test_trials_without_a_reference_are_counted(make: Make, compared: Compared) -> None:
    """A time that cannot be judged is said not to be."""
    comparison = compared([make(times_reference=1.0), make(scenario="b")], [make(), make(scenario="b")])

    assert (comparison.untimed, comparison.exit_code) == (2, 0)
    assert "without a time against a reference, not judged by time: 2 trials.\n" in page_of(judged(comparison))


def test_the_accepted_baseline_is_sorted_by_trial(tiny: tuple[Outcome, ...], tmp_path: Path) -> None:
    """Accepting writes the same outcomes, times and environment included, in the order of their trials."""
    write_outcomes(tiny, tmp_path / "latest.csv")
    count = accept(tmp_path / "latest.csv", tmp_path / "baseline.csv")

    assert count == 11
    assert read_outcomes(tmp_path / "baseline.csv") == tuple(sorted(tiny, key=lambda outcome: outcome.trial))
    assert compare(tmp_path / "baseline.csv", tmp_path / "latest.csv").exit_code == 0


def test_accepting_some_suites_keeps_the_others(make: Make, tmp_path: Path) -> None:
    """Only the suites that are named are replaced, and what they no longer hold goes."""
    write_outcomes([make(), make(scenario="old"), make(suite="tutorial")], tmp_path / "baseline.csv")
    write_outcomes([make(lost=3, outcome="wrong"), make(suite="tutorial", seed=9)], tmp_path / "latest.csv")
    accept(tmp_path / "latest.csv", tmp_path / "baseline.csv", ["matrix"])

    assert read_outcomes(tmp_path / "baseline.csv") == (make(lost=3, outcome="wrong"), make(suite="tutorial"))


def test_a_bad_report_is_not_accepted(make: Make, tmp_path: Path) -> None:
    """A report that is refused leaves the baseline as it was."""
    write_outcomes([make()], tmp_path / "baseline.csv")
    write_outcomes([make(lost=1), make(lost=2)], tmp_path / "latest.csv")
    with pytest.raises(Refused):
        accept(tmp_path / "latest.csv", tmp_path / "baseline.csv")

    assert read_outcomes(tmp_path / "baseline.csv") == (make(),)
