"""Digest blocks: source and target digest blocks of keys, and only the rows of blocks that differ are read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from incload.strategy import Assumption, Delta, Need, Seen, Source, State, Strategy


@dataclass(frozen=True)
class DigestBlocks(Strategy):
    """Compares digests of blocks of keys, reads the rows of the blocks that differ, and deletes what is gone from them.

    Right whatever the timestamps say and without a state that could be lost. Each engine digests all of its rows at
    every sync, and only the rows of blocks that differ cross the network; within one engine, and from a file, it reads
    and compares everything, as a snapshot diff does. Two blocks that differ have equal digests with a chance of 2**-64.
    A read that was cut short makes it delete rows that are still there.
    """

    name: ClassVar[str] = "digest_blocks"
    uses_cursor: ClassVar[bool] = False

    @property
    def needs(self) -> frozenset[Need]:
        """Only that a read of everything is of everything."""
        return frozenset({Need(Assumption.COMPLETE_READ)})

    @property
    def breaks(self) -> frozenset[Assumption]:
        """It reads the rows of some blocks, and those that have not changed among them."""
        return frozenset({Assumption.WHOLE_READ, Assumption.READ_ONCE})

    @property
    def removes_rows(self) -> bool:
        """It finds the keys that are gone."""
        return True

    def read(self, source: Source, state: State) -> Delta:  # noqa: ARG002 - the contract passes the state
        """Ask for the blocks that differ, and for the keys that are gone from them."""
        return Delta((source.differing(),), source.differing())

    def remember(self, seen: Seen, state: State) -> State:  # noqa: ARG002 - there is nothing to remember
        """Keep nothing."""
        return state
