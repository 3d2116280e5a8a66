"""What happens between two steps of a sync: the next tick, another run, or the end of the run.

A loader that lets the harness act there calls `SyncRequest.between`; the faults that hold at the sync then do what they
do, on the databases of the trial, and always after the same step.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Protocol

from incload.history.faults.between_queries import Died

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from incload.auditing.audit import Difference, Key
    from incload.contenders.contender import SyncResult
    from incload.history.faults import Fault


class Trying(Protocol):
    """A trial under way."""

    def load(self) -> SyncResult:
        """Have the contender perform a sync."""

    def sync_once(self) -> SyncResult:
        """Have it perform one while another of its syncs runs."""

    def next_tick(self) -> int | None:
        """Let the next tick happen while a sync runs; return its number, or None when there is none."""


@dataclass(slots=True)
class Steps:
    """The steps of the syncs of a trial: a `Running` of the faults.

    Attributes:
        trying: The trial.
        early: The ticks that happened while a sync ran, the oldest first, each until its own sync has come.
        changed: The keys that ticks have touched since the last run began.
    """

    trying: Trying
    early: list[int] = field(default_factory=list)
    changed: set[Key] = field(default_factory=set)
    _now: Sequence[Fault] = ()
    _left: list[Fault] = field(default_factory=list)
    _step: int = 0
    _reached: int = 0

    def under(self, now: Sequence[Fault]) -> SyncResult:
        """Sync under the faults of the time; where one kills a run, another run follows it.

        A run that ends before a fault would kill it is the sync, and the other faults have happened to it. After a
        death the next run meets what is left of them: each happens once.
        """
        self._left = sorted(now, key=lambda fault: not fault.dies)  # nothing happens at a step after a death
        self._reached = 0
        while True:
            try:
                return self._run()
            except Died:
                continue

    def _run(self) -> SyncResult:
        self._now, self._step, self.changed = tuple(self._left), 0, set()
        try:
            return self.trying.load()
        finally:
            self._now = ()

    def between(self) -> None:
        """Let happen what the faults of the time do after this step."""
        if not self._now:
            return
        self._step += 1
        for fault in self._now:
            if fault.dies or self._step > self._reached:
                self._happen(fault)
        self._reached = max(self._reached, self._step)

    def _happen(self, fault: Fault) -> None:
        """Let a fault do what it does after this step; one that has ended a run ends no other."""
        try:
            fault.at_step(self._step, self)
        except Died:
            self._left.remove(fault)
            raise

    def next_tick(self) -> None:
        """Let the next tick happen now."""
        number = self.trying.next_tick()
        if number is not None:
            self.early.append(number)

    def second_run(self) -> None:
        """Run another sync, in which nothing happens."""
        now, self._now = self._now, ()
        self.trying.sync_once()
        self._now = now


def without(found: Difference, keys: Collection[Key]) -> Difference:
    """Return what is wrong with all but some keys."""
    return replace(
        found,
        lost=found.lost.difference(keys),
        stale=found.stale.difference(keys),
        phantom=found.phantom.difference(keys),
        duplicated={key: count for key, count in found.duplicated.items() if key not in keys},
    )
