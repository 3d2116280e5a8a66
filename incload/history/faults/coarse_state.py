"""State that is coarser than the cursor: its watermark is kept in whole units, cut off or rounded up."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import TYPE_CHECKING, ClassVar, Self

from incload.assumptions import Assumption
from incload.history.faults.fault import Fault

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from incload.history.faults.fault import Choose
    from incload.history.lag import Sync

SECOND, MINUTE, HOUR = 1_000_000, 60_000_000, 3_600_000_000


@dataclass(frozen=True, slots=True)
class _CoarseState(Fault):
    """The watermark is kept in whole units.

    Attributes:
        unit: The unit, in microseconds.
    """

    bends_state: ClassVar[bool] = True
    unit: int = field(kw_only=True)

    @classmethod
    def drawn(cls, choose: Choose, sync: int, first: int) -> Self:  # noqa: ARG003 - it holds at every sync
        """Draw the unit."""
        return cls(unit=choose((SECOND, MINUTE, HOUR)))

    @property
    def slot(self) -> str:
        """A state is made coarser in one way."""
        return "coarse state"

    @property
    def oddity(self) -> int:
        """The longer the unit, the more."""
        return abs(self.unit) // SECOND

    def plainer(self) -> Iterator[Self]:
        """Yield it with a shorter unit."""
        return (replace(self, unit=unit) for unit in (SECOND, MINUTE) if self.unit > unit)


@dataclass(frozen=True, slots=True)
class TruncateState(_CoarseState):
    """The watermark is cut off to whole units."""

    kind: ClassVar[str] = "truncate_state"
    breaks: ClassVar[frozenset[Assumption]] = frozenset({Assumption.READ_ONCE})

    def bent(self, watermark: int) -> int:
        """Cut the watermark off."""
        return watermark // self.unit * self.unit

    def said(self, sync: int) -> str:  # noqa: ARG002 - it holds at every sync
        """Say how the watermark is kept."""
        return f"The state keeps its watermark cut off to a multiple of {timedelta(microseconds=self.unit)}."


@dataclass(frozen=True, slots=True)
class RoundUpState(_CoarseState):
    """The watermark is rounded up to whole units."""

    kind: ClassVar[str] = "round_up_state"

    def bent(self, watermark: int) -> int:
        """Round the watermark up."""
        return -(-watermark // self.unit) * self.unit

    def said(self, sync: int) -> str:  # noqa: ARG002 - it holds at every sync
        """Say how the watermark is kept."""
        return f"The state keeps its watermark rounded up to a multiple of {timedelta(microseconds=self.unit)}."

    def broken_by(self, sync: Sync, faults: Sequence[Fault]) -> Iterator[tuple[Assumption, int | None]]:  # noqa: ARG002 - it stands alone
        """Yield how far changes lie behind the state."""
        # A strategy whose watermark trails the clock may round up any timestamp, not only the largest.
        if any(version.cursor is not None and version.cursor % self.unit for version in sync.rows.values()):
            yield Assumption.STATE_NOT_AHEAD, 0
        if sync.watermark is None or self.bent(sync.watermark) == sync.watermark:
            return
        ahead, new = self.bent(sync.watermark), (change.new for change in sync.changes)
        behind = [ahead - version.cursor for version in new if version is not None and version.cursor is not None]
        yield Assumption.STATE_NOT_AHEAD, max([0, *behind])
