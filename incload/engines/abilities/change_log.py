"""What the load asks of a change log, whatever keeps it: up to where it goes, and which keys it names.

A log says which keys changed, never what the rows are: those are read from the table, as of the same moment or a later
one, so that reading a part of the log twice does no harm. A position is a text of the log's own. It says of which log
it is, so that a new one is never taken for the old one.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from incload.errors import Refused
from incload.strategy import Capability

if TYPE_CHECKING:
    from collections.abc import Iterator

    from incload.engines.sql import Query


WHOLE = "whole"
"""The state of a log with which nothing is wrong."""


@dataclass(frozen=True, slots=True)
class Reached:
    """How far a log goes, as one sync finds it.

    Attributes:
        position: Up to where a sync that begins now reads it.
        whole: Whether the log does not know what changed since the position, so that all has to be read.
        why: Why that is, where it is to be reported: a clause that says of the table *it*.
    """

    position: str
    whole: bool
    why: str = ""


@dataclass(frozen=True, slots=True)
class Kept:
    """A log that a source keeps, for `incload capture list`.

    Attributes:
        log: What kind it is.
        table: Whose changes stand in it.
        key: The columns by which it names a row.
        position: Up to where it goes.
        entries: How many entries it holds; None where that is not known.
        state: `whole`, or what is wrong with it.
        caution: What the owner must not do, for then the application's writes would fail; empty for nothing.
    """

    log: Capability
    table: str
    key: tuple[str, ...]
    position: str
    entries: int | None
    state: str
    caution: str = ""

    @property
    def cursor(self) -> str | None:
        """The column that a strategy follows instead of the table's cursor; None for a log of changes."""
        return self.key[0] if self.log is Capability.HORIZON else None


class Capture(ABC):
    """What a source keeps for strategies that need it, on explicit request only."""

    @abstractmethod
    def install(self, key: tuple[str, ...]) -> None:
        """Have it kept from now on, or put it in order again; rows are named by these columns."""

    def protect(self) -> None:  # noqa: B027 - few have anything to do
        """Have the database itself keep what is installed from ever making a write of the application fail."""

    @abstractmethod
    def remove(self) -> None:
        """Take it away, and everything that keeps it."""

    @abstractmethod
    def kept(self) -> Kept | None:
        """Describe it; None when there is none."""

    @contextmanager
    @abstractmethod
    def unwatched(self) -> Iterator[None]:
        """Let a block change the table without the log's noticing: how a trial hides rows from a reader."""


class ChangeLog(Capture):
    """The log of one table's changes; see the module's docstring."""

    @abstractmethod
    def reach(self, after: str | None, key: tuple[str, ...]) -> Reached:
        """Return how far the log goes; refuse one that is not there, is broken or names rows by another key."""

    @abstractmethod
    def keys(self, after: str) -> Query:
        """Return the query for the keys that changed after a position, each once; `reach` was asked before."""

    @abstractmethod
    def trim(self, until: str) -> int:
        """Forget what stands up to a position; who has not read so far reads everything. Return how many entries."""

    @abstractmethod
    def cut(self) -> None:
        """Lose all entries without a trace, as a cleanup job would: what a trial does to a loader."""


def usable(kept: Kept | None, table: str, key: tuple[str, ...]) -> Kept:
    """Return a log that triggers keep; refuse one that is not there, is broken or names rows by another key."""
    if kept is None:
        raise Refused(
            f"table {table!r} has no change log: have one kept with `incload capture install`, "
            "which adds triggers and a table to the source."
        )
    if kept.state != WHOLE:
        raise Refused(
            f"the change log of table {table!r} misses changes, because {kept.state}: put everything back with "
            "`incload capture install`; the next load then reads everything."
        )
    if kept.key != key:
        raise Refused(f"the change log of table {table!r} names rows by {', '.join(kept.key)}: load with that key.")
    return kept


def refuse_other_key(kept: Kept | None, table: str, key: tuple[str, ...]) -> None:
    """Refuse to have a log that is there name rows by another key from now on."""
    if kept is not None and kept.key != key:
        raise Refused(
            f"the change log of table {table!r} names rows by {', '.join(kept.key)}, not {', '.join(key)}: "
            "remove it first with `incload capture remove`."
        )
