"""`incload profile`: what the history of a file is like, or as much of it as one state of a table shows."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from incload.api.folders import check_folder, reports_into
from incload.commands.columns import named
from incload.commands.replay import add_history_to, facts_of, history_options, windows_of
from incload.errors import Refused

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable


_DESCRIPTION = """\
Say what a history is like, without loading anything: how late its changes are, and what a lookback window of any size
would miss and read again. Of a table in a database only one state can be seen: what it shows is told, and what not.
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
    parser.add_argument("--report-dir", type=Path, default=None, help="where a report goes (default: none is written)")
    parser.set_defaults(run=run, stopped="stopped before the profile was complete: run the command again.")


def run(options: argparse.Namespace) -> int:
    """Profile a table if a URL names one, else a history."""
    if options.report_dir:
        check_folder(options.report_dir)
    return _table(options) if "://" in options.path else _history(options)


def _history(options: argparse.Namespace) -> int:
    from incload.history.lag import syncs
    from incload.history.lag_profile import Profiler
    from incload.history.recorded.reader import open_history
    from incload.progress import Progress
    from incload.report.render.text import plain
    from incload.report.replay.facts import TriedWindow
    from incload.report.replay.files import save_profile
    from incload.report.replay.history_sections import past_blocks, window_blocks
    from incload.report.replay.sections import hint_blocks, profile_headline

    if options.cursor_unit:
        raise Refused(
            "--cursor-unit is for a table in a database: the numbers of a snapshot tell their unit themselves."
        )
    options.path = Path(options.path)
    profiler = Profiler(windows_of(options))
    with Progress("snapshots") as progress:
        progress.phase("reading the list of versions")
        history, account = open_history(options.path, history_options(options), progress.at)
        progress.phase("")
        for sync in syncs(history):
            profiler.see(sync)
    windows = tuple(TriedWindow(forecast=forecast) for forecast in profiler.forecasts())
    facts = facts_of(options, account, profiler.lateness(), windows)
    sys.stdout.write(
        f"{profile_headline(facts)}\n\n{plain([*hint_blocks(facts), *past_blocks(facts), *window_blocks(facts)])}\n"
    )
    return _saved(options.report_dir, lambda folder: save_profile(facts, folder))


def _table(options: argparse.Namespace) -> int:
    from incload.engines.endpoints import locate
    from incload.harness.replays.table_profile import profile_table
    from incload.report.render.text import plain
    from incload.report.replay.files import save_standing
    from incload.report.replay.table_profile import standing_blocks

    usual = {
        "file": "",
        "records": "",
        "key_from_name": "",
        "encoding": "",
        "interval": "",
        "windows": "",
        "every": 1,
        "vanished": "delete",
        "ref": "",
        "follow": False,
    }
    for name, value in usual.items():
        if getattr(options, name) != value:
            raise Refused(
                f"--{name.replace('_', '-')} is for the versions of a file: {options.path} is one state of a table."
            )
    if options.cursor_format and options.cursor_unit:
        raise Refused("--cursor-format and --cursor-unit exclude each other: give one of them.")
    if not options.cursor:
        raise Refused("the profile of a table is that of its cursor: name the cursor column with --cursor.")
    key = named("--key", options.key)
    standing = profile_table(locate(options.path), key, options.cursor, options.cursor_unit, options.cursor_format)
    sys.stdout.write(f"{plain(standing_blocks(standing))}\n")
    return _saved(options.report_dir, lambda folder: save_standing(standing, folder))


def _saved(folder: Path | None, save: Callable[[Path], list[Path]]) -> int:
    """Write the report, if one was asked for, and say where it is."""
    if folder is not None:
        with reports_into(folder):
            written = save(folder)
        sys.stdout.write("".join(f"{path}\n" for path in written))
    return 0
