"""Whose time a worker reads: the machine's, or that of the history, by a library that stands before the system's own.

A tool that asks for the present time would otherwise take a history of long ago, or of tomorrow, for what it is. The
library, libfaketime, moves the clock of a living process: the time stands in a file that is written before every sync,
and runs on from there. A server has a clock of its own, and a program that makes its system calls itself does too.
"""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

_PLACES = (
    "usr/lib/*/faketime/libfaketime.so.1",
    "usr/local/lib/faketime/libfaketime.so.1",
)
"""Where systems keep the library, below the root."""
_PACKAGED = "lib/python*/site-packages/libfaketime/vendor/libfaketime/src/libfaketime.so.1"
"""Where an environment of Python keeps it."""


@dataclass(frozen=True, slots=True)
class Clock:
    """Whose time a worker reads.

    Attributes:
        library: The library that moves the clock; empty for the machine's time.
    """

    library: str = ""

    @property
    def shown(self) -> str:
        """How a record says it."""
        return "the history's time, by libfaketime" if self.library else "the machine's time"

    def running(self) -> RunningClock:
        """Return the clock of one process."""
        return RunningClock(self.library)


REAL = Clock()
"""The machine's own time."""


class RunningClock:
    """The clock of one process."""

    def __init__(self, library: str) -> None:
        """Make the file that holds the time, if there is a library to read it."""
        self._folder = tempfile.TemporaryDirectory(prefix="incload-") if library else None
        self._library = library

    @property
    def variables(self) -> dict[str, str]:
        """What the process gets in its environment."""
        if self._folder is None:
            return {}
        return {
            "LD_PRELOAD": self._library,
            "FAKETIME_TIMESTAMP_FILE": str(self._file),
            "FAKETIME_NO_CACHE": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",  # what is measured is real, and what waits does not wait for years
            "TZ": "UTC",
        }

    @property
    def _file(self) -> Path:
        assert self._folder is not None  # noqa: S101 - only asked where there is one
        return Path(self._folder.name, "now")

    def set(self, now: datetime | None) -> None:
        """Let the clock go on from a time, in UTC; None leaves it as it is."""
        if self._folder is not None and now is not None:
            self._file.write_text(f"@{now:%Y-%m-%d %H:%M:%S}\n", encoding="ascii")

    def close(self) -> None:
        """Delete the file."""
        if self._folder is not None:
            self._folder.cleanup()


def moved(environment: Path | None = None, root: Path = Path("/")) -> Clock:
    """Return a clock that shows the history's time where the library is there, and the machine's where it is not.

    Args:
        environment: An environment of Python that may hold the library.
        root: Where the folders of the system stand.
    """
    found: Iterable[Path] = (each for place in _PLACES for each in root.glob(place))
    packaged = environment.glob(_PACKAGED) if environment else ()
    return Clock(next((str(each) for each in (*packaged, *found)), ""))
