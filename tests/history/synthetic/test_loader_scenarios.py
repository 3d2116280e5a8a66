"""What each scenario does to four loaders that are played on paper: a few lines each, and no database.

They are a strict watermark, a lookback of ten minutes, a digest of every row, and a copy of everything.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest

from incload.history.synthetic.scenarios import SCENARIOS, Scenario

if TYPE_CHECKING:
    from conftest import Row, Rows, Sync, Syncs

    from incload.history.faults import Fault

TEN_MINUTES = 600_000_000


@dataclass
class Loader:
    """A loader on paper: the copy it keeps, and what it remembers."""

    copy: Rows = field(default_factory=dict)
    state: object = None

    def load(self, rows: Rows) -> None:
        """Read some rows, write them, remember."""
        raise NotImplementedError


class Watermark(Loader):
    """Reads what is newer than the newest timestamp that it has read."""

    behind = 0

    def reads(self, row: Row) -> bool:
        """Return whether a row is read."""
        timestamp = row["modified_at"]
        if self.state is None:
            return True
        return timestamp is not None and timestamp > self.state  # type: ignore[operator]  # whole numbers

    def load(self, rows: Rows) -> None:
        """Read, merge, and keep the newest timestamp."""
        read = {key: row for key, row in rows.items() if self.reads(row)}
        self.copy = self.copy | read
        timestamps = [row["modified_at"] for row in read.values() if row["modified_at"] is not None]
        self.state = max([*timestamps, *([] if self.state is None else [self.state])])  # type: ignore[type-var]


class Lookback(Watermark):
    """Reads what is at most ten minutes older than the newest timestamp that it has read."""

    def reads(self, row: Row) -> bool:
        """Return whether a row is read."""
        timestamp = row["modified_at"]
        if self.state is None:
            return True
        return timestamp is not None and timestamp >= self.state - TEN_MINUTES  # type: ignore[operator]  # whole numbers


class Digests(Loader):
    """Reads what differs from what it remembers of the row, and deletes what it remembers and does not find."""

    def load(self, rows: Rows) -> None:
        """Read, merge, delete, and remember every row."""
        known = self.state if isinstance(self.state, dict) else {}
        read = {key: row for key, row in rows.items() if known.get(key) != row}
        gone = known.keys() - rows.keys()
        self.copy = {key: row for key, row in (self.copy | read).items() if key not in gone}
        self.state = dict(rows)


class Everything(Loader):
    """Replaces its copy with all that there is."""

    def load(self, rows: Rows) -> None:
        """Read and replace."""
        self.copy = dict(rows)


LOADERS = {"strict": Watermark, "lookback": Lookback, "digests": Digests, "everything": Everything}


def answer(rows: Rows, faults: list[Fault]) -> Rows:
    """Return the rows that a source answers with."""
    for fault in faults:
        if fault.kind == "partial_read":
            keys = sorted(rows)
            rows = {key: rows[key] for key in keys[: len(keys) - int(len(keys) * fault.share)]}
    return rows


def run(loader: Loader, seen: list[Sync], faults: tuple[Fault, ...]) -> set[int]:
    """Load at every sync, let the faults happen, and return every key that was ever wrong."""
    states: dict[int, object] = {}
    wrong: set[int] = set()
    for sync in seen:
        now = [fault for fault in faults if fault.sync in {None, sync.number}]
        rows, kinds = answer(sync.rows, now), {fault.kind: fault for fault in now}
        if "lose_state" in kinds:
            loader.state = None
        if "roll_back_state" in kinds:
            loader.state = states[kinds["roll_back_state"].to]
        before = loader.copy, loader.state
        loader.load(rows)
        if "crash_after_state" in kinds:
            loader.copy = before[0]
            loader.load(rows)
        if "crash_after_rows" in kinds:
            loader.state = before[1]
            loader.load(rows)
        if isinstance(loader.state, int) and "truncate_state" in kinds:
            loader.state -= loader.state % kinds["truncate_state"].unit
        if isinstance(loader.state, int) and "round_up_state" in kinds:
            loader.state += -loader.state % kinds["round_up_state"].unit
        states[sync.number] = loader.state
        wrong |= {key for key in loader.copy | sync.rows if loader.copy.get(key) != sync.rows.get(key)}
    return wrong


WATERMARKS = {"strict", "lookback"}
WRONG: dict[str, set[str]] = {
    "clean": set(),
    "inserts_only": set(),
    "late_arrivals": {"strict"},
    "late_beyond_window": WATERMARKS,
    "late_commit": {"strict"},
    "backdated_bulk": WATERMARKS,
    "clock_skew": {"strict"},
    "dst_fold": WATERMARKS,
    "out_of_order_versions": {"strict"},
    "duplicate_timestamps": {"strict"},
    "duplicate_timestamps_smaller_id": {"strict"},
    "coarse_timestamps": {"strict"},
    "coarse_timestamps_seconds": {"strict"},
    "coarse_timestamps_days": {"strict"},
    "future_timestamp": WATERMARKS,
    "null_cursor": WATERMARKS,
    "touched_without_change": set(),
    "updates_without_touch": WATERMARKS,
    "soft_deletes": WATERMARKS,
    "hard_deletes": WATERMARKS,
    "delete_and_reinsert": WATERMARKS,
    "key_change": WATERMARKS,
    "id_order_is_not_commit_order": set(),
    "truncate_and_reload": WATERMARKS,
    "memory_ahead_of_source": WATERMARKS,
    "schema_drift": WATERMARKS,
    "missed_syncs": set(),
    "log_expired": set(),
    "insert_and_delete_between_syncs": set(),
    "watermark_truncated": set(),
    "watermark_rounded_up": {"strict"},
    "memory_lost": set(),
    "memory_rolled_back": {"strict", "lookback", "digests"},
    "crash_between_rows_and_memory": {"strict", "digests"},
    "crash_after_rows": set(),
    "partial_read": {"strict", "lookback", "digests", "everything"},
}
"""The loaders that each scenario makes wrong at some sync, whatever size and seed."""


@pytest.mark.parametrize("rows", [100, 400])
@pytest.mark.parametrize("known", SCENARIOS, ids=lambda known: known.id)
def test_a_scenario_is_wrong_for_those_it_should_be(known: Scenario, rows: int, syncs: Syncs) -> None:
    """Over three seeds, the same loaders have wrong rows at some sync, and more than one row."""
    for seed in (1, 2, 3):
        seen = syncs(known.build(rows, seed), known.faults)
        wrong = {name: run(make(), seen, known.faults) for name, make in LOADERS.items()}

        assert {name for name, keys in wrong.items() if keys} == WRONG[known.id]
        assert all(len(keys) > 1 for keys in wrong.values() if keys)
