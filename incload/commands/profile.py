"""`incload profile`: what the history of a file is like, or as much of it as one state of a table shows."""

from __future__ import annotations

import shlex
import sys
from typing import TYPE_CHECKING

from incload.api.options import user_path
from incload.commands.output.plain import add_format_to, json_text
from incload.commands.replay import add_history_to, given

if TYPE_CHECKING:
    import argparse

_DESCRIPTION = """\
Say what a history is like, without loading anything: how late its changes are, and what a lookback window of any size
would miss and read again. Of a table in a database only one state can be seen: the profile says what it shows and what
it cannot show.
"""


def add(parser: argparse.ArgumentParser) -> None:
    """Add the command and its options."""
    parser.description = _DESCRIPTION
    parser.add_argument(
        "path",
        help="a git repository, a git bundle, a folder of snapshots, or a URL such as sqlite:///x.db?table=orders",
    )
    add_history_to(parser)
    parser.add_argument(
        "--cursor-unit", choices=["s", "ms", "us", "ns"], help="what an integer cursor of a table counts since 1970"
    )
    parser.add_argument(
        "--report-dir", type=user_path, default=None, help="where a report goes (default: none is written)"
    )
    add_format_to(parser)
    parser.set_defaults(run=run, stopped="stopped before the profile was complete: run the command again.")


def run(options: argparse.Namespace) -> int:
    """Profile, print what was found, and say where the report is if one was asked for."""
    from incload.api.profile import run_profile
    from incload.report.render.text import plain
    from incload.report.replay.history_sections import past_blocks, window_blocks
    from incload.report.replay.sections import hint_blocks, profile_headline
    from incload.report.replay.table_profile import standing_blocks
    from incload.terminal.progress import Progress

    with Progress("snapshots") as progress:
        found = run_profile(options.path, given(options), shlex.join(["incload", *sys.argv[1:]]), progress)
    if options.format == "json":
        sys.stdout.write(json_text(found.to_dict()))
        return 0
    if found.table:
        sys.stdout.write(f"{plain(standing_blocks(found.table))}\n")
    if facts := found.history:
        blocks = [*hint_blocks(facts), *past_blocks(facts), *window_blocks(facts)]
        sys.stdout.write(f"{profile_headline(facts)}\n\n{plain(blocks)}\n")
    sys.stdout.write("".join(f"{path}\n" for path in found.written))
    return 0
