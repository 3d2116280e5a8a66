"""A cell of the matrix: the words, the sign, the number and the class of its colour."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from incload.report.verdict import NOT_RUN, verdict

if TYPE_CHECKING:
    from conftest import Make

CASES = {
    "sound": ({}, "sound", "✓", 0, "none"),
    "one_kind": ({"outcome": "wrong", "lost": 9, "lost_max": 12}, "9 lost", "✗", 9, "1-9"),
    "two_kinds": ({"outcome": "wrong", "lost": 12, "stale": 3}, "12 lost, 3 stale", "✗", 15, "10-99"),
    "all_kinds": (
        {"outcome": "wrong", "lost": 1, "stale": 2, "phantom": 3, "duplicated": 1_094},
        "1 lost, 2 stale, 3 phantom, 1,094 duplicated",
        "✗",
        1_100,
        "100+",
    ),
    "healed": ({"outcome": "wrong", "lost_max": 12}, "12 lost (healed)", "↺", 12, "10-99"),
    "gone": ({"outcome": "wrong", "stale_max": 2, "rows_never_healed": 1}, "2 stale (gone)", "✗", 2, "1-9"),
    "wrong_without_counts": ({"outcome": "wrong"}, "wrong", "✗", None, "absent"),
    "unknown": ({"outcome": "unknown", "reason": "Refused: no."}, "unknown: Refused: no.", "?", None, "unknown"),
    "not_applicable": ({"outcome": "not_applicable", "reason": "no horizon"}, "n/a", "n/a", None, "absent"),
}


@pytest.mark.parametrize(("changes", "said"), [(case[0], case[1:]) for case in CASES.values()], ids=CASES)
def test_a_cell_says_what_happened(
    changes: dict[str, object], said: tuple[str, str, int | None, str], make: Make
) -> None:
    """Each kind of outcome has its words, its sign, its number and its class."""
    cell = verdict(make(**changes))

    assert (cell.text, cell.sign, cell.number, cell.shade) == said


def test_a_trial_that_was_not_run_says_so() -> None:
    """A missing trial is neither blank nor a pass."""
    assert (NOT_RUN.text, NOT_RUN.number, NOT_RUN.shade) == ("not run", None, "absent")


def test_a_long_reason_is_cut_in_a_cell(make: Make) -> None:
    """A cell shows the beginning of a reason of several lines, on one line."""
    cell = verdict(make(outcome="unknown", reason="one\n" + "x" * 100))

    assert cell.text == "unknown: one " + "x" * 35 + "…"
