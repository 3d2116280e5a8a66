"""Incrementing id: the largest key is where the next sync starts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from incload.strategy import Assumption, Delta, Need, Seen, Source, State, Strategy


@dataclass(frozen=True)
class IncrementingId(Strategy):
    """Reads the rows whose key is larger than the largest one seen.

    Made for tables to which rows are only added. Never sees an update or a delete, and loses every row whose key became
    visible after a larger one, as keys of a sequence do when transactions commit out of order.
    """

    name: ClassVar[str] = "incrementing_id"
    uses_cursor: ClassVar[bool] = False

    @property
    def needs(self) -> frozenset[Need]:
        """Rows that are only ever added, in the order of their keys."""
        return frozenset(
            map(
                Need,
                (
                    Assumption.INSERT_ONLY,
                    Assumption.KEYS_IN_COMMIT_ORDER,
                    Assumption.COMPLETE_READ,
                    Assumption.ATOMIC_COMMIT,
                ),
            )
        )

    def read(self, source: Source, state: State) -> Delta:
        """Ask for everything at first, then for what has a larger key."""
        return Delta((source.everything() if state.key is None else source.after_key(state.key),))

    def remember(self, seen: Seen, state: State) -> State:
        """Keep the largest key read so far."""
        largest = seen.largest_key()
        return state if largest is None else State(key=largest)
