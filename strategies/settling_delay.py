"""Settling delay: the newest margin is left for later."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import ClassVar

from incload.strategy import SHOWN_BY_CURSOR, Assumption, Delta, Need, Reach, Seen, Source, State, Strategy


@dataclass(frozen=True)
class SettlingDelay(Strategy):
    """Reads only rows older than the source's clock less a delay, and so waits for late commits instead of re-reading.

    Keeps every row that becomes visible no later than the delay after its timestamp, and pays with freshness: the copy
    is always behind by the delay. Loses what comes later still; never sees a delete, an update that leaves the cursor
    alone, or a null cursor. A timestamp in the future waits until its time has come.

    Attributes:
        minutes: The delay.
    """

    minutes: float = 10
    name: ClassVar[str] = "settling_delay"

    @property
    def delay(self) -> timedelta:
        """The delay, within which nothing is promised."""
        return timedelta(minutes=self.minutes)

    @property
    def needs(self) -> frozenset[Need]:
        """That no row becomes visible later than the delay, by the source's clock."""
        return SHOWN_BY_CURSOR | {
            Need(Assumption.COMMIT_WITHIN, self.delay),
            Need(Assumption.CURSOR_MOVES_ON_UPDATE),
            Need(Assumption.STATE_NOT_AHEAD),
            Need(Assumption.ATOMIC_COMMIT),
        }

    @property
    def breaks(self) -> frozenset[Assumption]:
        """It reads in part, and the rows at the watermark again."""
        return frozenset({Assumption.WHOLE_READ, Assumption.READ_ONCE})

    @property
    def reach(self) -> Reach:
        """What is no older than a watermark that trails the clock."""
        return Reach(delay=self.delay)

    def read(self, source: Source, state: State) -> Delta:
        """Ask for what lies between the watermark and the clock less the delay."""
        until = source.earlier(source.now(), self.delay)
        first = state.watermark is None
        return Delta((source.since(state.watermark, inclusive=True, until=until, nulls=first),))

    def remember(self, seen: Seen, state: State) -> State:
        """Keep the largest cursor value read so far."""
        largest = seen.largest()
        if largest is None or (state.watermark is not None and largest <= state.watermark):
            return state
        return State(watermark=largest)
