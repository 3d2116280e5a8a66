"""`incload replay`: let strategies follow the real history of a file."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from incload.api.options import user_path
from incload.commands.options.columns import named
from incload.commands.options.layouts import add_layout_to
from incload.commands.output.plain import add_format_to, json_text

if TYPE_CHECKING:
    import argparse

_DESCRIPTION = """\
Take every version of a file as one state of a table, let every strategy follow it sync by sync, and audit every copy:
which rows would have been lost or stale, for how long, and why. The versions are those of a file in a git repository
(bare or not), in a git bundle, or the files of a folder in the order of their names.
"""


def add(parser: argparse.ArgumentParser) -> None:
    """Add the command and its options."""
    parser.description = _DESCRIPTION
    parser.add_argument("path", type=user_path, help="a git repository, a git bundle, or a folder of snapshots")
    add_history_to(parser)
    parser.add_argument("--strategies", default="", help="names, separated by commas (default: all)")
    parser.add_argument(
        "--engines", default="sqlite", help="engines, or pairs such as sqlite-duckdb, separated by commas"
    )
    parser.add_argument("--workers", type=int, default=None, help="how many processes (default: one a processor)")
    parser.add_argument(
        "--report-dir", type=user_path, default=Path("reports"), help="where the reports go (default reports)"
    )
    add_format_to(parser)
    parser.set_defaults(run=run, stopped="stopped before the reports were complete: run the command again.")


def add_history_to(parser: argparse.ArgumentParser) -> None:
    """Add the options that say how the versions of a file become a history."""
    add_option = parser.add_argument
    add_option("--file", default="", help="the file whose versions are read, in a repository or bundle")
    add_option(
        "--ref", default="", help="the branch, tag or commit whose history is read (default: the default branch)"
    )
    add_option("--follow", action="store_true", help="read the versions from before a rename of the file as well")
    add_layout_to(parser)
    add_option("--key", help="the dotted path of the key; several separated by commas; a recording has its own")
    add_option(
        "--cursor",
        default="",
        help="the dotted path of the column that says when a record was changed, ..FIELD for a field of the document "
        "around the records; without one, strategies that need none are replayed; without a --key, that of a recording",
    )
    add_option(
        "--cursor-format",
        default="",
        help="the form of the cursor's values where they are no ISO times or numbers, as of strptime: %%m/%%d/%%Y",
    )
    add_option("--every", type=int, default=1, help="one sync for so many snapshots (default 1)")
    add_option("--interval", default="", help="instead, a sync at every such interval, such as 1h or 1d")
    add_option(
        "--vanished",
        choices=["delete", "keep"],
        default="delete",
        help="a row that is missing from a snapshot is deleted from the source (default), or stays as it was last",
    )
    add_option(
        "--windows",
        default="",
        help="lookback windows to predict, separated by commas, or none (default 0,1m,10m,1h,6h,1d,7d)",
    )


def given(options: argparse.Namespace) -> dict[str, Any]:
    """Return the options of the command as those of `incload.replay` and `incload.profile`, by the same names."""
    windows = options.windows.strip()
    listed = None if not windows else () if windows == "none" else windows.split(",")
    key = None if options.key is None else named("--key", options.key)
    return {**vars(options), "key": key, "windows": listed}


def run(options: argparse.Namespace) -> int:
    """Replay, write the reports, print what was found."""
    from incload.api.replay import is_part, run_replay
    from incload.commands.compare import split
    from incload.report.render.text import plain
    from incload.report.replay.files import BESIDE
    from incload.report.replay.history_sections import window_blocks
    from incload.report.replay.sections import answer_blocks, headline, hint_blocks
    from incload.terminal.progress import Progress

    engines = tuple(name.strip() for name in options.engines.split(",") if name.strip())
    asked = {**given(options), "strategies": split(options.strategies), "engines": engines}
    with Progress("snapshots") as progress:
        found = run_replay(options.path, asked, shlex.join(["incload", *sys.argv[1:]]), progress)
    rows, facts = found.rows, found.facts
    code = 1 if any(row.outcome == "unknown" for row in rows) else 0
    if options.format == "json":
        sys.stdout.write(json_text(found.to_dict()))
        return code
    sys.stdout.write(f"{headline(rows, facts)}\n\n")
    sys.stdout.write(plain([*hint_blocks(facts), *answer_blocks(rows), *window_blocks(facts)]))
    sys.stdout.write(f"\n{BESIDE}\n" if is_part(asked) else "")
    sys.stdout.write("".join(f"\n{path}" for path in found.written) + "\n")
    return code
