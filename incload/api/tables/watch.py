"""`incload.watch`: record what happens in a table, look by look; the recording is a history."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Literal, TypedDict, Unpack

from incload.api.audit import run_audit
from incload.api.durations import duration
from incload.api.options import check_names, key_columns, one_of, user_path
from incload.auditing.compare_tables import Hooks
from incload.cursor import UNITS
from incload.engines.driver_errors import reason
from incload.engines.endpoints import locate
from incload.engines.registry import session_type
from incload.errors import Refused

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from incload.auditing.causes import Verdict
    from incload.auditing.wrong_rows import WrongRow
    from incload.engines.digests.forms import Pair
    from incload.watching.seen import Seen
    from incload.watching.watcher import Clock, Watch


class _RequiredOptions(TypedDict):
    key: str | Sequence[str]
    to: str | Path


class WatchOptions(_RequiredOptions, total=False):
    """The named options of `incload.watch`; each is the option of `incload watch` with that name.

    Attributes:
        key: The key column of the table, or several.
        to: The recording, a file; one of the same table is gone on with.
        cursor: The column that orders changes.
        every: The time from one look to the next; `30s` by default.
        duration: How long to watch, as in `2h`; until the process is stopped by default. `--for` on the command line.
        cursor_unit: What an integer cursor counts since 1970; microseconds by default.
        keep_values: Whether the values of rows are recorded as well; only their digests are by default.
        metrics: A file for Prometheus, written after every look.
        report: Is called with what each look has shown.
    """

    cursor: str | None
    every: str
    duration: str | None
    cursor_unit: Literal["s", "ms", "us", "ns"] | None
    keep_values: bool
    metrics: str | Path | None
    report: Callable[[Seen], None]


class _Monotonic:
    """Time as it passes."""

    def now(self) -> float:
        """Return seconds since some moment."""
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        """Return after so many seconds."""
        time.sleep(seconds)


def watch(source: str, copy: str | None = None, **options: Unpack[WatchOptions]) -> Seen:
    """Look at a table again and again and record what changed; return what the last look has shown.

    Args:
        source: The URL of a table.
        copy: The URL of a copy of it, which is audited at every look.
        **options: See `WatchOptions`; `key` and `to` are required.

    Raises:
        Refused: For a table that cannot be watched, and a recording of another one.
    """
    check_names("watch", options, WatchOptions)
    return run_watch(source, copy, options, _Monotonic())


def run_watch(source: str, copy: str | None, options: WatchOptions, clock: Clock) -> Seen:
    """Watch by a clock."""
    from incload.extras import require_extra

    require_extra("harness", "watching a table")
    from incload.watching.watcher import Watcher

    return Watcher(_watch(source, copy, options)).run(clock, options.get("report") or (lambda _: None))


def _watch(source: str, copy: str | None, options: WatchOptions) -> Watch:
    from incload.watching.watcher import Watch

    end = locate(source)
    if end.engine == "file":
        raise Refused(f"{end.shown} is a file, and a file has versions: replay them from a folder or a repository.")
    every = duration(options.get("every", "30s"), "--every").total_seconds()
    if not every:
        raise Refused("--every 0 looks all the time: give a second or more.")
    limit, unit = options.get("duration"), options.get("cursor_unit")
    metrics = options.get("metrics")
    return Watch(
        source=end,
        url=source,
        key=key_columns(options["key"]),
        cursor=options.get("cursor") or None,
        path=_file("--to", options["to"]),
        every=every,
        seconds=None if limit is None else duration(limit, "--for").total_seconds(),
        unit=UNITS[one_of("cursor_unit", unit, UNITS)] if unit else 0,
        keeps_values=options.get("keep_values", False),
        metrics=None if metrics is None else _file("--metrics", metrics),
        wrong=None if copy is None else lambda: _wrong(source, copy, options),
    )


def _file(option: str, given: str | Path) -> Path:
    path = user_path(given)
    if path.is_dir():
        raise Refused(f"{option} {str(path)!r} is a folder: name a file in it.")
    if not path.absolute().parent.is_dir():
        raise Refused(f"the folder of {option} {str(path)!r} does not exist: create it first.")
    return path


def _wrong(source: str, copy: str, options: WatchOptions) -> dict[str, str]:
    """Audit the copy, and return the causes of its wrong rows by their keys."""
    found: dict[str, Verdict] = {}

    def keep(row: WrongRow, _: tuple[Pair, ...], verdict: Verdict) -> None:
        found["".join(row.key)] = verdict

    unit = options.get("cursor_unit")
    errors = tuple(session_type(locate(url).engine).error for url in (source, copy))
    try:
        run_audit(
            source,
            copy,
            {"key": options["key"], "cursor": options.get("cursor"), "cursor_unit": unit, "limit": 0},
            Hooks(keep=keep),
        )
    except errors as error:
        raise Refused(reason(error)) from error
    return {key: str(verdict.cause) for key, verdict in found.items()}
