"""Clock-bounded watermark: a timestamp in the future does not move it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import ClassVar

from incload.strategy import SHOWN_BY_CURSOR, Assumption, Delta, Need, Reach, Seen, Source, State, Strategy


@dataclass(frozen=True)
class ClockBoundedWatermark(Strategy):
    """Reads the rows newer than a watermark that never passes the source's clock.

    A row timestamped in the future is loaded, and read again at every sync until its time has come; the watermark stays
    with the newest timestamp that is possible. Otherwise it loses what the strict timestamp watermark loses: ties, late
    rows, deletes, updates that leave the cursor alone, null cursors.
    """

    name: ClassVar[str] = "clock_bounded_watermark"

    @property
    def needs(self) -> frozenset[Need]:
        """A cursor that only ever grows and never repeats; timestamps in the future do no harm."""
        return SHOWN_BY_CURSOR | {
            Need(Assumption.LAG_WITHIN, timedelta(0)),
            Need(Assumption.UNIQUE_CURSOR),
            Need(Assumption.CURSOR_MOVES_ON_UPDATE),
            Need(Assumption.STATE_NOT_AHEAD),
            Need(Assumption.ATOMIC_COMMIT),
        }

    @property
    def reads_again(self) -> frozenset[Assumption]:
        """A timestamp in the future: the row is read at every sync until its time has come."""
        return frozenset({Assumption.CURSOR_NOT_IN_FUTURE})

    @property
    def reach(self) -> Reach:
        """What is newer than the bounded watermark."""
        return Reach(at_bound="none", bounded=True)

    def read(self, source: Source, state: State) -> Delta:
        """Ask for everything at first, then for what is newer than the watermark."""
        if state.watermark is None:
            return Delta((source.everything(),))
        return Delta((source.since(state.watermark),))

    def remember(self, seen: Seen, state: State) -> State:
        """Keep the largest cursor value read so far that is not ahead of the source's clock."""
        largest = seen.largest(until=seen.clock())
        if largest is None or (state.watermark is not None and largest <= state.watermark):
            return state
        return State(watermark=largest)
