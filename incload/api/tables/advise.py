"""`incload.advise`: which load fits a table, from a history or from one state of it."""

from __future__ import annotations

import re
import shlex
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Unpack

from incload.api.durations import duration
from incload.api.histories import HISTORY_ONLY, HistoryOptions, with_own_key
from incload.api.options import check_names, key_columns, names_of, one_of, user_path
from incload.errors import Refused, masked
from incload.registry import spelled
from incload.strategy import Capability, WriteRule

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from incload.advice.candidates import Wishes
    from incload.advice.evidence import Evidence
    from incload.advice.result import Advice
    from incload.history.history import History
    from incload.history.recorded.read_log import ReadLog
    from incload.strategy import Strategy
    from incload.terminal.progress import Progress

ASKS = {"triggers": Capability.TRIGGERS, "log": Capability.LOG, "horizon": Capability.HORIZON}
"""What may be asked of a source, by the names that users give."""
HIDDEN = "***"
"""What `masked` shows of a password."""


class AdviseOptions(HistoryOptions, total=False):
    """The named options of `incload.advise`: those of `HistoryOptions`, and what the load has to keep.

    Attributes:
        cursor_unit: What an integer cursor of a table counts since 1970.
        loses_nothing: Whether the copy has to be right after every sync, which is the default.
        allow: For how long a row may be wrong or missing instead, as in `delay<=1h`.
        deletes: Whether rows that the source removes `matter` (the default), or that `never` happens.
        may_ask: What may be asked of the source, of `triggers`, `log` and `horizon`; nothing by default.
        engines: Between which engines candidates are replayed, as in `sqlite-duckdb`.
        target: The URL of the copy, for the command.
    """

    cursor_unit: Literal["s", "ms", "us", "ns"] | None
    loses_nothing: bool
    allow: str | None
    deletes: Literal["matter", "never"]
    may_ask: str | Sequence[str]
    engines: str
    target: str


def advise(path: str | Path, **options: Unpack[AdviseOptions]) -> Advice:
    """Recommend a load for a table: measured on a history, replayed, and ranked by cost among those that lose nothing.

    Args:
        path: A git repository, a git bundle, a folder of snapshots, or the URL of a table, of which one state is seen.
        **options: See `AdviseOptions`; `key` is required, except for a recording.

    Raises:
        Refused: For what cannot be read, and wishes that no load fulfils.
    """
    check_names("advise", options, AdviseOptions)
    return run_advise(str(path), dict(options))


def run_advise(path: str, options: Mapping[str, Any], progress: Progress | None = None) -> Advice:
    """Advise from one state of a table if a URL names one, else from a history."""
    from incload.extras import require_extra

    require_extra("harness", "advice")
    options = with_own_key(path, options)
    wishes = _wishes(options)
    if "://" in path:
        return _with_hidden(_of_state(path, options))
    return _with_hidden(_of_history(user_path(path), options, wishes, progress))


def _with_hidden(found: Advice) -> Advice:
    """Say so where a command holds no password in the place of one."""
    from dataclasses import replace

    is_hidden = HIDDEN in f"{found.command} {found.decide}"
    said = f"{HIDDEN} stands for a password, or for connection options that may hold one: write it before you run this."
    return replace(found, hidden=said) if is_hidden else found


def _wishes(options: Mapping[str, Any]) -> Wishes:
    from incload.advice.candidates import Wishes

    allowed = options.get("allow")
    if allowed and options.get("loses_nothing"):
        raise Refused("--loses-nothing and --allow exclude each other: give one of them.")
    delay = timedelta(0)
    if allowed:
        match = re.fullmatch(r"\s*delay\s*<=\s*(.+)", str(allowed))
        if match is None:
            raise Refused(f"--allow {allowed!r} allows nothing that is known: write for how long, as in 'delay<=1h'.")
        delay = duration(match[1], "--allow")
    asked = [one_of("may-ask", name, ASKS) for name in names_of(options.get("may_ask") or ())]
    deletes = one_of("deletes", str(options.get("deletes", "matter")), ("matter", "never"))
    return Wishes(delay, deletes == "matter", frozenset(ASKS[name] for name in asked))


