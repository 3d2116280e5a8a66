"""Runs cells of the matrix and holds every verdict and counter against a committed report; no test, run it by hand.

    python tests/same_verdicts.py --scenarios core --engines sqlite-sqlite

Takes the options of `incload compare` that choose cells, and `--baseline CSV`. Ends with 1 when anything differs.
"""

from __future__ import annotations

import argparse
import csv
import sys
from dataclasses import asdict
from pathlib import Path

from incload.commands.compare import add_choice_to, choice
from incload.harness.trials.runner import run_cells

IDENTITY = ("suite", "strategy", "write_rule", "scenario", "source_engine", "target_engine")
COUNTED = (
    "outcome", "lost", "stale", "phantom", "duplicated", "lost_max", "stale_max", "phantom_max", "duplicated_max",
    "syncs", "wrong_syncs", "rows_ever_wrong", "rows_never_healed", "heal_syncs_median", "heal_syncs_max",
    "rows_waiting", "rows_read", "rows_written", "rows_unchanged", "rows_removed", "queries", "state_bytes",
    "predicted", "rows_ever_wrong_predicted", "assumption", "rows", "seed", "history_digest",
)  # fmt: skip
"""What must be equal."""

FORMER = {"queries": "questions", "state_bytes": "memory_bytes"}
"""What a report of before calls some of these."""


def shown(value: object) -> str:
    """Return a value as the report's CSV shows it."""
    return "" if value is None else str(value)


def main() -> int:
    """Run the chosen cells, print what differs, and say how many were compared."""
    parser = argparse.ArgumentParser(description=__doc__)
    add_choice_to(parser.add_argument, scenarios="core")
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--baseline", type=Path, default=Path("reports/baseline.csv"))
    options = parser.parse_args()
    with options.baseline.open(encoding="utf-8", newline="") as file:
        known = {tuple(row[name] for name in IDENTITY): row for row in csv.DictReader(file)}
    compared, differing = 0, 0
    for outcome in run_cells(choice(options).cells(), 1, lambda _: None, options.workers):
        found = asdict(outcome)
        before = known.get(tuple(found[name] for name in IDENTITY))
        if before is None:
            continue
        compared += 1
        expected = {name: before.get(name, before.get(FORMER.get(name, name))) for name in COUNTED}
        wrong = {name: (expected[name], shown(found[name])) for name in COUNTED if expected[name] != shown(found[name])}
        if wrong:
            differing += 1
            sys.stdout.write(f"{' '.join(outcome.trial)}: {wrong}\n")
    sys.stdout.write(f"{compared} cells compared, {differing} differ\n")
    return 1 if differing or not compared else 0


if __name__ == "__main__":
    sys.exit(main())
