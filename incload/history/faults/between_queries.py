"""What happens while a sync runs, between two of its queries: the source changes, another sync runs, or it dies.

Only a loader that lets the harness act between its steps can meet these; one that reads one snapshot and commits once
has no such moment, and a history goes on for it as if nothing had happened.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from incload.assumptions import Assumption
from incload.history.faults.fault import Fault

if TYPE_CHECKING:
    from incload.history.faults.fault import Choose, Running


class Died(BaseException):
    """A loader was killed between two of its steps. It is no `Exception`: no loader may catch its own death."""


@dataclass(frozen=True, slots=True)
class ChangeDuringSync(Fault):
    """The next tick happens after the first step of the sync, and not before the next one."""

    kind: ClassVar[str] = "change_during_sync"
    breaks: ClassVar[frozenset[Assumption]] = frozenset({Assumption.ONE_SNAPSHOT})
    needs_steps: ClassVar[bool] = True

    @property
    def slot(self) -> str:
        """No rows can be hidden from a sync while the source changes."""
        return f"rows {self.sync}"

    def lets_tick_in(self, sync: int) -> bool:
        """It does at its sync."""
        return self.holds(sync)

    def at_step(self, step: int, running: Running) -> None:
        """Let the tick happen."""
        if step == 1:
            running.next_tick()

    def said(self, sync: int) -> str:
        """Say what changed when."""
        return f"While sync {sync} ran, between two of its queries, the source went on to what the next tick brings."

    @classmethod
    def drawn(cls, choose: Choose, sync: int, first: int) -> ChangeDuringSync:  # noqa: ARG003 - it may hold at the first load
        """Draw the sync."""
        return cls(first)

    def possible(self, syncs: int, skipped: frozenset[int | None]) -> bool:  # noqa: ARG002 - as for every fault
        """Return whether there is a tick after the sync."""
        return (self.sync or 0) < syncs


@dataclass(frozen=True, slots=True)
class SecondRun(Fault):
    """A second sync begins and ends after the first step of the sync."""

    kind: ClassVar[str] = "second_run"
    breaks: ClassVar[frozenset[Assumption]] = frozenset({Assumption.ONE_WRITER})
    needs_steps: ClassVar[bool] = True

    def at_step(self, step: int, running: Running) -> None:
        """Run the second one."""
        if step == 1:
            running.second_run()

    def said(self, sync: int) -> str:
        """Say what ran."""
        return f"While sync {sync} ran, a second sync of the same table began and ended."

    @classmethod
    def drawn(cls, choose: Choose, sync: int, first: int) -> SecondRun:  # noqa: ARG003 - it may hold at the first load
        """Draw the sync."""
        return cls(first)


@dataclass(frozen=True, slots=True)
class DieBetween(Fault):
    """A run before the sync dies after one of its steps, and what it has committed stays.

    Attributes:
        step: After which step, counted from 1; a run with fewer steps ends as any other.
    """

    kind: ClassVar[str] = "die_between"
    breaks: ClassVar[frozenset[Assumption]] = frozenset({Assumption.RUN_COMPLETES})
    needs_steps: ClassVar[bool] = True
    step: int = 1

    @property
    def dies(self) -> bool:
        """It does."""
        return True

    def at_step(self, step: int, running: Running) -> None:  # noqa: ARG002 - nothing else happens
        """Die."""
        if step == self.step:
            raise Died

    def said(self, sync: int) -> str:
        """Say when it died."""
        return f"Before sync {sync} a run died after its step {self.step}; the next run went on from what was left."

    @classmethod
    def drawn(cls, choose: Choose, sync: int, first: int) -> DieBetween:  # noqa: ARG003 - it may hold at the first load
        """Draw the step."""
        return cls(first, step=choose((1, 2)))

    @property
    def oddity(self) -> int:
        """The later, the more."""
        return self.step
