"""Timestamp watermark: the largest cursor value seen is where the next sync starts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import ClassVar

from incload.strategy import SHOWN_BY_CURSOR, Assumption, Delta, Need, Reach, Seen, Source, State, Strategy


@dataclass(frozen=True)
class TimestampWatermark(Strategy):
    """Reads the rows whose cursor is newer than the largest one seen.

    Loses every row that becomes visible with a cursor below the watermark (late rows, late commits, skewed clocks) and,
    in the strict form, at the watermark itself; never sees a delete, an update that leaves the cursor alone, or a null
    cursor; one timestamp in the future blinds it. The inclusive form reads the rows at the watermark again and so keeps
    ties, at the price of reading them at every sync.

    Attributes:
        inclusive: Whether rows at the watermark itself are read again.
    """

    inclusive: bool = False
    name: ClassVar[str] = "timestamp_watermark"

    @classmethod
    def variants(cls) -> tuple[Strategy, ...]:
        """Return the strict form and the inclusive one."""
        return (cls(), cls(inclusive=True))

    @property
    def needs(self) -> frozenset[Need]:
        """A cursor that only ever grows, and for the strict form never repeats."""
        at_bound = timedelta(0) if self.inclusive else None
        needs = SHOWN_BY_CURSOR | {
            Need(Assumption.LAG_WITHIN, timedelta(0)),
            Need(Assumption.CURSOR_MOVES_ON_UPDATE, at_bound),
            Need(Assumption.CURSOR_NOT_IN_FUTURE),
            Need(Assumption.STATE_NOT_AHEAD, at_bound),
            Need(Assumption.ATOMIC_COMMIT, at_bound),
        }
        return needs if self.inclusive else needs | {Need(Assumption.UNIQUE_CURSOR)}

    @property
    def breaks(self) -> frozenset[Assumption]:
        """It reads in part; the inclusive form reads the rows at the watermark twice."""
        parts = frozenset({Assumption.WHOLE_READ})
        return parts | {Assumption.READ_ONCE} if self.inclusive else parts

    @property
    def reach(self) -> Reach:
        """What is newer than the watermark, or no older in the inclusive form."""
        return Reach(at_bound="all" if self.inclusive else "none")

    def read(self, source: Source, state: State) -> Delta:
        """Ask for everything at first, then for what is newer than the watermark."""
        if state.watermark is None:
            return Delta((source.everything(),))
        return Delta((source.since(state.watermark, inclusive=self.inclusive),))

    def remember(self, seen: Seen, state: State) -> State:
        """Keep the largest cursor value read so far."""
        largest = seen.largest()
        if largest is None or (state.watermark is not None and largest <= state.watermark):
            return state
        return State(watermark=largest)
