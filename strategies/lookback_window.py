"""Lookback window: a watermark that re-reads a margin behind itself."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import ClassVar

from incload.strategy import SHOWN_BY_CURSOR, Assumption, Delta, Need, Reach, Seen, Source, State, Strategy


@dataclass(frozen=True)
class LookbackWindow(Strategy):
    """Reads the rows from a window behind the watermark on, and merges them again.

    Keeps every row that arrives no later than the window, ties included, and loses the rest; a wider window moves that
    line and reads more rows a second time. Never sees a delete, an update that leaves an old cursor alone, or a null
    cursor; one timestamp in the future blinds it.

    Counted from the source's clock instead of the watermark, it needs no state, finds its way back from a timestamp in
    the future, and loses what happened in a gap between syncs that is longer than the window.

    Attributes:
        minutes: The window. A row exactly that far behind is still read.
        from_clock: Whether the window is counted from the source's clock.
    """

    minutes: float = 10
    from_clock: bool = False
    name: ClassVar[str] = "lookback_window"

    @classmethod
    def variants(cls) -> tuple[Strategy, ...]:
        """Return a window of ten minutes, one too small for most lateness, and one counted from the clock."""
        return (cls(), cls(minutes=1), cls(minutes=30, from_clock=True))

    @property
    def window(self) -> timedelta:
        """The window."""
        return timedelta(minutes=self.minutes)

    @property
    def needs(self) -> frozenset[Need]:
        """That no row comes later than the window, and that the cursor shows every change."""
        if self.from_clock:
            return SHOWN_BY_CURSOR | {
                Need(Assumption.ON_SCHEDULE, self.window),
                Need(Assumption.CURSOR_MOVES_ON_UPDATE),
            }
        return SHOWN_BY_CURSOR | {
            Need(Assumption.LAG_WITHIN, self.window),
            Need(Assumption.CURSOR_MOVES_ON_UPDATE, self.window),
            Need(Assumption.CURSOR_NOT_IN_FUTURE),
            Need(Assumption.STATE_NOT_AHEAD, self.window),
            Need(Assumption.ATOMIC_COMMIT, self.window),
        }

    @property
    def breaks(self) -> frozenset[Assumption]:
        """It reads in part, and the rows of the window again."""
        return frozenset({Assumption.WHOLE_READ, Assumption.READ_ONCE})

    @property
    def reach(self) -> Reach:
        """What lies no further back than the window."""
        return Reach(self.window, from_clock=self.from_clock)

    def read(self, source: Source, state: State) -> Delta:
        """Ask for everything at first, then for what is no older than the window."""
        if state.watermark is None:
            return Delta((source.everything(),))
        start = source.earlier(source.now() if self.from_clock else state.watermark, self.window)
        return Delta((source.since(start, inclusive=True),))

    def remember(self, seen: Seen, state: State) -> State:
        """Keep the largest cursor value read so far; the window is subtracted when reading."""
        largest = seen.largest()
        if largest is None or (state.watermark is not None and largest <= state.watermark):
            return state
        return State(watermark=largest)
