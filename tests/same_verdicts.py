"""Compares verdicts and counters of two reports, of today's schema or the one before; no test, run it by hand.

    python tests/same_verdicts.py --scenarios core --engines sqlite-sqlite      # run cells, against the baseline
    python tests/same_verdicts.py --baseline old.csv --latest new.csv           # two reports that are there

Takes the options of `incload compare` that choose cells. Ends with 1 when anything differs.
"""

from __future__ import annotations

import argparse
import csv
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from incload.commands.compare import add_choice_to, choice
from incload.harness.trials.runner import run_cells

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

IDENTITY = ("suite", "strategy", "write_rule", "scenario", "source_engine", "target_engine")
ERRORS = (
    "lost", "stale", "phantom", "duplicated", "lost_max", "stale_max", "phantom_max", "duplicated_max",
    "syncs", "wrong_syncs", "rows_ever_wrong", "rows_never_healed", "heal_syncs_median", "heal_syncs_max",
)  # fmt: skip
COUNTERS = (
    "rows_waiting", "rows_read", "rows_written", "rows_unchanged", "rows_removed", "queries", "state_bytes",
)  # fmt: skip
COMPARED = (
    "outcome", *ERRORS, *COUNTERS, "predicted", "rows_ever_wrong_predicted", "assumption", "rows", "seed",
    "history_digest",
)  # fmt: skip
"""What must be equal."""

FORMER = {"questions": "queries", "memory_bytes": "state_bytes"}
"""Columns of a report of schema 1 that have another name now."""

Rows = dict[tuple[str, ...], dict[str, str]]


def today(row: Mapping[str, str]) -> dict[str, str]:
    """Return a line with today's names and values; schema 1 wrote a zero where nothing was counted."""
    if row["schema_version"] != "1":
        return dict(row)
    found = {FORMER.get(name, name): cell for name, cell in row.items()}
    if found["outcome"] in {"n/a", "unknown"}:
        found |= dict.fromkeys((*ERRORS, *COUNTERS), "")
    elif found["suite"] in {"throughput", "tutorial"}:
        found |= dict.fromkeys((*ERRORS[4:8], *ERRORS[9:], *COUNTERS), "")
    return {**found, "outcome": "not_applicable" if found["outcome"] == "n/a" else found["outcome"]}


def report(path: Path) -> Rows:
    """Return the lines of a report by trial."""
    with path.open(encoding="utf-8", newline="") as file:
        return {tuple(row[name] for name in IDENTITY): today(row) for row in csv.DictReader(file)}


def observed(options: argparse.Namespace) -> Rows:
    """Run the chosen cells."""
    outcomes = map(asdict, run_cells(choice(options).cells(), 1, lambda _: None, options.workers))
    shown = ({name: "" if value is None else str(value) for name, value in each.items()} for each in outcomes)
    return {tuple(row[name] for name in IDENTITY): row for row in shown}


def differences(known: Rows, found: Rows, both: Iterable[tuple[str, ...]]) -> int:
    """Print what differs in the trials of both; return in how many of them."""
    differing = 0
    for trial in both:
        wrong = {
            name: (known[trial][name], found[trial][name])
            for name in COMPARED
            if known[trial][name] != found[trial][name]
        }
        differing += bool(wrong)
        sys.stdout.write(f"{' '.join(trial)}: {wrong}\n" if wrong else "")
    return differing


def main() -> int:
    """Compare, print what differs, and say how many trials were compared."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add_choice_to(parser.add_argument, scenarios="core")
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--baseline", type=Path, default=Path("reports/baseline.csv"))
    parser.add_argument("--latest", type=Path, help="a report to compare with, instead of running cells")
    options = parser.parse_args()
    known, found = report(options.baseline), report(options.latest) if options.latest else observed(options)
    both = [trial for trial in known if trial in found]
    differing, missing = differences(known, found, both), len(known) - len(both) if options.latest else 0
    sys.stdout.write(f"{len(both)} trials compared, {differing} differ, {missing} of the baseline are missing\n")
    return 1 if differing or missing or not both else 0


if __name__ == "__main__":
    sys.exit(main())
