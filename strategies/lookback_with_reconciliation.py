"""Lookback with reconciliation: a window at every sync, a full comparison now and then."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import ClassVar

from incload.strategy import SHOWN_BY_CURSOR, Assumption, Delta, Need, Reach, Seen, Source, State, Strategy


@dataclass(frozen=True)
class LookbackWithReconciliation(Strategy):
    """Reads a window behind the watermark at every sync, and every so many syncs compares everything.

    What the window misses - later rows, deletes, updates that leave the cursor alone, null cursors - is wrong until the
    next full comparison and right after it, so that nothing stays wrong for long. Two engines that digest a table alike
    compare it block by block, as digest_blocks does, and only the rows of blocks that differ cross the network; within
    one engine, and from a file, every row is compared.

    Attributes:
        minutes: The window.
        every: After how many syncs everything is compared.
    """

    minutes: float = 10
    every: int = 4
    name: ClassVar[str] = "lookback_with_reconciliation"

    def __post_init__(self) -> None:
        """Refuse a number of syncs after which nothing can be done."""
        if self.every < 1:
            raise ValueError("everything must be compared every 1 or more syncs")

    @property
    def window(self) -> timedelta:
        """The window."""
        return timedelta(minutes=self.minutes)

    @property
    def needs(self) -> frozenset[Need]:
        """What a lookback window needs: between two full comparisons it is nothing more."""
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
        """What lies no further back than the window, and now and then everything."""
        return Reach(self.window, every=self.every)

    def read(self, source: Source, state: State) -> Delta:
        """Ask for everything when a comparison is due, else for what is no older than the window."""
        if state.watermark is None:
            return Delta((source.everything(),), mirror=True)
        if _syncs(state) % self.every == 0:
            blocks = source.differing()
            return Delta((blocks,), blocks, mirror=True)
        start = source.earlier(state.watermark, self.window)
        return Delta((source.since(start, inclusive=True),))

    def remember(self, seen: Seen, state: State) -> State:
        """Keep the largest cursor value read so far, and count the syncs."""
        largest = max((mark for mark in (seen.largest(), state.watermark) if mark is not None), default=None)
        return State(watermark=largest, notes={"syncs": _syncs(state) + 1})


def _syncs(state: State) -> int:
    syncs = state.notes.get("syncs", 0)
    return syncs if isinstance(syncs, int) else 0
