"""Canonical texts as a reader knows the values, and where they stand in the order of a cursor."""

from __future__ import annotations

import pytest

from incload.auditing.values import position, shown
from incload.auditing.wrong_rows import shown_key


@pytest.mark.parametrize(
    ("text", "value", "place"),
    [
        ("n;", None, None),
        ("i-5;", -5, -5),
        ("r4609434218613702656;", 1.5, 1.5),
        ("r9218868437227405312;", "inf", "inf"),
        ("rnan;", "NaN", "NaN"),
        ("t5:Café;", "Café", "Café"),
        ("t3:a:b;", "a:b", "a:b"),
        ("m1772366400000001;", "2026-03-01T12:00:00.000001", 1_772_366_400_000_001),
        ("minfinity;", "infinity", None),
        ("m-infinity;", "-infinity", None),
        ("d10.5;", "10.5", "10.5"),
        ("b00FF;", "00FF", "00FF"),
    ],
)
def test_every_letter_is_read(text: str, value: object, place: object) -> None:
    """A whole number is one, a time is ISO text with all its digits, bytes are hexadecimal."""
    assert (shown(text), position(text)) == (value, place)


def test_a_time_is_shown_in_its_unit() -> None:
    """Nanoseconds have nine digits."""
    assert shown("m1;", 1_000_000_000) == "1970-01-01T00:00:00.000000001"


def test_a_key_is_shown_as_its_values() -> None:
    """One value after the other, with commas between."""
    assert shown_key(("i1;", "t1:a;")) == "1, a"
