"""Whose time a loader reads: the machine's, or that of the history, by a library that stands before the system's own.

A tool that asks for the present time would otherwise take a history of long ago, or of tomorrow, for what it is. The
library, libfaketime, moves the clock of a living process: the time stands in its environment, where the worker puts it
before every sync, and runs on from there. A server has a clock of its own, and so has a program that makes its system
calls itself: for these the history is moved instead, so that it ends at the machine's present time.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

_PLACES = (
    "usr/lib/*/faketime/libfaketime.so.1",
    "usr/local/lib/faketime/libfaketime.so.1",
)
"""Where systems keep the library, below the root."""
_PACKAGED = "lib/python*/site-packages/libfaketime/vendor/libfaketime/src/libfaketime.so.1"
"""Where an environment of Python keeps it."""


@dataclass(frozen=True, slots=True)
class Clock:
    """Whose time a loader reads.

    Attributes:
        library: The library that moves the clock; empty for the machine's time.
        moves_history: Whether the history is moved instead, so that it ends at the machine's present time.
    """

    library: str = ""
    moves_history: bool = False

    @property
    def shown(self) -> str:
        """How a record says it."""
        if self.moves_history:
            return "the machine's time, at which the history is moved to end"
        return "the history's time, by libfaketime" if self.library else "the machine's time"

    @property
    def variables(self) -> dict[str, str]:
        """What a worker gets in its environment; it moves its clock with each request, as `worker_main` says."""
        if not self.library:
            return {}
        return {
            "LD_PRELOAD": self.library,
            "FAKETIME": "+0",
            "FAKETIME_NO_CACHE": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",  # what is measured is real, and what waits does not wait for years
            "FAKETIME_FORCE_MONOTONIC_FIX": "0",  # its fix lets waits with a limit end at once: threads spin
            "TZ": "UTC",
        }


REAL = Clock()
"""The machine's own time."""
ENDS_NOW = Clock(moves_history=True)
"""The machine's own time, and a history that ends there."""


def moved(environment: Path | None = None, root: Path = Path("/")) -> Clock:
    """Return a clock that shows the history's time where the library is there; where it is not, the history is moved.

    Args:
        environment: An environment of Python that may hold the library.
        root: Where the folders of the system stand.
    """
    found: Iterable[Path] = (each for place in _PLACES for each in root.glob(place))
    packaged = environment.glob(_PACKAGED) if environment else ()
    library = next((str(each) for each in (*packaged, *found)), "")
    return Clock(library) if library else ENDS_NOW
