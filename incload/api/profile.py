"""`incload.profile`: what the history of a file is like, or as much of it as one state of a table shows."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Literal, Unpack

from incload.api.histories import HISTORY_ONLY, HistoryOptions, Passed, call, facts_of, windows_of, with_own_key
from incload.api.options import check_names, key_columns, user_path
from incload.api.replay import opened
from incload.errors import Refused

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from incload.report.replay.facts import HistoryFacts
    from incload.report.replay.table_profile import Standing
    from incload.terminal.progress import Progress


@dataclass(frozen=True, slots=True)
class Profile:
    """What a profile showed: a history, or one state of a table; the other is None.

    Attributes:
        history: What is known of the history of a file.
        table: What one state of a table in a database shows.
        written: The files of the report; none where no folder was named.
    """

    history: HistoryFacts | None = None
    table: Standing | None = None
    written: tuple[Path, ...] = ()

    def to_dict(self) -> dict[str, object]:
        """Return what was found as plain values."""
        return asdict(self)


class ProfileOptions(HistoryOptions, total=False):
    """The named options of `incload.profile`: those of `HistoryOptions`, of which a table takes key and cursor.

    Attributes:
        cursor_unit: What an integer cursor of a table counts since 1970.
        report_dir: A folder for the report; none is written by default.
    """

    cursor_unit: Literal["s", "ms", "us", "ns"] | None
    report_dir: str | Path | None


def profile(path: str | Path, **options: Unpack[ProfileOptions]) -> Profile:
    """Say how late the changes of a history are, or what one state of a table shows, without loading anything.

    Args:
        path: A git repository, a git bundle, a folder of snapshots, or a URL such as `sqlite:///x.db?table=orders`.
        **options: See `ProfileOptions`; `key` is required, except for a recording.

    Raises:
        Refused: For what cannot be read, and an option that makes no sense for it.
    """
    check_names("profile", options, ProfileOptions)
    return run_profile(str(path), dict(options), call("profile", path, options))


def run_profile(path: str, options: Mapping[str, Any], command: str, progress: Progress | None = None) -> Profile:
    """Profile a table if a URL names one, else a history; write the report if a folder is given for it."""
    from incload.extras import require_extra

    require_extra("harness", "a profile")
    options = with_own_key(path, options)
    from incload.api.folders import check_folder, reports_into
    from incload.report.replay.files import save_profile, save_standing

    folder = None if options.get("report_dir") is None else user_path(options["report_dir"])
    if folder is not None:
        check_folder(folder)
    found = _table(path, options) if "://" in path else _history(user_path(path), options, command, progress)
    if folder is None:
        return found
    with reports_into(folder):
        written = save_standing(found.table, folder) if found.table else []
        written += save_profile(found.history, folder) if found.history else []
    return Profile(found.history, found.table, tuple(written))


def _history(path: Path, options: Mapping[str, Any], command: str, progress: Progress | None) -> Profile:
    from incload.history.lag import syncs
    from incload.history.lag_profile import Profiler
    from incload.report.replay.facts import TriedWindow

    if options.get("cursor_unit"):
        raise Refused(
            "--cursor-unit is for a table in a database: the unit of a snapshot's numbers is known from their size."
        )
    profiler = Profiler(windows_of(options))
    history, account = opened(path, options, progress)
    for sync in syncs(history):
        profiler.see(sync)
    windows = tuple(TriedWindow(forecast=forecast) for forecast in profiler.forecasts())
    return Profile(history=facts_of(path, options, Passed(account, profiler.lateness(), windows), command))


def _table(url: str, options: Mapping[str, Any]) -> Profile:
    from incload.engines.endpoints import locate
    from incload.harness.replays.table_profile import profile_table

    for name, value in HISTORY_ONLY.items():
        if options.get(name, value) not in {value, ""}:
            raise Refused(f"--{name.replace('_', '-')} is for the versions of a file: {url} is one state of a table.")
    form, unit, cursor = (options.get(name) for name in ("cursor_format", "cursor_unit", "cursor"))
    if form and unit:
        raise Refused("--cursor-format and --cursor-unit exclude each other: give one of them.")
    if not cursor:
        raise Refused("the profile of a table is that of its cursor: name the cursor column with --cursor.")
    return Profile(table=profile_table(locate(url), key_columns(options["key"]), cursor, unit, form or ""))
