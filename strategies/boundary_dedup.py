"""Boundary dedup: an inclusive bound, and digests of the rows at it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import ClassVar

from incload.strategy import SHOWN_BY_CURSOR, Assumption, Delta, Need, Reach, Seen, Source, State, Strategy


@dataclass(frozen=True)
class BoundaryDedup(Strategy):
    """Reads from the watermark on, itself included, and leaves out the rows there whose digest it remembers.

    Keeps ties in any order without reading a row twice; the price is a digest in the state for every row at the
    watermark, which grows without bound where many rows share one timestamp. A change at the very timestamp of the
    watermark is kept, but one back to what the row was before has a digest that is known, and is lost.
    Otherwise it loses what every watermark loses: late rows, deletes, updates that leave the cursor alone, null
    cursors; one timestamp in the future blinds it.
    """

    name: ClassVar[str] = "boundary_dedup"

    @property
    def needs(self) -> frozenset[Need]:
        """A cursor that never falls behind the watermark."""
        return SHOWN_BY_CURSOR | {
            Need(Assumption.LAG_WITHIN, timedelta(0)),
            Need(Assumption.CURSOR_MOVES_ON_UPDATE),
            Need(Assumption.CURSOR_NOT_IN_FUTURE),
            Need(Assumption.STATE_NOT_AHEAD, timedelta(0)),
            Need(Assumption.ATOMIC_COMMIT),
        }

    @property
    def reads_again(self) -> frozenset[Assumption]:
        """Another schema: it gives the rows at the watermark other digests."""
        return frozenset({Assumption.FIXED_SCHEMA})

    @property
    def reach(self) -> Reach:
        """What is newer than the watermark, and at it what is unknown."""
        return Reach(at_bound="unknown")

    def read(self, source: Source, state: State) -> Delta:
        """Ask for everything at first, then for what is at the watermark and unknown, or newer."""
        if state.watermark is None:
            return Delta((source.everything(),))
        return Delta((source.since(state.watermark, inclusive=True, but=_known(state)),))

    def remember(self, seen: Seen, state: State) -> State:
        """Keep the largest cursor value read so far and the digests of the rows at it."""
        largest = seen.largest()
        if largest is None:
            return state
        same = largest == state.watermark
        digests = {*seen.digests_at(largest), *(_known(state) if same else ())}
        return State(watermark=largest, notes={"boundary": sorted(digests)})


def _known(state: State) -> tuple[str, ...]:
    boundary = state.notes.get("boundary")
    return tuple(map(str, boundary)) if isinstance(boundary, list) else ()
