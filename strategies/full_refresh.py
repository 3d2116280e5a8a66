"""Full refresh: the honest baseline."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from incload.strategy import Assumption, Delta, Need, Seen, Source, State, Strategy, WriteRule


@dataclass(frozen=True)
class FullRefresh(Strategy):
    """Reads everything, every time, and replaces the target with it.

    Right whatever the timestamps say, as long as a read of everything is of everything: a read that was cut short
    empties the target of the rest. Its cost is the whole table at every sync, changed or not.
    """

    name: ClassVar[str] = "full_refresh"
    write_rule: ClassVar[WriteRule] = WriteRule.REPLACE
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
