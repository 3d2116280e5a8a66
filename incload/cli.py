"""The door: one command line, one sentence for what went wrong, exit code 0, 1 (a regression) or 2 (bad input).

Only the command that is run imports what it needs, so that help and small loads start at once.
"""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING, NoReturn

from incload.errors import Refused, masked

if TYPE_CHECKING:
    from collections.abc import Sequence

_ABOUT = """\
Which rows will an incremental copy of a table get wrong, for how long, and what does it cost?

incload loads a table incrementally by a strategy of your choice, and compares strategies by doing real
loads of histories whose flaws are known, audited row by row.
"""
_EXAMPLES = """\
examples:
  incload load events.json --target sqlite:///copy.db --table events --key id --cursor modified_at \\
      --strategy timestamp_watermark
  incload load 'sqlite:///shop.db?table=orders' --target duckdb:///copy.duckdb --table orders --key id \\
      --cursor modified_at --strategy lookback_window:minutes=30 --cursor-unit us
  incload compare --scenarios late_arrivals --engines sqlite-sqlite
  incload replay feed.bundle --file incidents.json --records Incidents --key UniqueId --cursor Updated
  incload list

`incload COMMAND --help` says more about each command.
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; return its exit code."""
    options = _parser().parse_args(arguments)
    try:
        return int(options.run(options))
    except Refused as refusal:
        sys.stderr.write(masked(f"incload: {refusal}\n"))
        return 2
    except KeyboardInterrupt:
        sys.stderr.write("incload: interrupted; the target is as the last finished sync left it.\n")
        return 130


class _Parser(argparse.ArgumentParser):
    """A parser that complains without repeating a password."""

    def error(self, message: str) -> NoReturn:
        """End with the usage and what is wrong."""
        super().error(masked(message))


def _parser() -> argparse.ArgumentParser:
    from incload import commands

    parser: argparse.ArgumentParser = _Parser(
        prog="incload", description=_ABOUT, epilog=_EXAMPLES, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--version", action="version", version=f"incload {commands.version()}")
    subparsers = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for command in commands.COMMANDS:
        command(subparsers)
    return parser
