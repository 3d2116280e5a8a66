"""What is known of a history besides its strategies: one JSON file, to and from records.

Together with the CSV of the strategies it is all that a replay's report is rendered from.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from incload.errors import Refused
from incload.history.lag_profile import Forecast, Lateness
from incload.history.recorded.read_log import Note, ReadLog

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

SCHEMA_VERSION = 3
"""Raised when a fact changes its meaning."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TriedWindow:
    """A lookback window, predicted from the lags and, in a replay, tried.

    Attributes:
        forecast: What the lags say.
        strategy: The id of the strategy that tried it; empty when none did.
        rows_ever_wrong, rows_read: What the replay showed; None when none was run, or it ended early.
        difference: Where the two differ and why, a sentence each; nothing when they agree.
    """

    forecast: Forecast
    strategy: str = ""
    rows_ever_wrong: int | None = None
    rows_read: int | None = None
    difference: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class WorstRow:
    """A row that was wrong for long, and its story.

    Attributes:
        key: Its key, as a text.
        strategies: For how many strategies it was ever wrong.
        syncs: After how many syncs it was, over all of them.
        lines: The story, a line each.
    """

    key: str
    strategies: int
    syncs: int
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryFacts:
    """What is known of a history.

    Attributes:
        name: The name of the file or folder whose versions it is.
        key: The key columns, as they were named.
        cursor: The cursor column, likewise.
        vanished: What became of rows that vanished from the file: `delete` or `keep`.
        schedule: When syncs ran, in words.
        account: What was met on the way.
        lateness: How its changes lie.
        windows: What windows would make of it.
        worst: The rows that were wrong for the longest; nothing where nothing was replayed.
        environment: Versions and machine, as JSON.
        command: What makes these figures again.
    """

    name: str
    key: tuple[str, ...]
    cursor: str
    vanished: str
    schedule: str
    account: ReadLog
    lateness: Lateness
    windows: tuple[TriedWindow, ...] = ()
    worst: tuple[WorstRow, ...] = ()
    environment: str = ""
    command: str = ""

    @property
    def rows_changed(self) -> int:
        """Rows of the base, and rows inserted, updated or deleted from one sync to the next."""
        return self.lateness.base_rows + self.lateness.changes + self.lateness.deletes


def write_facts(facts: HistoryFacts, path: Path) -> None:
    """Write the facts as JSON."""
    text = json.dumps({"schema_version": SCHEMA_VERSION, **asdict(facts)}, indent=2, ensure_ascii=False)
    path.write_text(text + "\n", encoding="utf-8")


def read_facts(path: Path) -> HistoryFacts:
    """Read the facts; refuse a file that does not hold them."""
    try:
        facts = json.loads(path.read_text(encoding="utf-8"))
        version = facts.pop("schema_version")
        if version != SCHEMA_VERSION:
            raise ValueError(f"schema_version is {version}, not {SCHEMA_VERSION}")  # noqa: TRY301 - one refusal for all
        return _facts(facts)
    except OSError as error:
        raise Refused(f"{path} cannot be read ({error.strerror}): name the JSON of a replay.") from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise Refused(f"{path} is not the JSON of a replay ({error}): replay the history again.") from error


def _facts(facts: dict[str, Any]) -> HistoryFacts:
    account, lateness = facts.pop("account"), facts.pop("lateness")
    windows, worst = facts.pop("windows"), facts.pop("worst")
    notes = [Note(**note) for note in account.pop("notes")]
    return HistoryFacts(
        account=ReadLog(**account, notes=notes),
        lateness=Lateness(**_with_pairs(lateness, "quantiles", "curve")),
        windows=tuple(_window(window) for window in windows),
        worst=tuple(WorstRow(**{**row, "lines": tuple(row["lines"])}) for row in worst),
        **{**facts, "key": tuple(facts["key"])},
    )


def _with_pairs(values: Mapping[str, Any], *names: str) -> dict[str, Any]:
    return {**values, **{name: tuple(map(tuple, values[name])) for name in names}}


def _window(values: Mapping[str, Any]) -> TriedWindow:
    rest = {**values, "forecast": Forecast(**values["forecast"]), "difference": tuple(values["difference"])}
    return TriedWindow(**rest)
