"""What a replay says of times that it cannot have read rightly."""

from __future__ import annotations

import pytest

from incload.history.recorded.evidence import counter
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
