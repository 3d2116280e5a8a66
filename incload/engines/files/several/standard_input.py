"""The standard input as a source: newline-delimited JSON, kept in a file of its own while it is loaded."""

from __future__ import annotations

import shutil
import sys
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from incload.engines.endpoints import Location
from incload.engines.temporary.dirs import Scratch
from incload.errors import Refused

if TYPE_CHECKING:
    from collections.abc import Iterator

NAME = "-"
"""What stands for it in the place of a path."""


@dataclass(frozen=True, slots=True)
class Piped(Location):
    """What has come on the standard input; every one is the state of the same source."""

    @property
    def shown(self) -> str:
        """Its name in a sentence."""
        return "the standard input"

    def origin(self, table: str) -> str:  # noqa: ARG002 - the file has another name each time
        """The same each time."""
        return NAME


@contextmanager
def piped() -> Iterator[Piped]:
    """Keep the standard input in a file for the time of a block; refuse a terminal, on which no records come."""
    if sys.stdin is None or sys.stdin.isatty():
        raise Refused("the source - is the standard input, and that is a terminal: pipe NDJSON into the command.")
    try:
        scratch = Scratch()
    except OSError as error:
        raise Refused(f"the standard input cannot be kept while it is loaded ({error.strerror}): make room.") from error
    try:
        path = scratch.folder / "standard-input.ndjson"
        with path.open("wb") as file:
            shutil.copyfileobj(sys.stdin.buffer, file)
        yield Piped("file", path)
    except OSError as error:
        raise Refused(f"the standard input cannot be kept while it is loaded ({error.strerror}): make room.") from error
    finally:
        scratch.remove()
