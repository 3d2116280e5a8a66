"""`incload check`: hold a report against the baseline."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from incload.api.options import user_path

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable

    from incload.report.check.findings import Checked

FORMATS = ("text", "json", "junit", "github", "markdown")
_DESCRIPTION = """\
Compare two reports. Verdicts and counters must be equal, exactly; a strategy, scenario or trial that is missing fails;
new ones are listed. Times are reported, and fail only on gross change. Exit code 0: equal; 1: a regression; 2: bad
input.
"""


def add(parser: argparse.ArgumentParser) -> None:
    """Add the command and its options."""
    parser.description = _DESCRIPTION
    parser.add_argument(
        "baseline", type=user_path, nargs="?", default=Path("reports/baseline.csv"), help="default reports/baseline.csv"
    )
    parser.add_argument(
        "latest", type=user_path, nargs="?", default=Path("reports/latest.csv"), help="default reports/latest.csv"
    )
    parser.add_argument("--format", choices=FORMATS, default="text", help="the form of what is printed (default text)")
    parser.add_argument(
        "--fail-on",
        choices=["loss", "any"],
        default="any",
        help="what fails: any difference (the default), or only wrong rows that were not wrong, and missing trials",
    )
    parser.add_argument(
        "--skip-missing",
        action="store_true",
        help="where the latest report is not there, see only that the baseline can be read",
    )
    parser.add_argument("--accept", action="store_true", help="make the latest report the baseline, deliberately")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Compare, or accept."""
    from incload.report.regression import accept, compare

    if options.accept:
        accept(options.latest, options.baseline)
        said = {"accepted": str(options.latest), "baseline": str(options.baseline)}
        sentence = f"{options.baseline} is now {options.latest}; review the difference before you commit it.\n"
        sys.stdout.write(json.dumps(said) + "\n" if options.format == "json" else sentence)
        return 0
    from incload.report.check.findings import FailOn, judged

    is_skipped = options.skip_missing and not options.latest.exists()
    latest = options.baseline if is_skipped else options.latest
    checked = judged(compare(options.baseline, latest), FailOn(options.fail_on))
    if is_skipped:
        return _skipped(options, checked.exit_code)
    sys.stdout.write(_printed(checked, options))
    return checked.exit_code


def _skipped(options: argparse.Namespace, code: int) -> int:
    """Say that nothing was compared, as there is no latest report."""
    sentence = f"there is no {options.latest} to compare: {options.baseline} can be read, and nothing was compared."
    sys.stderr.write(f"incload: {sentence}\n")
    if options.format == "json":
        sys.stdout.write(json.dumps({"skipped": sentence, "exit_code": code}) + "\n")
    return code


def _printed(checked: Checked, options: argparse.Namespace) -> str:
    """Return the comparison in the form that was asked for."""
    from incload.commands.output.github import annotation
    from incload.report.check import pages

    forms: dict[str, Callable[[], str]] = {
        "text": lambda: pages.text(checked),
        "json": lambda: pages.as_json(checked),
        "junit": lambda: pages.junit(checked),
        "github": lambda: pages.github(checked, annotation),
        "markdown": lambda: pages.markdown(checked, options.latest),
    }
    return forms[options.format]()
