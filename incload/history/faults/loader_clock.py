"""What the loader's own machine says of the time: a clock that is fast, a session in another zone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, ClassVar

from incload.assumptions import Assumption
from incload.history.faults.fault import Fault

if TYPE_CHECKING:
    from incload.history.faults.fault import Choose

MINUTE = 60_000_000


@dataclass(frozen=True, slots=True)
class FastClock(Fault):
    """The clock of the loader's machine is ahead of the source's.

    Attributes:
        by: By how many microseconds.
    """

    kind: ClassVar[str] = "fast_clock"
    breaks: ClassVar[frozenset[Assumption]] = frozenset({Assumption.CLOCKS_AGREE})
    bends_clock: ClassVar[bool] = True
    by: int = 2 * MINUTE

    def clock(self, now: datetime) -> datetime:
        """Return what the loader's clock shows."""
        return now + timedelta(microseconds=self.by)

    def said(self, sync: int) -> str:  # noqa: ARG002 - it holds at every sync
        """Say by how much it is fast."""
        return f"The loader's clock is {timedelta(microseconds=self.by)} ahead of the source's."

    @classmethod
    def drawn(cls, choose: Choose, sync: int, first: int) -> FastClock:  # noqa: ARG003 - it holds at every sync
        """Draw how fast it is."""
        return cls(by=choose((MINUTE, 10 * MINUTE)))

    @property
    def slot(self) -> str:
        """A machine has one clock."""
        return self.kind


@dataclass(frozen=True, slots=True)
class LocalZone(Fault):
    """The loader's session has a time zone other than UTC.

    Attributes:
        offset: How far it is east of UTC, in microseconds.
    """

    kind: ClassVar[str] = "local_zone"
    breaks: ClassVar[frozenset[Assumption]] = frozenset({Assumption.UTC_SESSION})
    bends_clock: ClassVar[bool] = True
    offset: int = 120 * MINUTE

    def clock(self, now: datetime) -> datetime:
        """Return the same time in the zone of the session."""
        return now.astimezone(timezone(timedelta(microseconds=self.offset)))

    def said(self, sync: int) -> str:  # noqa: ARG002 - it holds at every sync
        """Say which zone it is."""
        return f"The loader's session has a time zone {timedelta(microseconds=self.offset)} east of UTC."

    @classmethod
    def drawn(cls, choose: Choose, sync: int, first: int) -> LocalZone:  # noqa: ARG003 - it holds at every sync
        """Draw the zone."""
        return cls(offset=choose((60 * MINUTE, 120 * MINUTE)))

    @property
    def slot(self) -> str:
        """A session has one zone."""
        return self.kind
