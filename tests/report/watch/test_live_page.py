"""The page that a watch shows on a terminal: what it says, and that it fits."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import pytest

from incload.report.watch.live_page import live_page
from incload.watching.seen import Seen

NOON = 1_772_366_400_000_000


def looks() -> list[dict[str, Any]]:
    """Return eight looks, of which the fourth failed, and the copy was not audited at the fifth."""
    lags = {"50": 2.0, "90": 5.0, "99": 40.0, "100": 41.5}
    seen = [
        Seen(
            number,
            NOON + number * 30_000_000,
            rows=1_234 + number,
            appeared=5,
            changed=3,
            vanished=2,
            untouched=1,
            late=12,
            lag_seconds=lags,
            wrong=wrong,
            wrong_causes={"late": wrong} if wrong else {},
            wrong_longest_seconds=30.0 * wrong,
        )
        for number, wrong in enumerate((0, 1, 7, 0, 0, 4, 14, 3))
    ]
    seen[3] = Seen(3, NOON, failure="no connection\nto the server")
    seen[4].wrong, seen[4].copy_failure = None, "the copy is locked"
    for each in seen[3:]:
        each.failures = 1
    return [asdict(each) for each in seen]


def test_what_a_page_of_eighty_columns_says() -> None:
    """The last look, the lags as bars, and a character for the wrong rows at each look."""
    assert live_page("Watching shop.db", looks(), 80).splitlines() == [
        "Watching shop.db: look 7 at 2026-03-01 12:03:30 UTC",
        "1,241 rows: 5 new, 3 changed (1 untouched), 2 gone since the look before",
        "",
        "Late so far: 12 changes. Late changes and ties lay behind the look before by",
        "     50 %       2.000 s  ###",
        "     90 %       5.000 s  #######",
        "     99 %      40.000 s  #####################################################",
        "      all      41.500 s  #######################################################",
        "",
        "Wrong rows of the copy: 3 now, the longest for 90 s; 14 at most",
        "| _=??.#.|",
        "Now: late 3",
        "1 look failed.",
    ]


@pytest.mark.parametrize("width", [80, 120])
def test_a_page_fits_its_width(width: int) -> None:
    """Bars take what there is, many looks share a character, and a long sentence goes on below."""
    many = looks() * 50
    many[-1]["copy_failure"] = "the copy cannot be read because " + "of this " * 30
    lines = live_page("Watching " + "x" * 160 + ".db", many, width).splitlines()

    assert max(map(len, lines)) == width
    assert len(next(line for line in lines if line.strip().startswith("all"))) == width
    assert sum("of this of this" in line for line in lines) > 1
    assert "".join(lines).isascii()


def test_a_first_look_that_failed() -> None:
    """Nothing is known but why."""
    failed = asdict(Seen(0, 0, failure="no connection\nto the server", failures=1))

    assert live_page("Watching shop.db", [failed], 80).splitlines() == [
        "Watching shop.db: look 0 at 1970-01-01 00:00:00 UTC",
        "1 look failed.",
        "The last look failed, and the next will connect again: no connection to the",
        "server",
    ]


def test_no_change_was_late() -> None:
    """That is a sentence, and without a copy nothing is said of one."""
    seen = asdict(Seen(1, NOON, rows=1))

    assert live_page("Watching shop.db", [seen], 80).splitlines() == [
        "Watching shop.db: look 1 at 2026-03-01 12:00:00 UTC",
        "1 row: 0 new, 0 changed (0 untouched), 0 gone since the look before",
        "",
        "No change was late so far.",
    ]
