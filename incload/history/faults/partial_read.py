"""A source that answers without some of its rows, and does not say so."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar

from incload.assumptions import Assumption
from incload.history.faults.fault import Fault

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from incload.history.faults.fault import Choose, Victim


@dataclass(frozen=True, slots=True)
class PartialRead(Fault):
    """The source answers without its last rows, in the order of the key.

    Attributes:
        share: The share of rows that is missing, 0 to 1.
    """

    kind: ClassVar[str] = "partial_read"
    breaks: ClassVar[frozenset[Assumption]] = frozenset({Assumption.COMPLETE_READ})
    share: float = field(kw_only=True)

    def during(self, victim: Victim) -> AbstractContextManager[None]:
        """Hide the rows."""
        return victim.last_rows_hidden(self.share)

    @property
    def slot(self) -> str:
        """No rows can be hidden from a sync while the source changes."""
        return f"rows {self.sync}"

    def explains(self, sync: int) -> bool:
        """A row that was hidden could not be read."""
        return self.holds(sync)

    def said(self, sync: int) -> str:
        """Say how many rows were missing."""
        return f"The source answered sync {sync} without the last {self.share:.0%} of its rows, and did not say so."

    @classmethod
    def drawn(cls, choose: Choose, sync: int, first: int) -> PartialRead:  # noqa: ARG003 - it may hold at the first load
        """Draw the share."""
        return cls(first, share=choose((0.3, 0.5)))
