"""The standard input as a source: newline-delimited JSON, kept in a file of its own while it is loaded."""

from __future__ import annotations

import re
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
    from pathlib import Path

NAME = "-"
"""What stands for it in the place of a path."""

_ENDING = re.compile(r"let its name end in (\.\w+)")
"""The remedy for a file of another format."""


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

    def said(self, text: str) -> str:
        """Return a sentence that names its file as one that names the standard input, which has no name to change."""
        path = str(self.path)
        text = text.replace(repr(path), self.shown).replace(path, self.shown)
        return _ENDING.sub(r"write it to a file whose name ends in \1, and load that", text)


@contextmanager
def piped() -> Iterator[Piped]:
    """Keep the standard input in a file for the time of a block; refuse a terminal, on which no records come."""
    if sys.stdin is None:
        raise Refused("the source - is the standard input, and that is closed: pipe NDJSON into the command.")
    if sys.stdin.isatty():
        raise Refused("the source - is the standard input, and that is a terminal: pipe NDJSON into the command.")
    try:
        scratch = Scratch()
    except OSError as error:
        raise Refused(f"the standard input cannot be kept while it is loaded ({error.strerror}): make room.") from error
    try:
        yield from _named(Piped("file", _kept(scratch)))
    finally:
        scratch.remove()


def _kept(scratch: Scratch) -> Path:
    """Copy the standard input into a file and return its path."""
    path = scratch.folder / "standard-input.ndjson"
    try:
        with path.open("wb") as file:
            shutil.copyfileobj(sys.stdin.buffer, file)
    except OSError as error:
        raise Refused(f"the standard input cannot be kept while it is loaded ({error.strerror}): make room.") from error
    return path


def _named(end: Piped) -> Iterator[Piped]:
    """Yield the end; a refusal meanwhile does not name its file."""
    try:
        yield end
    except Refused as refusal:
        refusal.args = (end.said(str(refusal)),)
        raise
