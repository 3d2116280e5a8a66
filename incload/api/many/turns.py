"""Which of many loads may run at the same time: two that would stand in each other's way take turns."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from incload.engines.endpoints import Location, locate
from incload.engines.registry import session_type
from incload.errors import Refused

if TYPE_CHECKING:
    from collections.abc import Sequence

    from incload.api.config.model import ConfiguredTable


@dataclass(frozen=True, slots=True)
class Use:
    """What a load reads and what it writes, by names that are the same for the same place."""

    reads: frozenset[str] = frozenset()
    writes: frozenset[str] = frozenset()

    def disturbs(self, other: Use) -> bool:
        """Return whether one of the two writes what the other reads or writes."""
        return not (
            self.writes.isdisjoint(other.writes | other.reads) and other.writes.isdisjoint(self.writes | self.reads)
        )


def use_of(table: ConfiguredTable) -> Use:
    """Return what a load uses; nothing for one that cannot be located, which is refused when its turn comes.

    Of an engine that takes one writer the whole file is written, and whoever reads another table of it waits. Of any
    other engine it is the table.
    """
    try:
        source, target = locate(table.source), locate(table.target)
        alone = session_type(target.engine).capabilities.one_writer
    except Refused:
        return Use()
    written = _file(target) if alone and isinstance(target, Location) else target.origin(table.name.lower())
    read = _file(source) if isinstance(source, Location) else source.origin(source.table or table.name)
    return Use(frozenset({read}), frozenset({written}))


def _file(end: Location) -> str:
    return os.path.realpath(end.path)


@dataclass(slots=True)
class Turns:
    """The tables that wait, and those that are under way.

    Attributes:
        waiting: The tables whose turn has not come, each by its number, in order.
        running: What those use whose turn it is.
    """

    waiting: dict[int, Use] = field(default_factory=dict)
    running: dict[int, Use] = field(default_factory=dict)

    @classmethod
    def of(cls, tables: Sequence[ConfiguredTable]) -> Turns:
        """Let all wait."""
        return cls(dict(enumerate(map(use_of, tables))))

    def next(self) -> int | None:
        """Return the first table that disturbs none under way, which is now one of them; None while there is none."""
        for number, use in self.waiting.items():
            if not any(use.disturbs(other) for other in self.running.values()):
                self.running[number] = self.waiting.pop(number)
                return number
        return None

    def done(self, number: int) -> None:
        """Note that a load has ended."""
        del self.running[number]
