"""`incload.replay`: strategies on the real history of a file."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Unpack

from incload.api.histories import HistoryOptions, Passed, call, facts_of, replay_options, windows_of, with_own_key
from incload.api.options import check_names, names_of, user_path
from incload.errors import Refused, unknown

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    import pandas as pd

    from incload.history.history import History
    from incload.history.recorded.read_log import ReadLog
    from incload.report.replay.facts import HistoryFacts
    from incload.report.replay.record import Replayed
    from incload.strategy import Strategy
    from incload.terminal.progress import Progress


@dataclass(frozen=True, slots=True)
class Replay:
    """What a replay showed.

    Attributes:
        rows: One record for each strategy and pair of engines, in the order in which they were named.
        facts: What is known of the history itself: its lags, and what lookback windows make of it.
        written: The files of the report, the CSV first; none where no folder was named.
    """

    rows: tuple[Replayed, ...]
    facts: HistoryFacts
    written: tuple[Path, ...] = ()

    def to_dict(self) -> dict[str, object]:
        """Return rows and facts as plain values."""
        return {
            "rows": [asdict(row) for row in self.rows],
            "facts": asdict(self.facts),
            "written": [str(path) for path in self.written],
        }

    def to_pandas(self) -> pd.DataFrame:
        """Return a row for each strategy and pair of engines, with the columns of the report's CSV."""
        import pandas as pd

        return pd.DataFrame([asdict(row) for row in self.rows])


class ReplayOptions(HistoryOptions, total=False):
    """The named options of `incload.replay`: those of `HistoryOptions`, and which strategies follow the history.

    Attributes:
        strategies: Names, each with parameters or not; every variant of each by default.
        engines: Engines, or pairs such as `sqlite-duckdb`; `sqlite` by default.
        workers: How many processes; 1 by default, as more need the guard `if __name__ == "__main__":` in a script.
        report_dir: A folder for the report, `replay.*`, or `replay-filtered.*` where strategies are named; none is
            written by default.
    """

    strategies: str | Sequence[str]
    engines: str | Sequence[str]
    workers: int
    report_dir: str | Path | None


def replay(path: str | Path, **options: Unpack[ReplayOptions]) -> Replay:
    """Let strategies follow the versions of a file sync by sync, audit every copy, and return what was wrong.

    Args:
        path: A git repository, a git bundle, or a folder of snapshots.
        **options: See `ReplayOptions`; `key` is required, except for a recording.

    Raises:
        Refused: For a history that cannot be read, and names that do not exist.
    """
    check_names("replay", options, ReplayOptions)
    given = {"engines": "sqlite", "workers": 1, **options}
    return run_replay(user_path(path), given, call("replay", path, options))


def _strategies(names: Sequence[str]) -> tuple[Strategy, ...]:
    """Return the strategies that are named, and no variant that is not; every variant of each where none is."""
    from incload.registry import strategies, strategy

    return tuple(dict.fromkeys(map(strategy, names))) or strategies()


def _pairs(names: Iterable[str]) -> tuple[tuple[str, str], ...]:
    """Return the pairs of engines; one engine stands for source and target."""
    from incload.harness.sandbox.sandbox import OTHER_PAIRS, PAIRS, SERVER_PAIRS, pair_name

    pairs = (*PAIRS, *SERVER_PAIRS, *OTHER_PAIRS)
    known = {pair_name(pair): pair for pair in pairs} | {pair[0]: pair for pair in pairs if pair[0] == pair[1]}
    given = list(names)
    for name in given:
        if name not in known:
            raise unknown("pair of engines", name, known)
    if not given:
        raise Refused("--engines names no engine: give sqlite, duckdb or a pair such as sqlite-duckdb.")
    return tuple(dict.fromkeys(known[name] for name in given))


def run_replay(path: Path, options: Mapping[str, Any], command: str, progress: Progress | None = None) -> Replay:
    """Replay, and write the report if a folder is given for it.

    Args:
        path: Where the versions are.
        options: The options of `incload.replay`.
        command: What makes the report again.
        progress: What shows how far it is.
    """
    from incload.api.folders import check_folder, reports_into
    from incload.extras import require_extra

    require_extra("harness", "a replay")
    options = with_own_key(path, options)
    from incload.harness.replays.replay import ReplayPlan
    from incload.harness.replays.replay import replay as follow
    from incload.harness.sandbox.environment import processors
    from incload.report.replay.files import save_replay

    folder = None if options.get("report_dir") is None else user_path(options["report_dir"])
    if folder is not None:
        check_folder(folder)
    workers = processors() if options["workers"] is None else options["workers"]
    if workers < 1:
        raise Refused(f"{workers} workers leave no process to follow the history: give 1 or more.")
    windows, pairs = windows_of(options), _pairs(names_of(options["engines"]))
    strategies = _strategies(names_of(options.get("strategies", ())))
    history, account = opened(path, options, progress)
    found = follow(history, account, strategies, ReplayPlan(pairs, windows, workers))
    facts = facts_of(path, options, Passed(account, found.lateness, found.windows, found.worst), command)
    written: list[Path] = []
    if folder is not None:
        with reports_into(folder):
            written = save_replay(found.rows, facts, folder, part=is_part(options))
    return Replay(found.rows, facts, tuple(written))


def is_part(options: Mapping[str, Any]) -> bool:
    """Return whether strategies were chosen: the report of all of them is kept then, whatever else was asked for."""
    return bool(names_of(options.get("strategies", ())))


def opened(path: Path, options: Mapping[str, object], progress: Progress | None) -> tuple[History, ReadLog]:
    """Open the history of a file, and show how far it is read."""
    from incload.history.recorded.reader import open_history

    if progress is None:
        return open_history(path, replay_options(options))
    progress.phase("reading the list of versions")
    found = open_history(path, replay_options(options), progress.snapshot)
    progress.phase("")
    return found
