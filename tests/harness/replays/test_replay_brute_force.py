"""A brute-force reference of a replay: dictionaries alone, whole snapshots, every row compared after every sync.

It shares nothing with the harness: no SQL, no lags, no increments, and each strategy is said again in a line or two.
"""

from __future__ import annotations

import json
import tempfile
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from incload.harness.falsify.claims import provable
from incload.harness.replays.replay import ReplayPlan, replay
from incload.history.recorded.options import ReplayOptions
from incload.history.recorded.reader import open_history
from incload.registry import strategies
from tests.effort import effort

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from incload.harness.replays.replay import Replay

Row = tuple[int | None, str]
"""The timestamp of a row in milliseconds since 1970, and its value."""
Snapshot = dict[str, Row] | None
"""All rows by key; None for a snapshot that cannot be used."""
Past = list[tuple[int, Snapshot]]
"""Each snapshot after its time in milliseconds since 1970."""

MINUTE, DAY = 60_000, 86_400_000
NOON = 1_767_268_800_000
"""2026-01-01T12:00Z in milliseconds."""


WIDTHS = (10, 20, 40, 80, 160, 320, 640, 1280)
"""The windows in minutes that may be learned, but for the widest, a day."""


@dataclass
class Loader:
    """One strategy's copy and state: the watermark, the largest key and the known rows at it, the number of syncs."""

    name: str
    copy: dict[str, Row] = field(default_factory=dict)
    mark: int | None = None
    key: str = ""
    known: set[tuple[str, Row]] = field(default_factory=set)
    syncs: int = 0
    read: int = 0
    wide: int = 0
    calm: dict[int, int] = field(default_factory=lambda: dict.fromkeys(WIDTHS, 300))

    def load(self, rows: Mapping[str, Row], clock: int) -> None:
        """Do one sync."""
        all_ = self.name in WHOLE or (self.mark is None and self.name != "settling_delay") or self._compares()
        found = {key: row for key, row in rows.items() if all_ or self._reads(key, row, clock)}
        if self.name == "adaptive_lookback":
            self._learn(found)
        if self.name == "trigger_cdc":
            found = {key: row for key, row in rows.items() if self.copy.get(key) != row}
            self.copy = {key: row for key, row in self.copy.items() if key in rows}
        if self.name in {"digest_blocks", "full_refresh", "row_hash_cdc", "snapshot_diff"} or self._compares():
            self.copy = {}
        self.copy |= found
        self.read += len(found)
        self.syncs += 1
        late = self.name == "clock_bounded_watermark"
        timestamps = [
            (row[0], key) for key, row in found.items() if row[0] is not None and not (late and row[0] > clock)
        ]
        if timestamps and (self.mark is None or max(timestamps)[0] >= self.mark):
            top = max(timestamps)[0]
            at_top = {(key, row) for key, row in found.items() if row[0] == top}
            self.known = at_top | (self.known if top == self.mark else set())
            self.mark, self.key = max(timestamps)

    def _learn(self, found: Mapping[str, Row]) -> None:
        """Count for each width how many changes in a row lay within it."""
        cursors = [row[0] for row in found.values() if row[0] is not None]
        if self.mark is None or self.syncs % 5 == 0:
            self.wide = max([*cursors, self.mark or 0])
        if self.mark is not None:
            lags = [
                self.mark - row[0] for key, row in found.items() if row[0] is not None and self.copy.get(key) != row
            ]
            for width in WIDTHS:
                late = any(lag > width * MINUTE for lag in lags)
                self.calm[width] = 0 if late else min(self.calm[width] + len(lags), 300)

    def start(self, mark: int) -> int:
        """Return from where on a window that learns is read."""
        if self.syncs % 5 == 0:
            return min(mark, self.wide) - DAY
        return mark - next((width for width in WIDTHS if self.calm[width] == 300), 1440) * MINUTE

    def _compares(self) -> bool:
        return self.name == "lookback_with_reconciliation" and (self.mark is None or self.syncs % 4 == 0)

    def _reads(self, key: str, row: Row, clock: int) -> bool:
        timestamp, mark = row[0], self.mark
        if self.name == "settling_delay":
            return mark is None if timestamp is None else (mark or 0) <= timestamp <= clock - 10 * MINUTE
        return timestamp is not None and mark is not None and READS[self.name](self, timestamp, mark, clock, key, row)


WHOLE = {
    "digest_blocks",
    "full_refresh",
    "row_hash_cdc",
    "row_hash_cdc_without_removes",
    "snapshot_diff",
    "trigger_cdc",
}
READS: dict[str, Callable[[Loader, int, int, int, str, Row], bool]] = {
    "timestamp_watermark": lambda _, timestamp, mark, *__: timestamp > mark,
    "timestamp_watermark_inclusive": lambda _, timestamp, mark, *__: timestamp >= mark,
    "clock_bounded_watermark": lambda _, timestamp, mark, *__: timestamp > mark,
    "composite_watermark": lambda me, timestamp, mark, _, key, __: (timestamp, key) > (mark, me.key),
    "boundary_dedup": lambda me, timestamp, mark, _, key, row: timestamp >= mark and (key, row) not in me.known,
    "lookback_window": lambda _, timestamp, mark, *__: timestamp >= mark - 10 * MINUTE,
    "lookback_window_minutes_1": lambda _, timestamp, mark, *__: timestamp >= mark - MINUTE,
    "lookback_window_minutes_30_from_clock": lambda _, timestamp, __, clock, *___: timestamp >= clock - 30 * MINUTE,
    "lookback_with_reconciliation": lambda _, timestamp, mark, *__: timestamp >= mark - 10 * MINUTE,
    "adaptive_lookback": lambda me, timestamp, mark, *__: timestamp >= me.start(mark),
    "sparse_lookback": lambda _, timestamp, mark, *__: any(
        mark - back - 10 * MINUTE <= timestamp <= mark - back or (not back and timestamp >= mark)
        for back in (0, DAY, 7 * DAY)
    ),
}

