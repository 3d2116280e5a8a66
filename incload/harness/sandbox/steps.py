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
        """Let the next tick happen; return its number, or None when there is none."""


@dataclass(slots=True)
class Steps:
    """The steps of the syncs of a trial: a `Running` of the faults.

    Attributes:
        trying: The trial.
        early: The tick that happened while the last sync ran, until its own sync has come; empty for none.
        changed: The keys that it touched, and those of every tick before.
    """

    trying: Trying
    early: list[int] = field(default_factory=list)
    changed: set[Key] = field(default_factory=set)
    _now: Sequence[Fault] = ()
    _step: int = 0

    def under(self, now: Sequence[Fault]) -> SyncResult:
        """Sync under the faults of the time; where one kills a run, another run follows it."""
        killing = [fault for fault in now if fault.dies]
        for fault in killing:
            try:
                return self._run([fault])
            except Died:
                continue
        return self._run([fault for fault in now if not fault.dies])

    def _run(self, now: Sequence[Fault]) -> SyncResult:
        self._now, self._step, self.changed = now, 0, set()
        try:
            return self.trying.load()
        finally:
            self._now = ()

    def between(self) -> None:
        """Let happen what the faults of the time do after this step."""
        self._step += 1
        for fault in self._now:
            fault.at_step(self._step, self)

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
