"""Log CDC: the server's own log says which keys changed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from incload.strategy import Assumption, Capability, Delta, Need, Seen, Source, State, Strategy


@dataclass(frozen=True)
class LogCdc(Strategy):
    """Reads the rows whose keys the log of committed transactions names, and removes those that are gone.

    Catches every change in the order of commits, whatever the timestamps say and however long a transaction was open,
    deletes and changed keys included, at little cost to writers. The server keeps its log for a slot until it was read:
    a load that never runs fills its disk. A log that does not reach back any more is noticed, and everything is read; a
    table that is not logged is never seen to change.
    """

    name: ClassVar[str] = "log_cdc"
    uses_cursor: ClassVar[bool] = False
    asks: ClassVar[Capability | None] = Capability.LOG

    @property
    def needs(self) -> frozenset[Need]:
        """Complete answers; the server sees to its log."""
        return frozenset(map(Need, (Assumption.COMPLETE_READ, Assumption.ATOMIC_COMMIT)))

    @property
    def reads_again(self) -> frozenset[Assumption]:
        """Another schema, or a log that does not reach back: everything is read."""
        return frozenset({Assumption.FIXED_SCHEMA, Assumption.LOG_KEPT})

    @property
    def removes_rows(self) -> bool:
        """It names the keys that are gone."""
        return True

    def read(self, source: Source, state: State) -> Delta:
        """Ask for what was committed since the last position, which at first is everything."""
        changes = source.changes(Capability.LOG, state.position)
        return Delta((changes,), changes)

    def remember(self, seen: Seen, state: State) -> State:
        """Keep the end of the last commit that was read."""
        reached = seen.reached()
        return state if reached is None else State(position=reached)