N_A = {"gap_aware_id", "incrementing_id", "commit_horizon", "log_cdc"}
"""Those that cannot follow a history of keys that are texts on SQLite."""


def figures(name: str, past: Past, *, keep: bool, every: int) -> dict[str, object]:
    """Return what a replay by one strategy has to show."""
    loader, rows = Loader(name), dict[str, Row]()
    since: dict[str, int] = {}
    kinds: dict[str, str] = {}
    healed: list[int] = []
    ever: set[str] = set()
    wrong_syncs = sync = 0
    usable = [(at, snapshot) for at, snapshot in past if snapshot is not None]
    for number, (clock, snapshot) in enumerate(usable):
        rows = {**(rows if keep else {}), **snapshot}
        if number % every and number < len(usable) - 1:
            continue
        loader.load(rows, clock)
        wrong = {key: "stale" if key in loader.copy else "lost" for key in rows if loader.copy.get(key) != rows[key]}
        if name == "settling_delay":
            wrong = {key: kind for key, kind in wrong.items() if (rows[key][0] or 0) <= clock - 10 * MINUTE}
        healed += [sync - since.pop(key) for key in list(since) if key in rows and key not in wrong]
        since = {key: first for key, first in since.items() if key in rows} | {
            key: since.get(key, sync) for key in wrong
        }
        kinds = {key: kind for key, kind in kinds.items() if key not in rows} | wrong
        ever |= wrong.keys()
        wrong_syncs += bool(wrong)
        sync += 1
    return {
        "lost_permanently": sum(kind == "lost" for kind in kinds.values()),
        "stale_permanently": sum(kind == "stale" for kind in kinds.values()),
        "rows_ever_wrong": len(ever),
        "wrong_syncs": wrong_syncs,
        "heal_syncs_median": float(median(healed)) if healed else None,
        "heal_syncs_max": max(healed, default=None),
        "phantom": len(loader.copy.keys() - rows.keys()),
        "rows_read": loader.read,
        "syncs": sync,
    }


def replayed(past: Past, *, keep: bool = False, every: int = 1, workers: int = 1) -> Replay:
    """Write the snapshots into a folder and replay them with every strategy."""
    with tempfile.TemporaryDirectory() as name:
        for at, snapshot in past:
            when = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=at)
            rows = None if snapshot is None else list(snapshot.items())
            text = "{" if rows is None else json.dumps([{"id": key, "at": at, "v": value} for key, (at, value) in rows])
            Path(name, f"{when:%Y-%m-%dT%H-%M-%S}.json").write_text(text, encoding="utf-8")
        options = ReplayOptions(key=("id",), cursor="at", every=every, vanished="keep" if keep else "delete")
        return replay(*open_history(name, options), strategies(), ReplayPlan(workers=workers))


@st.composite
def pasts(draw: st.DrawFn) -> Past:
    """Draw some snapshots: rows appear, change with or without their timestamp, are late, vanish and return."""
    rows: dict[str, Row] = {"0": (NOON, "a")}
    gone: dict[str, Row] = {}
    past: Past = [(NOON, dict(rows))]
    behind = st.sampled_from((0, 1, MINUTE, MINUTE + 1, 10 * MINUTE, 10 * MINUTE + 1, 35 * MINUTE, DAY, 7 * DAY))
    for _ in range(draw(st.integers(2, 9))):
        clock = past[-1][0] + draw(st.sampled_from((MINUTE, 10 * MINUTE, 40 * MINUTE, DAY)))
        for key in draw(st.lists(st.sampled_from("0123456"), max_size=3)):
            timestamp = draw(st.one_of(behind.map(clock.__sub__), st.none(), st.sampled_from((clock + DAY,))))
            match draw(st.sampled_from(("write", "write", "write", "touch not", "return", "vanish"))):
                case "write":
                    rows[key] = (timestamp, draw(st.sampled_from("abc")))
                case "touch not" if key in rows:
                    rows[key] = (rows[key][0], draw(st.sampled_from("abc")))
                case "return" if key in gone:
                    rows[key] = gone[key]
                case _ if key in rows:
                    gone[key] = rows.pop(key)
        past.append((clock, dict(rows) if draw(st.integers(0, 9)) else None))
    return past


def test_every_strategy_is_known_to_the_reference() -> None:
    """Whatever is registered and can follow a history of keys that are texts has a line of its own here."""
    known = {*WHOLE, *READS, "settling_delay"}

    assert {each.id for each in strategies()} - known == N_A


def test_what_cannot_follow_needs_a_server_or_numbers() -> None:
    """Of those that cannot follow such a history, only two could if its keys were numbers."""
    assert {each.id for each in provable()} & N_A == {"gap_aware_id", "incrementing_id"}


@pytest.mark.slow
@settings(max_examples=effort(15, 300), deadline=None)
@given(pasts(), st.booleans(), st.integers(1, 3))
def test_harness_and_reference_agree(past: Past, keep: bool, every: int) -> None:  # noqa: FBT001 - drawn
    """Every figure of every strategy is that of the reference, and every window did what was predicted of it."""
    found = replayed(past, keep=keep, every=every)

    for row in found.rows:
        assert (row.outcome == "not_applicable") is (row.strategy in N_A)
        if row.strategy in N_A:
            continue
        expected = figures(row.strategy, past, keep=keep, every=every)
        assert {name: getattr(row, name) for name in expected} == expected, row.strategy
    assert [window.difference for window in found.windows] == [()] * len(found.windows)
