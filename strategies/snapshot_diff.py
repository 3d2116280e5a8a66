"""Snapshot diff: source and target are compared in full."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from incload.strategy import Assumption, Delta, Need, Seen, Source, State, Strategy, WriteRule


@dataclass(frozen=True)
class SnapshotDiff(Strategy):
    """Reads everything, compares it with the target column by column, writes what differs and deletes what is gone.

    Right whatever the timestamps say and without a state that could be lost; it reads both tables in full at every
    sync, which is cheap where both lie in one engine and dear across a network. A read that was cut short makes it
    delete rows that are still there.
    """

    name: ClassVar[str] = "snapshot_diff"
    write_rule: ClassVar[WriteRule] = WriteRule.MIRROR
    uses_cursor: ClassVar[bool] = False

    @property
    def needs(self) -> frozenset[Need]:
        """Only that a read of everything is of everything."""
        return frozenset({Need(Assumption.COMPLETE_READ)})

    @property
    def breaks(self) -> frozenset[Assumption]:
        """Every row is read at every sync."""
        return frozenset({Assumption.READ_ONCE})

    def read(self, source: Source, state: State) -> Delta:  # noqa: ARG002 - the contract passes the state
        """Ask for everything."""
        return Delta((source.everything(),))

    def remember(self, seen: Seen, state: State) -> State:  # noqa: ARG002 - there is nothing to remember
        """Keep nothing."""
        return state
