"""Timestamp watermark: the largest cursor value seen is where the next sync starts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from incload.strategy import Assumption, Delta, Memory, Need, Seen, Source, Strategy


@dataclass(frozen=True)
class TimestampWatermark(Strategy):
    """Reads the rows whose cursor is newer than the largest one seen.

    Loses every row that becomes visible with a cursor below the watermark (late rows, late commits, skewed clocks) and,
    in the strict form, at the watermark itself; never sees a delete, an update that leaves the cursor alone, or a null
    cursor; one stamp in the future blinds it. The inclusive form reads the rows at the watermark again and so keeps
    ties, at the price of reading them at every sync.

    Attributes:
        inclusive: Whether rows at the watermark itself are read again.
    """

    inclusive: bool = False
    name: ClassVar[str] = "timestamp_watermark"

    @classmethod
    def variants(cls) -> tuple[Strategy, ...]:
        """Return the strict form and the inclusive one."""
        return (cls(), cls(inclusive=True))

    @property
    def needs(self) -> frozenset[Need]:
        """A cursor that only ever grows, and for the strict form never repeats."""
        needs = {
            Need(Assumption.LAG_WITHIN),
            Need(Assumption.CURSOR_MOVES_ON_UPDATE),
            Need(Assumption.CURSOR_PRESENT),
            Need(Assumption.CURSOR_NOT_IN_FUTURE),
            Need(Assumption.NO_HARD_DELETES),
            Need(Assumption.MEMORY_NOT_AHEAD),
        }
        return frozenset(needs if self.inclusive else needs | {Need(Assumption.UNIQUE_CURSOR)})

    def read(self, source: Source, memory: Memory) -> Delta:
        """Ask for everything at first, then for what is newer than the watermark."""
        if memory.watermark is None:
            return Delta((source.everything(),))
        return Delta((source.since(memory.watermark, inclusive=self.inclusive),))

    def remember(self, seen: Seen, memory: Memory) -> Memory:
        """Keep the largest cursor value read so far."""
        largest = seen.largest()
        if largest is None or (memory.watermark is not None and largest <= memory.watermark):
            return memory
        return Memory(watermark=largest)
