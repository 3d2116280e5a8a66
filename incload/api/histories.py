"""The options by which the versions of a file become a history, the same for `incload.replay` and `incload.profile`."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, TypedDict

from incload.api.durations import duration
from incload.api.options import key_columns, one_of, user_path
from incload.errors import Refused, on_one_line

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from incload.history.lag_profile import Lateness
    from incload.history.recorded.options import ReplayOptions
    from incload.history.recorded.read_log import ReadLog
    from incload.report.replay.facts import HistoryFacts, TriedWindow, WorstRow


class HistoryOptions(TypedDict, total=False):
    """The named options that say how the versions of a file become a history.

    Attributes:
        key: The dotted path of the key, or several; a recording of `incload.watch` has its own, which is the default.
        cursor: The dotted path of the column that says when a record was changed; none by default, and where no key is
            given that of a recording.
        cursor_format: The form of the cursor's values where they are no ISO times or numbers, as of `strptime`.
        file: The file whose versions are read, in a git repository or bundle.
        ref: The branch, tag or commit whose history is read.
        follow: Whether the versions from before a rename of the file are read as well.
        records: The dotted path of the records inside a JSON file; `.` for the document itself.
        key_from_name: The field that takes the name of each record, where the records are an object of objects.
        encoding: The encoding of a file of text; UTF-8 by default.
        every: One sync for so many snapshots; 1 by default.
        interval: Instead, a sync at every such interval: a span such as `1h`, or a timedelta.
        vanished: Whether a row that is missing from a snapshot is deleted from the source (`delete`), or stays as it
            was last (`keep`).
        windows: The lookback windows to predict: spans such as `10m`, or timedeltas; seven by default, () for none.
    """

    key: str | Sequence[str]
    cursor: str
    cursor_format: str
    file: str
    ref: str
    follow: bool
    records: str
    key_from_name: str
    encoding: str
    every: int
    interval: str | timedelta | None
    vanished: Literal["delete", "keep"]
    windows: Iterable[str | timedelta] | None


HISTORY_ONLY = {
    "file": "",
    "records": "",
    "key_from_name": "",
    "encoding": "",
    "interval": None,
    "windows": None,
    "every": 1,
    "vanished": "delete",
    "ref": "",
    "follow": False,
}
"""The options that make no sense for one state of a table, and their defaults."""


def with_own_key(path: str | Path, options: Mapping[str, Any]) -> dict[str, Any]:
    """Return the options with a key: where none is given, the key and the cursor that a recording was made with.

    Raises:
        Refused: For no key, where a path leads to anything else.
    """
    if options.get("key") is not None:
        return dict(options)
    from incload.history.recorded.observed import named_in

    named = None if "://" in str(path) else named_in(user_path(path))
    if named is None:
        raise Refused("no key is given: name the column that distinguishes rows with --key (key=... in Python).")
    return {**options, "key": named[0], "cursor": options.get("cursor") or named[1]}


class Passed(NamedTuple):
    """What is known of a history once it has passed; see `HistoryFacts`."""

    account: ReadLog
    lateness: Lateness
    windows: tuple[TriedWindow, ...]
    worst: tuple[WorstRow, ...] = ()


def replay_options(options: Mapping[str, object]) -> ReplayOptions:
    """Return how the versions of a file become a history."""
    from dataclasses import fields

    from incload.history.recorded.options import ReplayOptions

    names = {field.name for field in fields(ReplayOptions)}
    plain = {name: value for name, value in options.items() if name in names}
    key, interval = options["key"], options.get("interval")
    one_of("vanished", str(options.get("vanished", "delete")), ("delete", "keep"))
    changed = {"key": key_columns(key), "interval": _span(interval, "--interval") if interval else None}  # type: ignore[arg-type]  # the options are typed where they are passed
    return ReplayOptions(**{**plain, **changed})  # type: ignore[arg-type]  # likewise


def windows_of(options: Mapping[str, object]) -> Sequence[timedelta]:
    """Return the windows to predict; none without a cursor."""
    from incload.history.lag_profile import WINDOWS

    named = options.get("windows")
    if not options.get("cursor"):
        return ()
    if named is None:
        return WINDOWS
    return tuple(sorted({_span(each, "--windows") for each in named}))  # type: ignore[attr-defined]  # likewise


def facts_of(path: Path, options: Mapping[str, object], passed: Passed, command: str) -> HistoryFacts:
    """Return what is known of a history that has passed, with the command that reads it again."""
    from incload.engines.files.layout import column_of
    from incload.harness.sandbox.environment import environment
    from incload.report.replay.facts import HistoryFacts

    return HistoryFacts(
        name=on_one_line(str(options.get("file") or path.absolute().name)),
        key=replay_options(options).key,
        cursor=column_of(str(options.get("cursor") or "")),
        vanished=str(options.get("vanished", "delete")),
        schedule=_schedule(options),
        environment=environment(),
        command=on_one_line(command),
        **passed._asdict(),
    )


def call(function: str, path: object, options: Mapping[str, object]) -> str:
    """Return the call that makes a result again, without what only says where it goes."""
    said = [f"{name}={value!r}" for name, value in options.items() if name not in {"report_dir", "workers"}]
    return f"incload.{function}({', '.join([repr(str(path)), *said])})"


def _span(given: object, option: str) -> timedelta:
    return given if isinstance(given, timedelta) else duration(str(given), option)


def _schedule(options: Mapping[str, object]) -> str:
    every = options.get("every", 1)
    if options.get("interval"):
        return f"a sync at every {options['interval']} that brought a snapshot"
    return "a sync after every snapshot" if every == 1 else f"a sync after every {every} snapshots"
