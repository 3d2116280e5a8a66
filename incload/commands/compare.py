"""`incload compare`: run the matrix and write the reports."""

from __future__ import annotations

import shlex
import sys
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from incload.api.folders import check_folder
from incload.api.options import user_path
from incload.commands.output.plain import add_format_to, json_text

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable

    from incload.api.compare import Comparison
    from incload.harness.trials.matrix import Choice

_DESCRIPTION = """\
Run every strategy against every scenario on every pair of engines, audit after every sync, and write latest.csv and
latest.md. Exit code 1 when a trial raised an error or was not as predicted.
"""


def add(parser: argparse.ArgumentParser) -> None:
    """Add the command and its options."""
    parser.description = _DESCRIPTION
    add_choice_to(parser.add_argument)
    add_contenders_to(parser)
    parser.add_argument("--rounds", type=int, default=1, help="how often each trial is timed (default 1)")
    parser.add_argument(
        "--workers", "--jobs", type=int, default=None, dest="workers",
        help="how many trials run at once, each in a process of its own (default: one a processor; on a PostgreSQL "
        "server that INCLOAD_PG_DSN names, one)",
    )  # fmt: skip
    parser.add_argument(
        "--report-dir", type=user_path, default=Path("reports"), help="where the reports go (default reports)"
    )
    add_format_to(parser)
    parser.set_defaults(run=run, stopped="stopped before the reports were complete: run the command again.")


def add_contenders_to(parser: argparse.ArgumentParser) -> None:
    """Add the options that name loaders of the user's."""
    parser.add_argument(
        "--contender", action="append", default=[], metavar="NAME=COMMAND|MODULE:FUNCTION|FILE.toml",
        dest="contenders", help="a loader of yours, or the name of a known peer such as dlt, beside the strategies "
        "named, or alone; may be given several times",
    )  # fmt: skip
    parser.add_argument("--timeout", type=float, default=60.0, help="seconds for a sync of such a loader (default 60)")
    parser.add_argument("--python", default="", help="the interpreter of MODULE:FUNCTION (default: this one)")


def add_choice_to(add_option: Callable[..., object], scenarios: str = "") -> None:
    """Add the options that choose a part of the matrix, to this command or to a pytest session."""
    add_option(
        "--strategies", default="", help="names, separated by commas, or all (default: all, or none beside --contender)"
    )
    add_option(
        "--scenarios",
        default=scenarios,
        help=f"ids, separated by commas; core for the best known six, all for all (default: {scenarios or 'all'})",
    )
    add_option(
        "--engines",
        default="",
        help="pairs such as sqlite-duckdb, or engines such as postgres for the pairs that start there, separated by "
        "commas (default: the pairs that need no server)",
    )
    add_option("--rows", type=int, default=1_000, help="rows of each history's base (default 1000)")
    add_option("--seed", type=int, default=1, help="what the histories are drawn from (default 1)")


def choice(options: argparse.Namespace) -> Choice:
    """Return the chosen part of the matrix."""
    from incload.harness.trials.matrix import Choice

    return Choice(
        strategies=split(options.strategies),
        scenarios=() if options.scenarios == "all" else split(options.scenarios),
        pairs=split(options.engines),
        rows=options.rows,
        seed=options.seed,
    )


def split(text: str) -> tuple[str, ...]:
    """Split at commas; strategies with several parameters separate them by commas as well, after a colon."""
    parts: list[str] = []
    for part in filter(None, (piece.strip() for piece in text.split(","))):
        if "=" in part and ":" not in part and parts and ":" in parts[-1]:
            parts[-1] += f",{part}"
        else:
            parts.append(part)
    return tuple(parts)


def run(options: argparse.Namespace) -> int:
    """Run the chosen cells and write the reports."""
    from incload.api.compare import Report, cells_of, contenders_of, is_part, run_comparison
    from incload.report.comparison.files import BESIDE
    from incload.terminal.progress import Progress

    check_folder(options.report_dir)
    contenders = contenders_of(options.contenders, options.timeout, options.python)
    chosen = replace(choice(options), contenders=contenders)
    cells = cells_of(chosen, shlex.join(["incload", *sys.argv[1:]]))
    report = Report(options.report_dir, is_part(chosen))
    with Progress("trials", len(cells) * options.rounds) as progress:
        found = run_comparison(cells, options.rounds, options.workers, report, progress.step)
    outcomes, failures = found.outcomes, found.failures
    if options.format == "json":
        sys.stdout.write(json_text(found.to_dict()))
        return 1 if failures else 0
    refused = Counter(each.reason for each in outcomes if each.outcome == "not_applicable")
    sys.stdout.write("".join(f"  n/a in {count} trials: {reason}\n" for reason, count in refused.items()))
    sys.stdout.write("".join(f"  {line}\n" for line in failures))
    sys.stdout.write(f"{len(outcomes)} trials, {len(failures)} of them unknown or not as predicted.\n")
    sys.stdout.write("".join(f"{line}\n" for line in (*([BESIDE] if report.part else []), *ending(found))))
    return 1 if failures else 0


def ending(found: Comparison) -> list[str]:
    """Return the answer for a terminal."""
    from incload.report.answers.terminal import answer_lines

    return answer_lines(found.to_pandas(), next(path for path in found.written if path.suffix == ".html"))
