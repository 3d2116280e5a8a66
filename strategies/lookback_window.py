"""Lookback window: a watermark that re-reads a margin behind itself."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import ClassVar

from incload.strategy import Assumption, Delta, Memory, Need, Seen, Source, Strategy


@dataclass(frozen=True)
class LookbackWindow(Strategy):
    """Reads the rows from a window behind the watermark on, and merges them again.

    Keeps every row that arrives no later than the window, ties included, and loses the rest; a wider window moves that
    line and reads more rows a second time. Never sees a delete, an update that leaves an old cursor alone, or a null
    cursor; one stamp in the future blinds it.

    Attributes:
        minutes: The window. A row exactly that far behind the watermark is still read.
    """

    minutes: float = 10
    name: ClassVar[str] = "lookback_window"

    @classmethod
    def variants(cls) -> tuple[Strategy, ...]:
        """Return a window of ten minutes and one that is too small for most lateness."""
        return (cls(), cls(minutes=1))

    @property
    def needs(self) -> frozenset[Need]:
        """That no row comes later than the window, and that the cursor shows every change."""
        window = timedelta(minutes=self.minutes)
        return frozenset(
            {
                Need(Assumption.LAG_WITHIN, window),
                Need(Assumption.CURSOR_MOVES_ON_UPDATE),
                Need(Assumption.CURSOR_PRESENT),
                Need(Assumption.CURSOR_NOT_IN_FUTURE),
                Need(Assumption.NO_HARD_DELETES),
                Need(Assumption.MEMORY_NOT_AHEAD, window),
            }
        )

    def read(self, source: Source, memory: Memory) -> Delta:
        """Ask for everything at first, then for what is no older than the watermark less the window."""
        if memory.watermark is None:
            return Delta((source.everything(),))
        start = source.earlier(memory.watermark, timedelta(minutes=self.minutes))
        return Delta((source.since(start, inclusive=True),))

    def remember(self, seen: Seen, memory: Memory) -> Memory:
        """Keep the largest cursor value read so far; the window is subtracted when reading."""
        largest = seen.largest()
        if largest is None or (memory.watermark is not None and largest <= memory.watermark):
            return memory
        return Memory(watermark=largest)