def _of_history(path: Path, options: Mapping[str, Any], wishes: Wishes, progress: Progress | None) -> Advice:
    from incload.advice.of_history import Case, advise
    from incload.api.replay import _pairs, opened
    from incload.history.recorded.evidence import doubtful_times, without_change, without_times

    if options.get("cursor_unit"):
        raise Refused("--cursor-unit is for a table in a database: the unit of a history's numbers is known.")
    read: list[ReadLog] = []

    def again() -> History:
        history, account = opened(path, options, progress)
        read.append(account)
        return history

    def doubt(evidence: Evidence) -> str:
        if why := without_change(evidence.lateness):
            raise Refused(f"{path} shows no load to be right or wrong: {why}.")
        cursor = str(options.get("cursor") or "")
        return without_times(read[-1], cursor) or doubtful_times(read[-1], evidence.lateness, cursor)

    (pair,) = _pairs([options.get("engines") or "sqlite"])
    command = lambda each: _command(str(path), options, each)  # noqa: E731 - a closure over the options
    changes = lambda: read[-1].column_changes  # noqa: E731 - a closure over what was read
    return advise(Case(str(options.get("file") or path), again, command, doubt, pair, changes), wishes)


def _of_state(url: str, options: Mapping[str, Any]) -> Advice:
    from incload.advice.one_state import advise
    from incload.engines.endpoints import locate
    from incload.harness.replays.table_profile import profile_table

    for name, value in HISTORY_ONLY.items():
        if options.get(name, value) not in {value, ""}:
            raise Refused(f"--{name.replace('_', '-')} is for a history: {masked(url)} is one state of a table.")
    cursor = options.get("cursor")
    if not cursor:
        raise Refused("advice about a table is about loads by its cursor: name the cursor column with --cursor.")
    place, keys = locate(url), key_columns(options["key"])
    standing = profile_table(place, keys, cursor, options.get("cursor_unit"), options.get("cursor_format") or "")
    key = ",".join(keys)
    named = f"--key {shlex.quote(key)} --cursor {shlex.quote(cursor)}"
    watch = (
        f"incload watch {shlex.quote(masked(url))} {named} --every 30s --for 24h --to watch.db, "
        f"then incload advise watch.db {named}"
    )
    command = lambda each: _command(url, options, each)  # noqa: E731 - a closure over the options
    return advise(standing, place.shown.strip("'"), watch, command, deletes=options.get("deletes") != "never")


def _command(path: str, options: Mapping[str, Any], strategy: Strategy) -> str:
    """Return the command of a load by a strategy, without the passwords of its URLs."""
    source, table = _source(path, options)
    words = ["incload", "load", masked(source) if "://" in source else source]
    words += ["--target", masked(options.get("target") or "sqlite:///copy.db"), "--table", table or "copy"]
    words += ["--key", ",".join(key_columns(options["key"]))]
    if options.get("cursor"):
        words += ["--cursor", options["cursor"]]
    words += ["--strategy", spelled(strategy)]
    if strategy.write_rule is not WriteRule.MERGE:
        words += ["--write-rule", str(strategy.write_rule)]
    for option in ("records", "key_from_name", "encoding", "cursor_unit"):
        if options.get(option):
            words += [f"--{option.replace('_', '-')}", str(options[option])]
    return shlex.join(words)


def _source(path: str, options: Mapping[str, Any]) -> tuple[str, str | None]:
    """Return what is to be loaded, and its name: the table, the one that was watched, or the newest version of a file.

    The URL of a table that was watched is recorded without its password, and so may not be one that can be opened.
    """
    from contextlib import closing

    from incload.engines.endpoints import locate
    from incload.history.recorded.observed import is_recording, meta_of, opened

    if "://" in path:
        return path, locate(path).table
    if is_recording(Path(path)):
        with closing(opened(Path(path))) as session:
            meta = meta_of(session)
            return meta["url"], meta["table"]
    name = Path(options.get("file") or path).stem
    if options.get("file"):
        return str(options["file"]), name
    versions = sorted(each for each in Path(path).iterdir() if each.is_file()) if Path(path).is_dir() else []
    return str(versions[-1]) if versions else path, name
