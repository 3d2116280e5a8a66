"""`incload explain`: one cell of the matrix, explained step by step."""

from __future__ import annotations

import sys
from dataclasses import asdict
from typing import TYPE_CHECKING

from incload.commands.compare import add_contenders_to, split
from incload.commands.output.plain import add_format_to, json_text
from incload.errors import Refused

if TYPE_CHECKING:
    import argparse

    from incload.harness.catalogue.false_alarms import FalseAlarms
    from incload.harness.trials.explanation import Explanation


_DESCRIPTION = """\
Run one strategy in one scenario, audit after every sync, and print the story of the first wrong row: what happened to
it, what the load remembered, which query missed it, when it was right again. Then: which assumption failed, and which
strategies do without it. A loader of yours, named by --contender, declares nothing: its story comes from the history,
and what it needs from its verdicts in further scenarios. The id of a cause alone, such as C17, prints its entry of the
catalogue. Exit code 1 when the outcome is not what was predicted.
"""


def add(parser: argparse.ArgumentParser) -> None:
    """Add the command and its options."""
    parser.description = _DESCRIPTION
    parser.add_argument(
        "strategy",
        help="a name such as lookback_window, or lookback_window:minutes=3, or that of a --contender; "
        "or the id of a cause of the catalogue, such as C17, alone",
    )
    parser.add_argument("scenario", nargs="?", default="", help="an id such as late_arrivals")
    parser.add_argument("--engines", default="sqlite-sqlite", help="a pair (default sqlite-sqlite)")
    parser.add_argument("--rows", type=int, default=1_000, help="rows of the history's base (default 1000)")
    parser.add_argument("--seed", type=int, default=1, help="what the history is drawn from (default 1)")
    add_contenders_to(parser)
    parser.add_argument(
        "--evidence", default="core", help="for a --contender: the scenarios that show what it needs (default core)"
    )
    add_format_to(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Run the cell and print it, or print a cause of the catalogue."""
    from incload.report.catalogue.causes import is_cause

    if is_cause(options.strategy) and not options.scenario:
        return _cause(options)
    if not options.scenario:
        raise Refused(f"{options.strategy} is to be explained in which scenario? `incload list` names them.")
    explained = _explained(options)
    sys.stdout.write(json_text(explained.to_dict()) if options.format == "json" else explained.text)
    return 0 if explained.as_predicted else 1


def _cause(options: argparse.Namespace) -> int:
    """Print one cause of the catalogue."""
    from incload.contenders.wild import loaders
    from incload.report.catalogue.causes import FALSE_ALARMS, cause
    from incload.report.catalogue.page import explained

    found = cause(options.strategy)
    names = tuple(each.id for each in loaders())
    seen = _false_alarms() if found.shows == FALSE_ALARMS else None
    if options.format == "json":
        sys.stdout.write(json_text(asdict(found) | ({"seen": asdict(seen)} if seen else {})))
        return 0
    sys.stdout.write(explained(found, names) + (seen.text if seen else ""))
    return 0


def _false_alarms() -> FalseAlarms:
    """Have a naive checker and the audit look at right copies: what this cause shows is not that of a load."""
    from incload.extras import require_extra

    require_extra("harness", "an explanation")
    from incload.harness.catalogue.false_alarms import false_alarms

    return false_alarms()


def _explained(options: argparse.Namespace) -> Explanation:
    from incload.api.compare import contenders_of
    from incload.harness.trials.explanation import chosen, explain
    from incload.harness.trials.matrix import Choice

    foreign = contenders_of(options.contenders, options.timeout, options.python)
    who = tuple(each for each in foreign if each.id == options.strategy)
    at = (options.engines,), options.rows, options.seed
    if foreign and not who:
        raise Refused(
            f"--contender names {foreign[0].id}, and {options.strategy} is to be explained: name one of them."
        )
    if not who:
        choice = Choice((options.strategy,), (options.scenario,), *at)
        return explain(chosen(options.strategy, choice))
    from incload.harness.trials.foreign_explanation import explain_foreign

    (cell,) = Choice((), (options.scenario,), *at, who).foreign_cells()
    return explain_foreign(cell, Choice((), split(options.evidence), *at, who).foreign_cells())
