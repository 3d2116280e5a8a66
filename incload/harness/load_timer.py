"""The load clock: it runs only while a load runs, so that what is timed is the load and nothing else."""

from __future__ import annotations

import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


class LoadClock:
    """A stopwatch that is started and stopped around every load and keeps the sum."""

    def __init__(self) -> None:
        """Start at zero, stopped."""
        self._seconds = 0.0

    def read(self) -> float:
        """Return the seconds spent in loads so far."""
        return self._seconds

    def advance(self, seconds: float) -> None:
        """Count seconds that a load took in another process."""
        self._seconds += seconds

    @contextmanager
    def running(self) -> Iterator[None]:
        """Let the clock run for the time of a block."""
        started = time.perf_counter()
        try:
            yield
        finally:
            self._seconds += time.perf_counter() - started


CLOCK = LoadClock()
"""The one clock of a benchmark session."""
