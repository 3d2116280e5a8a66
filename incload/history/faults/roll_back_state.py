"""State that is an old one again, as after a backup was restored."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar

from incload.assumptions import Assumption
from incload.history.faults.fault import Fault

if TYPE_CHECKING:
    from incload.history.faults.fault import Choose, Victim


@dataclass(frozen=True, slots=True)
class RollBackState(Fault):
    """Before the sync the state is again what it was after an earlier one.

    Attributes:
        to: The sync whose state comes back.
    """

    kind: ClassVar[str] = "roll_back_state"
    breaks: ClassVar[frozenset[Assumption]] = frozenset({Assumption.READ_ONCE, Assumption.STATE_KEPT})
    needs_state: ClassVar[bool] = True
    to: int = 0

    def keeps(self, sync: int) -> bool:
        """Keep the state that comes back."""
        return sync == self.to

    def before(self, victim: Victim) -> None:
        """Put the old state in place of the new."""
        victim.put_state_back(victim.state_after(self.to))

    def said(self, sync: int) -> str:
        """Say which state came back."""
        return f"Before sync {sync} the state was put back to what it was after sync {self.to}."

    @classmethod
    def drawn(cls, choose: Choose, sync: int, first: int) -> RollBackState:  # noqa: ARG003 - the first load comes after none
        """Draw which state comes back."""
        return cls(sync, to=choose(range(sync)))

    def after_removal(self, gone: int) -> RollBackState | None:
        """Move the sync whose state comes back as well."""
        moved = Fault.after_removal(self, gone)
        return None if moved is None else replace(self, sync=moved.sync, to=max(self.to - (self.to >= gone), 0))

    def possible(self, syncs: int, skipped: frozenset[int | None]) -> bool:
        """Return whether the state that comes back is of a sync that ran."""
        return Fault.possible(self, syncs, skipped) and self.to not in skipped
