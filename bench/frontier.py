"""Writes the record behind `reports/frontier.svg`, and draws that: rows read against rows ever wrong, of every loader.

    incload compare --strategies all --contender wild --scenarios all,loaders --engines sqlite-sqlite --rows 100
    python bench/frontier.py reports/latest-filtered.csv

With `--strategies a,b` a comparison renews a part: name the record first, and then what is newer.
The record is what the comparison wrote without stories and times, which the picture does not show. The picture alone
is drawn again by `incload report reports/frontier.csv reports/peers.csv --frontier reports/frontier.svg`.
"""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from incload.report.answers.loss_and_cost import draw_frontier
from incload.report.outcome_csv import read_outcomes, write_outcomes

if TYPE_CHECKING:
    from collections.abc import Sequence

    from incload.report.outcome import Outcome

REPORTS = Path(__file__).parents[1] / "reports"
RECORD, PICTURE = REPORTS / "frontier.csv", REPORTS / "frontier.svg"
OTHERS = REPORTS / "peers.csv"


def without_texts(outcome: Outcome) -> Outcome:
    """Return a record without its long texts, and without its times."""
    return replace(
        outcome, witness="", meaning="", breaks="", load_seconds_min=None, load_seconds_median=None, rounds=None,
        table_rows_per_second=None, times_reference=None, start_up_seconds=None, peak_memory_bytes=None,
    )  # fmt: skip


def latest(files: Sequence[str]) -> list[Outcome]:
    """Return the trials of some files; where several have one, that of the last."""
    found = [each for file in files for each in read_outcomes(file)]
    return list({(each.scenario, each.strategy): each for each in found}.values())


if __name__ == "__main__":
    write_outcomes([without_texts(each) for each in latest(sys.argv[1:])], RECORD)
    draw_frontier([RECORD, OTHERS], PICTURE)
