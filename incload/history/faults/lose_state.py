"""State that is lost between two syncs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from incload.assumptions import Assumption
from incload.history.faults.fault import Fault

if TYPE_CHECKING:
    from incload.history.faults.fault import Choose, Victim


@dataclass(frozen=True, slots=True)
class LoseState(Fault):
    """The state is gone before the sync; the target stays."""

    kind: ClassVar[str] = "lose_state"
    breaks: ClassVar[frozenset[Assumption]] = frozenset({Assumption.READ_ONCE})
    needs_state: ClassVar[bool] = True

    def before(self, victim: Victim) -> None:
        """Remove the state."""
        victim.lose_state()

    def said(self, sync: int) -> str:
        """Say that the state was lost."""
        return f"Before sync {sync} the state was lost."

    @classmethod
    def drawn(cls, choose: Choose, sync: int, first: int) -> LoseState:  # noqa: ARG003 - there is nothing to lose at first
        """Lose it before the sync."""
        return cls(sync)
