"""What happens between the steps of a sync happens once, also where another fault of it kills a run, or cannot."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest

from incload.contenders.contender import SyncResult
from incload.harness.sandbox.steps import Steps
from incload.history.faults.between_queries import ChangeDuringSync, DieBetween, SecondRun

if TYPE_CHECKING:
    from incload.history.faults.fault import Fault

CHANGE, SECOND = ChangeDuringSync(6), SecondRun(6)


@dataclass
class Tried:
    """A loader of some steps, and what happened while it ran."""

    length: int
    log: list[str] = field(default_factory=list)
    ticks: int = 6

    def __post_init__(self) -> None:
        """Make its steps."""
        self.steps = Steps(self)

    def load(self) -> SyncResult:
        """Note the run."""
        self.log.append("run")
        return self.sync_once()

    def sync_once(self) -> SyncResult:
        """Note each step."""
        for number in range(1, self.length + 1):
            self.log.append(f"step {number}")
            self.steps.between()
        self.log.append("end")
        return SyncResult()

    def next_tick(self) -> int:
        """Note the tick."""
        self.ticks += 1
        self.log.append(f"tick {self.ticks}")
        return self.ticks


@pytest.mark.parametrize(
    ("length", "faults", "expected"),
    [
        (1, [DieBetween(6, step=2), CHANGE], "run, step 1, tick 7, end"),
        (1, [CHANGE, DieBetween(6, step=2)], "run, step 1, tick 7, end"),
        (1, [DieBetween(6, step=2), DieBetween(6), CHANGE], "run, step 1, run, step 1, tick 7, end"),
        (2, [CHANGE, DieBetween(6)], "run, step 1, run, step 1, tick 7, step 2, end"),
        (2, [DieBetween(6, step=2), CHANGE], "run, step 1, tick 7, step 2, run, step 1, step 2, end"),
        (1, [DieBetween(6, step=2), SECOND], "run, step 1, step 1, end, end"),
        (2, [DieBetween(6, step=2), SECOND], "run, step 1, step 1, step 2, end, step 2, run, step 1, step 2, end"),
        (0, [DieBetween(6), CHANGE], "run, end"),
        (2, [], "run, step 1, step 2, end"),
    ],
)
def test_every_fault_of_a_sync_happens_once(length: int, faults: list[Fault], expected: str) -> None:
    """A run with too few steps to be killed meets the others; one that is killed leaves the next what is left."""
    tried = Tried(length)
    tried.steps.under(faults)

    assert ", ".join(tried.log) == expected


def test_ticks_that_happened_early_are_kept_in_their_order() -> None:
    """Two ticks may happen while one sync runs."""
    tried = Tried(1)
    tried.steps.under([CHANGE, CHANGE])

    assert tried.steps.early == [7, 8]
