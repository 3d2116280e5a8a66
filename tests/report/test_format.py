"""Figures in words: what was not measured is a dash, and no digit is shown that says nothing."""

from __future__ import annotations

import math

import pandas as pd
import pytest

from incload.report.format import listed, plural, ratio, rounded, sentence, shortened, whole


@pytest.mark.parametrize("value", [None, math.nan, pd.NA])
def test_what_is_missing_is_a_dash(value: object) -> None:
    """Nothing that was not measured is ever shown as a number."""
    assert [whole(value), rounded(value), ratio(value)] == ["–", "–", "–"]  # noqa: RUF001 - the dash that is shown


@pytest.mark.parametrize(("value", "shown"), [(0, "0"), (12, "12"), (1_234_567, "1,234,567"), (1234.5, "1,234.5")])
def test_counts_keep_every_digit(value: float, shown: str) -> None:
    """A count is exact, its thousands apart, and the half of a median is kept."""
    assert whole(value) == shown


@pytest.mark.parametrize(
    ("value", "shown"),
    [(0, "0"), (0.0123456, "0.0123"), (0.5, "0.500"), (9.996, "10.00"), (123.4, "123"), (1_234_567.8, "1,230,000")],
)
def test_measured_figures_have_three_digits(value: float, shown: str) -> None:
    """A measured figure is rounded to three significant digits, on either side of the point."""
    assert rounded(value) == shown


@pytest.mark.parametrize(
    ("value", "shown"), [(1, "1.00"), (0.1, "0.10"), (0.0163, "0.0163"), (9.99, "9.99"), (25.04, "25.0"), (0, "0")]
)
def test_a_small_multiple_is_no_zero(value: float, shown: str) -> None:
    """A multiple has two decimals while these say something, and more when they would not."""
    assert ratio(value) == shown


@pytest.mark.parametrize(
    ("names", "said"), [([], "none"), (["a"], "a"), (["a", "b"], "a and b"), (["a", "b", "c"], "a, b and c")]
)
def test_names_are_listed_as_one_says_them(names: list[str], said: str) -> None:
    """Names are joined by commas and one "and"."""
    assert listed(names) == said


def test_one_is_no_plural() -> None:
    """A noun is in the plural unless there is exactly one."""
    assert [plural(0, "trial"), plural(1, "trial"), plural(2_000, "trial")] == ["0 trials", "1 trial", "2,000 trials"]
    assert plural(2, "strategy", "strategies") == "2 strategies"


def test_a_sentence_ends_once() -> None:
    """A full stop is added where none of the signs that end a sentence stands."""
    assert [sentence("a"), sentence("a. "), sentence("a?"), sentence("")] == ["a.", "a.", "a?", ""]


def test_a_long_text_is_cut_on_one_line() -> None:
    """A shortened text has no line feed and never more characters than asked for."""
    assert shortened("one\ntwo  three", 20) == "one two three"
    assert shortened("one two three", 8) == "one two…"
