"""`incload explain`: one cell of the matrix, explained step by step."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import argparse


_DESCRIPTION = """\
Run one strategy in one scenario, audit after every sync, and print the story of the first wrong row: what happened to
it, what the load remembered, which query passed it over, when it was right again. Then: which assumption failed, and
which strategies do without it. Exit code 1 when the outcome is not what was predicted.
"""


def add(parser: argparse.ArgumentParser) -> None:
    """Add the command and its options."""
    parser.description = _DESCRIPTION
    parser.add_argument("strategy", help="a name such as lookback_window, or with parameters lookback_window:minutes=3")
    parser.add_argument("scenario", help="an id such as late_arrivals")
    parser.add_argument("--engines", default="sqlite-sqlite", help="a pair (default sqlite-sqlite)")
    parser.add_argument("--rows", type=int, default=1_000, help="rows of the history's base (default 1000)")
    parser.add_argument("--seed", type=int, default=1, help="what the history is drawn from (default 1)")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Run the cell and print it."""
    from incload.harness.trials.explanation import chosen, explain
    from incload.harness.trials.matrix import Choice

    choice = Choice((options.strategy,), (options.scenario,), (options.engines,), options.rows, options.seed)
    explained = explain(chosen(options.strategy, choice))
    sys.stdout.write(explained.text)
    return 0 if explained.as_predicted else 1
