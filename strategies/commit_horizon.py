"""Commit horizon: a row is read once every transaction that could come before it is over."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from incload.strategy import Assumption, Capability, Delta, Need, Seen, Source, State, Strategy


@dataclass(frozen=True)
class CommitHorizon(Strategy):
    """Reads the rows between the last transaction number and the horizon, below which nothing can still commit.

    The cursor is a column that holds the number of the transaction that last wrote the row. However long a transaction
    is open, its rows are delayed and not lost, and every row is read once; but one that stays open delays everything
    behind it, whatever table it writes. Deletes are never seen, and neither are updates that leave the number alone.
    """

    name: ClassVar[str] = "commit_horizon"
    asks: ClassVar[Capability | None] = Capability.HORIZON

    @property
    def needs(self) -> frozenset[Need]:
        """Complete answers, and a state that says what was read; the source sees to its numbers."""
        return frozenset(map(Need, (Assumption.COMPLETE_READ, Assumption.STATE_NOT_AHEAD, Assumption.ATOMIC_COMMIT)))

    def read(self, source: Source, state: State) -> Delta:
        """Ask for what lies above the last number and below the horizon, in one statement."""
        return Delta((source.settled(state.watermark),))

    def remember(self, seen: Seen, state: State) -> State:
        """Keep the largest number read so far."""
        largest = seen.largest()
        return state if largest is None else State(watermark=largest)
