"""`incload replay`: let strategies follow the real history of a file."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from incload.api.folders import check_folder, reports_into
from incload.commands.columns import named
from incload.commands.layouts import add_layout_to
from incload.errors import Refused, on_one_line, unknown

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence
    from datetime import timedelta

    from incload.history.lag_profile import Lateness
    from incload.history.recorded.read_log import ReadLog
    from incload.history.recorded.reader import ReplayOptions
    from incload.report.replay.facts import HistoryFacts, TriedWindow, WorstRow
    from incload.strategy import Strategy

_DESCRIPTION = """\
Take every version of a file as one state of a table, let every strategy follow it sync by sync, and audit every copy:
which rows would have been lost or stale, for how long, and why. The versions are those of a file in a git repository
(bare or not), in a git bundle, or the files of a folder in the order of their names.
"""


def add(parser: argparse.ArgumentParser) -> None:
    """Add the command and its options."""
    parser.description = _DESCRIPTION
    parser.add_argument("path", type=Path, help="a git repository, a git bundle, or a folder of snapshots")
    add_history_to(parser)
    parser.add_argument("--strategies", default="", help="names, separated by commas (default: all)")
    parser.add_argument(
        "--engines", default="sqlite", help="engines, or pairs such as sqlite-duckdb, separated by commas"
    )
    parser.add_argument("--workers", type=int, default=None, help="how many processes (default: one a processor)")
    parser.add_argument(
        "--report-dir", type=Path, default=Path("reports"), help="where the reports go (default reports)"
    )
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
    add_option("--key", required=True, help="the dotted path of the key; several separated by commas")
    add_option(
        "--cursor",
        default="",
        help="the dotted path of the column that says when a record was changed, ..FIELD for a field of the document "
        "around the records; without one, strategies that need none are replayed",
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
        help="lookback windows to foretell, separated by commas, or none (default 0,1m,10m,1h,6h,1d,7d)",
    )


def history_options(options: argparse.Namespace) -> ReplayOptions:
    """Return how the versions of a file become a history, as the command line says it."""
    from incload.commands.durations import duration
    from incload.history.recorded.reader import ReplayOptions

    return ReplayOptions(
        key=named("--key", options.key),
        cursor=options.cursor,
        file=options.file,
        records=options.records,
        key_from_name=options.key_from_name,
        encoding=options.encoding,
        every=options.every,
        interval=duration(options.interval, "--interval") if options.interval else None,
        vanished=options.vanished,
        ref=options.ref,
        follow=options.follow,
        cursor_format=options.cursor_format,
    )


def windows_of(options: argparse.Namespace) -> Sequence[timedelta]:
    """Return the windows to foretell."""
    from incload.commands.durations import duration
    from incload.history.lag_profile import WINDOWS

    if not options.windows and options.cursor:
        return WINDOWS
    if not options.cursor or options.windows.strip() == "none":
        return ()
    return tuple(sorted({duration(text, "--windows") for text in options.windows.split(",")}))


def facts_of(
    options: argparse.Namespace,
    account: ReadLog,
    lateness: Lateness,
    windows: tuple[TriedWindow, ...],
    worst: tuple[WorstRow, ...] = (),
) -> HistoryFacts:
    """Return what is known of a history that has passed."""
    from incload.engines.files.layout import column_of
    from incload.harness.sandbox.environment import environment
    from incload.report.replay.facts import HistoryFacts

    return HistoryFacts(
        name=on_one_line(options.file or options.path.absolute().name),
        key=named("--key", options.key),
        cursor=column_of(options.cursor),
        vanished=options.vanished,
        schedule=_schedule(options),
        account=account,
        lateness=lateness,
        windows=windows,
        worst=worst,
        environment=environment(),
        command=on_one_line(shlex.join(["incload", *sys.argv[1:]])),
    )


def run(options: argparse.Namespace) -> int:
    """Replay, write the reports, print what was found."""
    from incload.harness.replays.replay import replay
    from incload.harness.sandbox.environment import processors
    from incload.history.recorded.reader import open_history
    from incload.progress import Progress
    from incload.report.render.text import plain
    from incload.report.replay.files import save_replay
    from incload.report.replay.history_sections import window_blocks
    from incload.report.replay.sections import answer_blocks, headline, hint_blocks

    check_folder(options.report_dir)
    workers = processors() if options.workers is None else options.workers
    if workers < 1:
        raise Refused(f"--workers {workers} leaves nobody to work: give 1 or more.")
    how, windows, pairs = history_options(options), windows_of(options), _pairs(options.engines)
    asked = _strategies(options.strategies)
    with Progress("snapshots") as progress:
        progress.phase("reading the list of versions")
        history, account = open_history(options.path, how, progress.snapshot)
        progress.phase("")
        found = replay(history, account, asked, pairs, windows, workers)
    facts = facts_of(options, account, found.lateness, found.windows, found.worst)
    with reports_into(options.report_dir):
        written = save_replay(found.rows, facts, options.report_dir)
    sys.stdout.write(f"{headline(found.rows, facts)}\n\n")
    sys.stdout.write(plain([*hint_blocks(facts), *answer_blocks(found.rows), *window_blocks(facts)]))
    sys.stdout.write("".join(f"\n{path}" for path in written) + "\n")
    return 1 if any(row.outcome == "unknown" for row in found.rows) else 0


def _strategies(text: str) -> tuple[Strategy, ...]:
    """Return the strategies that are named, and no variant that is not; every variant of each where none is."""
    from incload.commands.compare import split
    from incload.registry import strategies, strategy

    return tuple(dict.fromkeys(map(strategy, split(text)))) or strategies()


def _pairs(text: str) -> tuple[tuple[str, str], ...]:
    """Return the pairs of engines; one engine stands for source and target."""
    from incload.harness.sandbox.sandbox import OTHER_PAIRS, PAIRS, SERVER_PAIRS, pair_name

    pairs = (*PAIRS, *SERVER_PAIRS, *OTHER_PAIRS)
    known = {pair_name(pair): pair for pair in pairs} | {pair[0]: pair for pair in pairs if pair[0] == pair[1]}
    names = [name.strip() for name in text.split(",") if name.strip()]
    for name in names:
        if name not in known:
            raise unknown("pair of engines", name, known)
    if not names:
        raise Refused("--engines names no engine: give sqlite, duckdb or a pair such as sqlite-duckdb.")
    return tuple(dict.fromkeys(known[name] for name in names))


def _schedule(options: argparse.Namespace) -> str:
    if options.interval:
        return f"a sync at every {options.interval} that brought a snapshot"
    return "a sync after every snapshot" if options.every == 1 else f"a sync after every {options.every} snapshots"
