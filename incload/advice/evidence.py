"""What a history shows: every assumption, held or broken, how often and by how much, and how its syncs lie in time."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import pairwise
from typing import TYPE_CHECKING

from incload.assumptions import OF_READING, Assumption
from incload.history.breaks import SIZES_ONLY, Measured
from incload.history.lag import syncs
from incload.history.lag_profile import Profiler

if TYPE_CHECKING:
    from collections.abc import Mapping

    from incload.history.breaks import Breaks
    from incload.history.history import History
    from incload.history.lag_profile import Lateness
    from incload.table import Table

_MICROSECOND = timedelta(microseconds=1)

NOT_SHOWN = (
    Assumption.COMPLETE_READ,
    Assumption.STATE_NOT_AHEAD,
    Assumption.STATE_KEPT,
    Assumption.ATOMIC_COMMIT,
    Assumption.LOG_KEPT,
)
"""What no history of a source shows: it is up to the loader, and holds for a load by incload."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """What a history shows.

    Attributes:
        table: The table.
        lateness: How its changes lie behind.
        breaks: Every assumption that is broken, with its size.
        times: How often each is broken.
        clocks: What the source's clock showed at each sync, in microseconds.
        doubt: Why no load by the cursor is believed; empty where its values were read.
        column_changes: How often a table that was watched had other columns than before.
    """

    table: Table
    lateness: Lateness
    breaks: Breaks
    times: Mapping[Assumption, int]
    clocks: tuple[int, ...]
    doubt: str = ""
    column_changes: int = 0

    @property
    def interval(self) -> timedelta:
        """The longest time between two syncs."""
        return max((after - before for before, after in pairwise(self.clocks)), default=0) * _MICROSECOND

    @property
    def span(self) -> timedelta:
        """From the first sync to the last."""
        return (self.clocks[-1] - self.clocks[0]) * _MICROSECOND

    def longest(self, number: int) -> timedelta:
        """Return the longest time that so many syncs one after the other took."""
        ends = zip(self.clocks, self.clocks[number:], strict=False)
        return max((after - before for before, after in ends), default=self.clocks[-1] - self.clocks[0]) * _MICROSECOND

    def with_column_changes(self, times: int) -> Evidence:
        """Return the same with the columns changed so often, which no tick of a recording shows."""
        if not times:
            return self
        broken = Assumption.FIXED_SCHEMA
        breaks, all_times = {**self.breaks, broken: None}, {**self.times, broken: times}
        return replace(self, breaks=breaks, times=all_times, column_changes=times)

    def without(self, assumption: Assumption) -> Breaks:
        """Return what is broken but for one assumption, which the user says never is."""
        return {each: size for each, size in self.breaks.items() if each is not assumption}


def gather(history: History) -> Evidence:
    """Follow a history and measure it; its ticks are taken."""
    profiler, measured, clocks = Profiler(()), Measured(), list[int]()
    for sync in syncs(history):
        profiler.see(sync)
        measured.see(sync)
        clocks.append(sync.clock)
    return Evidence(history.table, profiler.lateness(), measured.breaks, measured.times, tuple(clocks))


def listed(evidence: Evidence) -> list[dict[str, object]]:
    """Return every assumption that a history can show: held or broken, how often, and the largest size in seconds."""
    found: list[dict[str, object]] = []
    for each in Assumption:
        if each in NOT_SHOWN or each in OF_READING or each in {Assumption.WHOLE_READ, Assumption.READ_ONCE}:
            continue
        size = evidence.breaks.get(each)
        is_broken = each in evidence.breaks and (each not in SIZES_ONLY or size is None)
        found.append(
            {
                "assumption": each.name,
                "says": str(each),
                "held": not is_broken,
                "times_broken": evidence.times.get(each, 0) if is_broken else 0,
                "largest_seconds": None if size is None else size.total_seconds(),
            }
        )
    return found
