"""Composite watermark: cursor and key together are where the next sync starts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import ClassVar

from incload.strategy import SHOWN_BY_CURSOR, Assumption, Delta, Need, Reach, Seen, Source, State, Strategy


@dataclass(frozen=True)
class CompositeWatermark(Strategy):
    """Reads the rows beyond the last (cursor, key) seen, in that order.

    Keeps a tie with the watermark whose key is larger and loses one whose key is smaller, or that updates a row in
    place at the same timestamp; otherwise it loses what every watermark loses: late rows, deletes, updates that leave
    the cursor alone, null cursors. It is the right cursor for paging through a table that stands still.
    """

    name: ClassVar[str] = "composite_watermark"

    @property
    def needs(self) -> frozenset[Need]:
        """A cursor that only ever grows, and ties that arrive in the order of their keys."""
        return SHOWN_BY_CURSOR | {
            Need(Assumption.LAG_WITHIN, timedelta(0)),
            Need(Assumption.TIES_IN_KEY_ORDER),
            Need(Assumption.CURSOR_MOVES_ON_UPDATE),
            Need(Assumption.CURSOR_NOT_IN_FUTURE),
            Need(Assumption.STATE_NOT_AHEAD),
            Need(Assumption.ATOMIC_COMMIT),
        }

    @property
    def reach(self) -> Reach:
        """What is newer than the watermark, and at it what has a larger key."""
        return Reach(at_bound="larger_key")

    def read(self, source: Source, state: State) -> Delta:
        """Ask for everything at first, then for what lies beyond the last cursor and key."""
        if state.watermark is None or state.key is None:
            return Delta((source.everything(),))
        return Delta((source.after(state.watermark, state.key),))

    def remember(self, seen: Seen, state: State) -> State:
        """Keep the largest cursor value read so far and the largest key at it."""
        largest = seen.largest()
        if largest is None:
            return state
        return State(watermark=largest, key=seen.largest_key(at=largest))
