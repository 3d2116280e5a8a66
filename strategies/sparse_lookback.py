"""Sparse lookback: a window behind the watermark, and thin ones further back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import ClassVar

from incload.strategy import SHOWN_BY_CURSOR, Assumption, Delta, Need, Reach, Seen, Source, State, Strategy


@dataclass(frozen=True)
class SparseLookback(Strategy):
    """Reads a window behind the watermark, and further windows of the same width some days back.

    Keeps what is late by less than the window at once, and picks up what is later when a further window passes over it,
    a day or a week afterwards, for little re-reading. Until then such a row is wrong, and a row that the windows step
    over stays so. Never sees a delete, a null cursor, or an update of a row that no window passes again; one timestamp
    in the future blinds it.

    Attributes:
        minutes: The width of every window.
        days: How far back the further windows lie.
    """

    minutes: float = 10
    days: tuple[float, ...] = (1, 7)
    name: ClassVar[str] = "sparse_lookback"

    @property
    def window(self) -> timedelta:
        """The width of every window."""
        return timedelta(minutes=self.minutes)

    @property
    def needs(self) -> frozenset[Need]:
        """What a lookback window needs: the further windows only heal."""
        return SHOWN_BY_CURSOR | {
            Need(Assumption.LAG_WITHIN, self.window),
            Need(Assumption.CURSOR_MOVES_ON_UPDATE, self.window),
            Need(Assumption.CURSOR_NOT_IN_FUTURE),
            Need(Assumption.STATE_NOT_AHEAD, self.window),
            Need(Assumption.ATOMIC_COMMIT, self.window),
        }

    @property
    def breaks(self) -> frozenset[Assumption]:
        """It reads in part, and the rows of the windows again."""
        return frozenset({Assumption.WHOLE_READ, Assumption.READ_ONCE})

    @property
    def reach(self) -> Reach:
        """What lies in any of the windows."""
        backs = [timedelta(days=days) for days in self.days]
        return Reach(self.window, further=tuple((back + self.window, back) for back in backs))

    def read(self, source: Source, state: State) -> Delta:
        """Ask for everything at first, then for what lies in the windows."""
        mark = state.watermark
        if mark is None:
            return Delta((source.everything(),))
        near = source.since(source.earlier(mark, self.window), inclusive=True)
        backs = [timedelta(days=days) for days in self.days]
        far = [
            source.since(source.earlier(mark, back + self.window), inclusive=True, until=source.earlier(mark, back))
            for back in backs
        ]
        return Delta((near, *far))

    def remember(self, seen: Seen, state: State) -> State:
        """Keep the largest cursor value read so far."""
        largest = seen.largest()
        if largest is None or (state.watermark is not None and largest <= state.watermark):
            return state
        return State(watermark=largest)
