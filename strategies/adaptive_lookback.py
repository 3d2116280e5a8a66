"""Adaptive lookback: a window that is as wide as the lags seen so far ask for."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import timedelta
from typing import ClassVar

from incload.strategy import SHOWN_BY_CURSOR, Assumption, Delta, Learning, Need, Reach, Seen, Source, State, Strategy


@dataclass(frozen=True)
class AdaptiveLookback(Strategy):
    """Reads a window behind the watermark that widens when a change was late, and narrows when none is any more.

    The window is the floor at first, then the floor doubled as often as the lags seen ask for, and never above the cap.
    A lag is that of a row that was read and that the target did not have as it is. A window shows no row beyond itself,
    so that every so many syncs all rows are read back to the last such sync and the cap before it: what was missed
    since then is found and teaches the width it would have needed. A width will do again after 3 / `miss` changes in a
    row that lay within it: with no exception in n, the share of exceptions is below 3 / n with a confidence of 95 %.

    Until it has learned, a change that is later than the floor is missed; later on about a share of `miss` is, at most.
    Such a row is wrong until the next wide read and right after it, unless it is later than the cap: that one is lost.
    Never sees a delete, a null cursor, or an update that leaves a cursor alone that no window reaches; one timestamp in
    the future blinds it.

    Attributes:
        floor_minutes: The narrowest window. A row exactly that far behind is still read.
        cap_minutes: The widest window.
        miss: The share of changes that may lie beyond the window.
        every: After how many syncs the rows beyond the window are read.
    """

    floor_minutes: float = 10
    cap_minutes: float = 1440
    miss: float = 0.01
    every: int = 5
    name: ClassVar[str] = "adaptive_lookback"

    def __post_init__(self) -> None:
        """Refuse parameters that say nothing."""
        if not 0 < self.floor_minutes <= self.cap_minutes:
            raise ValueError("the floor must be above 0 minutes and no more than the cap")
        if not self.floor:
            raise ValueError("the floor must be a microsecond or more")
        if not 0 < self.miss < 1:
            raise ValueError("the share of changes that may be missed must lie between 0 and 1")
        if self.every < 1:
            raise ValueError("rows beyond the window must be read every 1 or more syncs")

    @property
    def floor(self) -> timedelta:
        """The narrowest window."""
        return timedelta(minutes=self.floor_minutes)

    @property
    def learning(self) -> Learning:
        """How the window follows the lags."""
        widths, cap = [self.floor], timedelta(minutes=self.cap_minutes)
        while widths[-1] < cap:
            widths.append(min(2 * widths[-1], cap))
        return Learning(tuple(widths), math.ceil(3 / self.miss), self.every)

    @property
    def needs(self) -> frozenset[Need]:
        """What a lookback window of the floor needs: each width beyond it was learned from a row that came too late."""
        return SHOWN_BY_CURSOR | {
            Need(Assumption.LAG_WITHIN, self.floor),
            Need(Assumption.CURSOR_MOVES_ON_UPDATE, self.floor),
            Need(Assumption.CURSOR_NOT_IN_FUTURE),
            Need(Assumption.STATE_NOT_AHEAD, self.floor),
            Need(Assumption.ATOMIC_COMMIT, self.floor),
        }

    @property
    def breaks(self) -> frozenset[Assumption]:
        """It reads in part, and the rows of the window again."""
        return frozenset({Assumption.WHOLE_READ, Assumption.READ_ONCE})

    @property
    def reach(self) -> Reach:
        """What lies no further back than the window that was learned, and now and then what lies before it."""
        return Reach(self.floor, learning=self.learning)

    def read(self, source: Source, state: State) -> Delta:
        """Ask for everything at first, then for what is no older than the window, or than the last wide read."""
        if state.watermark is None:
            return Delta((source.everything(),))
        learning, start = self.learning, state.watermark
        window = learning.window(_within(state, learning))
        if _syncs(state) % self.every == 0:
            window, start = learning.bounds[-1], min(start, _wide(state, start))
        return Delta((source.since(source.earlier(start, window), inclusive=True),))

    def remember(self, seen: Seen, state: State) -> State:
        """Keep the largest cursor value read so far, the count of syncs, and what the lags of this one teach."""
        mark, learning, syncs = state.watermark, self.learning, _syncs(state)
        largest = max((each for each in (seen.largest(), mark) if each is not None), default=None)
        within = _within(state, learning)
        if mark is not None:
            within = learning.after(within, seen.lags(mark, learning.bounds[:-1]))
        wide = largest if syncs % self.every == 0 or mark is None else _wide(state, mark)
        counts = dict(zip(_names(learning), within, strict=True))
        return State(watermark=largest, notes={"syncs": syncs + 1, "wide": wide, "within": counts})


def _within(state: State, learning: Learning) -> tuple[int, ...]:
    """Return how many changes in a row lay within each width; of a width that was not counted nothing is held."""
    kept = state.notes.get("within")
    known = kept if isinstance(kept, dict) else {}
    numbers = zip(map(known.get, _names(learning)), learning.at_first, strict=True)
    return tuple(number if isinstance(number, int) else at_first for number, at_first in numbers)


def _names(learning: Learning) -> list[str]:
    """Return what the widths but the widest are kept under: their seconds."""
    return [f"{width.total_seconds():g}" for width in learning.bounds[:-1]]


def _wide(state: State, otherwise: float) -> float:
    """Return the watermark after the last wide read."""
    wide = state.notes.get("wide")
    return wide if isinstance(wide, int | float) else otherwise


def _syncs(state: State) -> int:
    syncs = state.notes.get("syncs", 0)
    return syncs if isinstance(syncs, int) else 0
