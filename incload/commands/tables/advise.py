"""`incload advise`: recommend a load for a table, from its history or from one state of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from incload.api.options import user_path
from incload.commands.replay import add_history_to, given

if TYPE_CHECKING:
    import argparse

_DESCRIPTION = """\
Say which load fits a table, and why. From a history every assumption is measured, the loads that it does not rule out
are replayed, and those that kept the copy right are ranked by the rows that they move. From one state of a table: what
can be known, what cannot, and which observation would decide.
"""


def add(parser: argparse.ArgumentParser) -> None:
    """Add the command and its options."""
    parser.description = _DESCRIPTION
    option = parser.add_argument
    option("path", help="a git repository, a git bundle, a folder of snapshots, or the URL of a table")
    add_history_to(parser)
    option("--cursor-unit", choices=["s", "ms", "us", "ns"], help="what an integer cursor of a table counts since 1970")
    option("--loses-nothing", action="store_true", help="the copy has to be right after every sync (the default)")
    option("--allow", metavar="BOUND", help="a row may be wrong or missing for so long, as in 'delay<=1h'")
    option(
        "--deletes",
        choices=["matter", "never"],
        default="matter",
        help="rows that the source removes have to leave the copy (default), or that never happens",
    )
    option("--may-ask", default="", metavar="NAMES", help="what may be asked of the source: triggers, log, horizon")
    option("--engines", default="sqlite", help="between which engines loads are replayed (default sqlite)")
    option("--target", default="", metavar="URL", help="the copy, for the command (default sqlite:///copy.db)")
    option("--format", choices=["text", "json", "markdown"], default="text", help="the form of what is printed")
    option("--output", type=user_path, help="a file to write it to, instead of printing it")
    parser.set_defaults(run=run, stopped="stopped before the advice was complete: run the command again.")


def run(options: argparse.Namespace) -> int:
    """Advise, and print it in the form that was asked for."""
    from incload.api.tables.advise import run_advise
    from incload.commands.audit import printed
    from incload.commands.compare import split
    from incload.commands.output.files import check_output
    from incload.report.advice.pages import rendered
    from incload.terminal.progress import Progress

    if options.output:
        check_output(options.output)
    asked = {**given(options), "may_ask": split(options.may_ask)}
    with Progress("snapshots") as progress:
        found = run_advise(options.path, asked, progress)
    printed(options, rendered(found.to_dict(), options.format))
    return 0
