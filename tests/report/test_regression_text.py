"""A comparison in words: the result first, one line for each trial, long texts around their first difference."""

from __future__ import annotations

from incload.report.regression import TIME_RULE, Comparison, Difference, Slowdown, Trial
from incload.report.regression_text import render_comparison

ONE: Trial = ("matrix", "a", "merge", "clean", "sqlite", "duckdb")
TWO: Trial = ("matrix", "b", "", "clean", "sqlite", "duckdb")
THREE: Trial = ("tutorial", "c", "append", "no_change", "sqlite", "duckdb")


def test_the_comparison_is_the_one_that_is_written_down() -> None:
    """Result, differences by trial, what is missing, what is slower, what is new, and the rule for times."""
    comparison = Comparison(
        compared=3,
        differences=(
            Difference(ONE, "outcome", "sound", "wrong"),
            Difference(ONE, "lost", 0, 12),
            Difference(TWO, "heal_syncs_max", 3, None),
        ),
        missing=(THREE, TWO),
        gone=(("suite", "tutorial"),),
        new=(ONE,),
        slowdowns=(Slowdown(ONE, 1.0, 4.0, gross=True), Slowdown(TWO, 0.5, 0.75, gross=False)),
        untimed=1,
    )

    assert render_comparison(comparison).splitlines() == [
        "regression: 3 trials compared, 2 different, 2 missing, 1 much slower, 1 slower, 1 new.",
        "different:",
        "  matrix: a (merge), clean, sqlite -> duckdb: outcome 'sound' -> 'wrong'; lost 0 -> 12",
        "  matrix: b, clean, sqlite -> duckdb: heal_syncs_max 3 -> nothing",
        "missing from the latest report:",
        "  suite tutorial, everywhere",
        "  matrix: b, clean, sqlite -> duckdb",
        "much slower:",
        "  matrix: a (merge), clean, sqlite -> duckdb: 1.00 -> 4.00 times the reference copy",
        "slower, a warning only:",
        "  matrix: b, clean, sqlite -> duckdb: 0.50 -> 0.75 times the reference copy",
        "new, passed:",
        "  matrix: a (merge), clean, sqlite -> duckdb",
        TIME_RULE,
        "1 trial without a time against a reference: not judged by time.",
    ]


def test_an_equal_comparison_is_two_lines() -> None:
    """Nothing to report is said briefly, with the rule for times."""
    assert render_comparison(Comparison(1, (), (), (), (), (), 0)) == (
        "equal: 1 trial compared, none different.\n"
        "Times are judged as multiples of the reference copy: a warning above 1.25 times the baseline, a failure only "
        "above 3 times the baseline and more than 0.5 reference copies beyond it, where "
        "both were timed in more than one round."
    )


def test_a_long_text_is_shown_where_it_differs() -> None:
    """Of two long stories only the part around the first difference is shown."""
    difference = Difference(ONE, "witness", "x" * 200 + "one" + "y" * 200, "x" * 200 + "two" + "y" * 200)
    line = render_comparison(Comparison(1, (difference,), (), (), (), (), 0)).splitlines()[2]

    assert line.endswith(f"witness …'{'x' * 20}one{'y' * 57}'… -> …'{'x' * 20}two{'y' * 57}'…")


def test_a_text_of_several_lines_stays_on_one() -> None:
    """A line feed in a value does not break the line of its trial."""
    difference = Difference(ONE, "witness", "one\ntwo", "")
    lines = render_comparison(Comparison(1, (difference,), (), (), (), (), 0)).splitlines()

    assert lines[2] == r"  matrix: a (merge), clean, sqlite -> duckdb: witness 'one\ntwo' -> ''"
