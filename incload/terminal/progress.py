"""Progress: a bar on a terminal; in a pipe one line every half minute, so that a long run is not a silent one."""

from __future__ import annotations

import sys
from importlib.util import find_spec
from time import monotonic
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from types import TracebackType

    from rich.progress import Progress as Bar


LINE_EVERY_SECONDS = 30
"""How often a line is written where standard error is no terminal."""


class Progress:
    """A bar on standard error that goes when it is done; a line now and then when that is no terminal."""

    def __init__(self, noun: str, total: int | None = None) -> None:
        """Start counting `total` steps of a thing; None while their number is unknown."""
        self._bar: Bar | None = None
        self._started = -1
        self._noun, self._total, self._written = noun, total, monotonic()
        if sys.stderr.isatty() and find_spec("rich"):
            from rich import progress
            from rich.console import Console

            self._bar = progress.Progress(
                progress.MofNCompleteColumn(),
                progress.TextColumn(noun),
                progress.BarColumn(),
                progress.TimeRemainingColumn(),
                progress.TextColumn("{task.description}"),
                console=Console(stderr=True),
                transient=True,
            )
            self._task = self._bar.add_task("", total=total)

    def step(self, what: str) -> None:
        """Say that a step starts, and so that the one before is done."""
        self._started += 1
        if self._bar:
            self._bar.update(self._task, completed=self._started, description=what)
        else:
            self._line(self._started, self._total)

    def at(self, done: int, total: int) -> None:
        """Say how far it is."""
        if self._bar:
            self._bar.update(self._task, completed=done, total=total)
        else:
            self._line(done, total)

    def snapshot(self, done: int, total: int) -> None:
        """Say how many snapshots of a replay are read; behind the last one there is work left."""
        self.at(done, total)
        if done == total:
            self.phase("last syncs, and the audit of every copy")

    def phase(self, what: str) -> None:
        """Say what is under way besides the steps that are counted."""
        if self._bar:
            self._bar.update(self._task, description=what)

    def _line(self, done: int, total: int | None) -> None:
        """Write how far it is, unless a line was written a moment ago."""
        if monotonic() - self._written >= LINE_EVERY_SECONDS:
            self._written = monotonic()
            sys.stderr.write(f"incload: {done:,}{'' if total is None else f' of {total:,}'} {self._noun}\n")
            sys.stderr.flush()

    def __enter__(self) -> Self:
        """Show the bar for the time of a block."""
        if self._bar:
            self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Take the bar away."""
        if self._bar:
            self._bar.stop()
