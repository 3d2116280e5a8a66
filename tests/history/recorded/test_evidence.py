"""What a replay says of times that it cannot have read rightly."""

from __future__ import annotations

import pytest

from incload.history.lag_profile import Profiler
from incload.history.recorded.evidence import counter, doubtful_times
from incload.history.recorded.read_log import ReadLog

MARCH_1973 = 100_000_000_000_000


@pytest.mark.parametrize(
    ("latest", "unit", "said"),
    [
        (MARCH_1973 - 1, "s", True),
        (MARCH_1973, "s", False),
        (None, "s", False),
        (MARCH_1973 - 1, "", False),
    ],
)
def test_small_numbers_may_be_a_counter(latest: int | None, unit: str, said: bool) -> None:  # noqa: FBT001 - a column of the table
    """Numbers of a unit before March 1973 are doubted; later ones, none at all and written dates are not."""
    sentence = counter(ReadLog(latest_cursor=latest, cursor_unit=unit), "at")

    assert sentence.startswith("the numbers of at are too small for times") is said
    assert bool(sentence) is said


@pytest.mark.parametrize(
    ("unit", "said"),
    [
        ("s", "seconds"), ("ms", "milliseconds"), ("us", "microseconds"), ("ns", "nanoseconds"),
        ("calendar", "dates written as digits"),
    ],
)  # fmt: skip
def test_numbers_of_another_size_are_said_in_their_unit(unit: str, said: str) -> None:
    """As what they were read, which is what the others look like."""
    account = ReadLog(cursors_read=1_005, odd_magnitudes=1_000, cursor_unit=unit, latest_cursor=2 * MARCH_1973)

    assert doubtful_times(account, Profiler(()).lateness(), "at") == (
        f"1,000 numbers of at were read as {said}, like the others, and do not look like it"
    )
