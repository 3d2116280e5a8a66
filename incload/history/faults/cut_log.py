"""A change log that loses its entries before they were read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from incload.assumptions import Assumption
from incload.history.faults.fault import Fault

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from incload.history.faults.fault import Choose, Victim
    from incload.history.lag import Sync


@dataclass(frozen=True, slots=True)
class CutLog(Fault):
    """The source's change log loses all its entries before the sync, without a trace."""

    kind: ClassVar[str] = "cut_log"

    def before(self, victim: Victim) -> None:
        """Cut the log."""
        victim.cut_log()

    def broken_by(self, sync: Sync, faults: Sequence[Fault]) -> Iterator[tuple[Assumption, int | None]]:  # noqa: ARG002 - it stands alone
        """Only a log that held something is missed."""
        if self.holds(sync.number) and sync.changes:
            yield Assumption.LOG_KEPT, None

    def said(self, sync: int) -> str:
        """Say what happened to the log."""
        return f"Before sync {sync} the source's change log lost all its entries."

    @classmethod
    def drawn(cls, choose: Choose, sync: int, first: int) -> CutLog:  # noqa: ARG003 - at first the log is empty
        """Cut it before the sync."""
        return cls(sync)
