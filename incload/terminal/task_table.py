"""A table of tasks on a terminal, a line each, that shows which runs, which waits and what became of the others.

In a pipe there is one line every half minute, as for any other progress.
"""

from __future__ import annotations

import sys
from importlib.util import find_spec
from time import monotonic
from typing import TYPE_CHECKING, Self

from incload.errors import on_one_line
from incload.terminal.progress import Progress

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import TracebackType

    from rich.live import Live
    from rich.table import Table

WAITS = "waiting"
RUNS = "running"


class TaskTable:
    """The table, on standard error; it goes when all is done, as the answer then stands on the output."""

    def __init__(self, names: Sequence[str], noun: str) -> None:
        """Begin with all tasks waiting."""
        self._names, self._states = list(map(on_one_line, names)), [WAITS] * len(names)
        self._began: dict[int, float] = {}
        self._live: Live | None = None
        self._progress = Progress(noun, len(names))
        if sys.stderr.isatty() and find_spec("rich"):
            from rich.console import Console
            from rich.live import Live

            self._live = Live(
                get_renderable=self.table, console=Console(stderr=True), transient=True, vertical_overflow="ellipsis"
            )

    def start(self, number: int) -> None:
        """Say that a task runs."""
        self._states[number] = RUNS
        self._began[number] = monotonic()

    def end(self, number: int, state: str) -> None:
        """Say what became of a task."""
        self._states[number] = f"{state}, {monotonic() - self._began.pop(number):.1f} s"
        if self._live is None:
            self._progress.at(sum(each not in {WAITS, RUNS} for each in self._states), len(self._names))

    def table(self) -> Table:
        """Return the table as it is now; what runs stands above what waits, and what is done below."""
        from rich.table import Table

        shown = Table.grid(padding=(0, 2))
        for number in sorted(range(len(self._names)), key=self._rank):
            began = self._began.get(number)
            ticking = f", {monotonic() - began:.0f} s" if began is not None else ""
            shown.add_row(self._names[number], f"{self._states[number]}{ticking}")
        return shown

    def _rank(self, number: int) -> int:
        state = self._states[number]
        return 0 if state == RUNS else 1 if state == WAITS else 2

    def __enter__(self) -> Self:
        """Show the table for the time of a block."""
        if self._live:
            self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Take the table away."""
        if self._live:
            self._live.stop()
