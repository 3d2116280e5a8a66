"""`incload check`: hold a report against the baseline."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import argparse


_DESCRIPTION = """\
Compare two reports. Verdicts and counters must be equal, exactly; a strategy, scenario or trial that is missing fails;
new ones are listed. Times are reported, and fail only on gross change. Exit code 0: equal; 1: a regression; 2: bad
input.
"""


def add(parser: argparse.ArgumentParser) -> None:
    """Add the command and its options."""
    parser.description = _DESCRIPTION
    parser.add_argument(
        "baseline", type=Path, nargs="?", default=Path("reports/baseline.csv"), help="default reports/baseline.csv"
    )
    parser.add_argument(
        "latest", type=Path, nargs="?", default=Path("reports/latest.csv"), help="default reports/latest.csv"
    )
    parser.add_argument("--accept", action="store_true", help="make the latest report the baseline, deliberately")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Compare, or accept."""
    from incload.report.regression import accept, compare
    from incload.report.regression_text import render_comparison

    if options.accept:
        accept(options.latest, options.baseline)
        sys.stdout.write(f"{options.baseline} is now {options.latest}; review the difference before you commit it.\n")
        return 0
    comparison = compare(options.baseline, options.latest)
    sys.stdout.write(f"{render_comparison(comparison)}\n")
    return comparison.exit_code
