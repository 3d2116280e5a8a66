"""A strategy whose state is coarser than the cursor, as a loader's is that keeps whole seconds, or rounds."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from incload.strategy import Assumption, Delta, Need, Reach, Seen, Source, State, Strategy

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import timedelta


@dataclass(frozen=True)
class CoarseState(Strategy):
    """A strategy whose watermark is kept coarser than the cursor.

    Attributes:
        honest: The strategy.
        bend: From the watermark to what is kept of it.
    """

    honest: Strategy
    bend: Callable[[int], int]

    def __post_init__(self) -> None:
        """Speak under the strategy's own name and rule."""
        object.__setattr__(self, "name", self.honest.name)
        object.__setattr__(self, "write_rule", self.honest.write_rule)
        object.__setattr__(self, "uses_cursor", self.honest.uses_cursor)
        object.__setattr__(self, "asks", self.honest.asks)

    @property
    def id(self) -> str:
        """The strategy's own id."""
        return self.honest.id

    @property
    def needs(self) -> frozenset[Need]:
        """What the strategy needs."""
        return self.honest.needs

    @property
    def breaks(self) -> frozenset[Assumption]:
        """What the strategy breaks."""
        return self.honest.breaks

    @property
    def reach(self) -> Reach | None:
        """What the strategy reads."""
        return self.honest.reach

    @property
    def delay(self) -> timedelta:
        """The strategy's delay."""
        return self.honest.delay

    def read(self, source: Source, state: State) -> Delta:
        """Read as the strategy does."""
        return self.honest.read(source, state)

    def remember(self, seen: Seen, state: State) -> State:
        """Remember as the strategy does, and bend the watermark."""
        after = self.honest.remember(seen, state)
        if after.watermark is None:
            return after
        return replace(after, watermark=self.bend(int(after.watermark)))
