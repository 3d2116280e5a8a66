"""Row-hash CDC: a digest of every row is the state."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from incload.strategy import Assumption, Delta, Need, Seen, Source, State, Strategy


@dataclass(frozen=True)
class RowHashCdc(Strategy):
    """Reads the rows whose digest differs from the remembered one, and removes the keys that left the source.

    Catches every change whatever the timestamps say, at the cost of a digest of the whole source at every sync and a
    state of one digest for each row. A digest has 64 bits: a changed row goes unnoticed with a chance of 2**-64. A read
    that was cut short makes it delete rows that are still there. The variant without removal never deletes, and keeps
    rows that left the source permanently.

    Attributes:
        removes: Whether keys that left the source are deleted from the target.
    """

    removes: bool = True
    name: ClassVar[str] = "row_hash_cdc"
    uses_cursor: ClassVar[bool] = False

    @classmethod
    def variants(cls) -> tuple[Strategy, ...]:
        """Return the form that removes rows and the one that only looks at rows present."""
        return (cls(), cls(removes=False))

    @property
    def needs(self) -> frozenset[Need]:
        """Complete answers, and a state that says what the target holds."""
        return frozenset(map(Need, (Assumption.COMPLETE_READ, Assumption.STATE_KEPT, Assumption.ATOMIC_COMMIT)))

    @property
    def reads_again(self) -> frozenset[Assumption]:
        """Another schema: it gives every row another digest."""
        return frozenset({Assumption.FIXED_SCHEMA})

    @property
    def removes_rows(self) -> bool:
        """It names the keys that are gone, unless `removes` is false."""
        return self.removes

    def read(self, source: Source, state: State) -> Delta:
        """Ask for the rows with another digest, and for the keys that have a digest but no row."""
        if not state.digests:
            # Without digests only the whole source says which rows of the target have gone.
            return Delta((source.everything(),), mirror=self.removes)
        return Delta((source.changed(),), source.vanished() if self.removes else None)

    def remember(self, seen: Seen, state: State) -> State:  # noqa: ARG002 - the load keeps the digests of what it read
        """Keep the digests of the rows read."""
        return state if state.digests else State(digests=True)
