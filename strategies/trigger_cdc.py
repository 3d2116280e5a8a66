"""Trigger CDC: triggers on the source note which keys changed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from incload.strategy import Assumption, Capability, Delta, Need, Seen, Source, State, Strategy


@dataclass(frozen=True)
class TriggerCdc(Strategy):
    """Reads the rows whose keys a change table names, kept by triggers on the source, and removes those that are gone.

    Catches every change whatever the timestamps say, deletes and changed keys included, and reads only what changed.
    The price is paid by the source: each of its writes writes an entry of the change table too, which `incload capture
    install` sets up. What triggers do not see is lost: a write that goes around them, or entries that are deleted
    before they were read.
    """

    name: ClassVar[str] = "trigger_cdc"
    uses_cursor: ClassVar[bool] = False
    asks: ClassVar[Capability | None] = Capability.TRIGGERS

    @property
    def needs(self) -> frozenset[Need]:
        """A change table that holds what was not read yet, and what that names."""
        return frozenset(map(Need, (Assumption.LOG_KEPT, Assumption.COMPLETE_READ, Assumption.ATOMIC_COMMIT)))

    @property
    def reads_again(self) -> frozenset[Assumption]:
        """Another schema: no trigger records the values that a new column brings, so everything is read."""
        return frozenset({Assumption.FIXED_SCHEMA})

    @property
    def removes_rows(self) -> bool:
        """It names the keys that are gone."""
        return True

    def read(self, source: Source, state: State) -> Delta:
        """Ask for what changed since the last position, which at first is everything."""
        changes = source.changes(Capability.TRIGGERS, state.position)
        return Delta((changes,), changes)

    def remember(self, seen: Seen, state: State) -> State:
        """Keep the position that the change table was read up to."""
        reached = seen.reached()
        return state if reached is None else State(position=reached)
