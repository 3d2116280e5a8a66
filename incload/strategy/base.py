"""What a strategy is: its parameters, what it needs and breaks, and its two decisions."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, fields
from datetime import timedelta
from typing import TYPE_CHECKING, ClassVar, Literal

from incload.assumptions import Assumption, Need
from incload.records import record
from incload.strategy.answers import WriteRule

if TYPE_CHECKING:
    from incload.strategy.answers import Capability, Delta, State
    from incload.strategy.asking import Seen, Source


@record
class Learning:
    """How a window follows the lags that were seen; it is one of some bounds, and the narrowest at first.

    A change that lies further behind than a bound rules that bound out, until so many changes in a row were seen that
    do not. What lies beyond the window is seen only now and then, when all is read back to the last such sync and the
    widest bound before it.

    Attributes:
        bounds: The bounds, ascending.
        enough: After how many changes in a row within a bound it will do.
        every: Every how many syncs the rows beyond the window are read.
    """

    bounds: tuple[timedelta, ...]
    enough: int
    every: int

    @property
    def at_first(self) -> tuple[int, ...]:
        """How many changes in a row lay within each bound but the widest, before any was seen."""
        return (self.enough,) * (len(self.bounds) - 1)

    def window(self, within: tuple[int, ...]) -> timedelta:
        """Return the narrowest bound that will do."""
        enough = (bound for bound, number in zip(self.bounds, within, strict=False) if number >= self.enough)
        return next(enough, self.bounds[-1])

    def after(self, within: tuple[int, ...], lags: tuple[int, ...]) -> tuple[int, ...]:
        """Return how many changes in a row lay within each bound, after some: their number, and how many did not."""
        changes, beyond = lags[0], lags[1:]
        return tuple(
            0 if late else min(number + changes, self.enough) for number, late in zip(within, beyond, strict=True)
        )


@record
class Reach:
    """Which changes a cursor strategy reads, by their lag; from it the number of wrong rows is predicted.

    Attributes:
        window: A change that lies no further behind the watermark than this is read.
        at_bound: Which changes exactly at the bound are read: `none`, those with a `larger_key`, those whose content is
            `unknown`, or `all`.
        bounded: Whether the watermark never passes the source's clock.
        delay: Rows whose cursor is younger than this, by the source's clock, are left for a later sync.
        from_clock: Whether the window counts from the source's clock, whatever the watermark.
        further: More windows, each from and to so far behind the watermark.
        every: Every so many syncs everything is compared; 0 for never.
        learning: How the window is learned from the lags that were seen; None for one that stays as it is.
    """

    window: timedelta = timedelta(0)
    at_bound: Literal["none", "larger_key", "unknown", "all"] = "all"
    bounded: bool = False
    delay: timedelta = timedelta(0)
    from_clock: bool = False
    further: tuple[tuple[timedelta, timedelta], ...] = ()
    every: int = 0
    learning: Learning | None = None


SHOWN_BY_CURSOR = frozenset(
    Need(assumption)
    for assumption in (
        Assumption.CURSOR_PRESENT,
        Assumption.COMPLETE_READ,
    )
)
"""What every strategy needs that only looks at the rows that a cursor shows."""


@dataclass(frozen=True)
class Strategy(ABC):
    """How one sync decides what to read and what to remember.

    A strategy is a frozen dataclass; its parameters are its fields, and a variant is a value. The first line of its
    docstring is what `incload list` shows.
    """

    name: ClassVar[str]
    """The permanent id, `[a-z0-9_]+`; state is kept under it, whatever the parameters."""

    write_rule: ClassVar[WriteRule] = WriteRule.MERGE
    """The rule by which its rows are written when the user names none."""

    uses_cursor: ClassVar[bool] = True
    """Whether it asks queries about a cursor column."""

    asks: ClassVar[Capability | None] = None
    """What it asks of a source that not every engine can do."""

    @classmethod
    def variants(cls) -> tuple[Strategy, ...]:
        """Return the values that comparisons run; the first is the default."""
        return (cls(),)

    @property
    def id(self) -> str:
        """The name, and after it each parameter that is not at its default."""
        parts = [self.name]
        for parameter in fields(self):
            value = getattr(self, parameter.name)
            if value == parameter.default:
                continue
            if isinstance(value, bool):
                parts.append(parameter.name if value else f"without_{parameter.name}")
            else:
                shown = "_".join(map(str, value)) if isinstance(value, tuple) else str(value)
                parts.append(f"{parameter.name}_{shown.replace('.', '_').replace('-', 'minus_')}")
        return "_".join(parts)

    @property
    def removes_rows(self) -> bool:
        """Whether it names keys to delete, so that rows may disappear from the source whatever the write rule."""
        return False

    @property
    @abstractmethod
    def needs(self) -> frozenset[Need]:
        """What must hold of source, schedule and state for the copy to be right after every sync.

        What its write rule needs besides is said by `needs_of`.
        """

    @property
    def breaks(self) -> frozenset[Assumption]:
        """What the strategy itself breaks by design, which matters to the write rule: re-reading, reading in part."""
        return frozenset({Assumption.WHOLE_READ})

    @property
    def reads_again(self) -> frozenset[Assumption]:
        """What makes it hand a version to the target twice when broken; it matters to `append` alone."""
        return frozenset()

    @property
    def reach(self) -> Reach | None:
        """Which changes it reads, for a strategy that goes by the cursor alone; None for one that does not."""
        return None

    @property
    def delay(self) -> timedelta:
        """How old a row's timestamp has to be, by the source's clock, before the strategy makes promises about it."""
        return timedelta(0)

    @abstractmethod
    def read(self, source: Source, state: State) -> Delta:
        """Ask the source, from what the state holds, for the rows of this sync."""

    @abstractmethod
    def remember(self, seen: Seen, state: State) -> State:
        """Return what the next sync starts from, given a summary of the rows that this one read."""
