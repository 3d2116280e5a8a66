"""Progress on a terminal: what is running, how far, and how long it will still take; silence in a pipe."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from types import TracebackType

    from rich.progress import Progress as Bar


class Progress:
    """A bar on standard error that goes when it is done; nothing at all when that is no terminal."""

    def __init__(self, noun: str, total: int | None = None) -> None:
        """Start counting `total` steps of a thing; None while nobody knows how many."""
        self._bar: Bar | None = None
        self._started = -1
        if sys.stderr.isatty():
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

    def at(self, done: int, total: int) -> None:
        """Say how far it is."""
        if self._bar:
            self._bar.update(self._task, completed=done, total=total)

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
