"""The contract of a strategy: the queries it may ask, what it returns, what it may remember.

A strategy decides; it never moves a row. It is handed a source that answers a few queries and returns a description
of the rows to load. The load takes those rows, and hands back a summary of what it really read, from which the strategy
says what the next sync starts from. This module is all that a strategy imports.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, field, fields
from datetime import timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING, ClassVar, Literal, Protocol

from incload.assumptions import Assumption, Need

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = [
    "SHOWN_BY_CURSOR",
    "AfterKey",
    "Assumption",
    "Capability",
    "Changed",
    "Delta",
    "Everything",
    "Logged",
    "Need",
    "Position",
    "Reach",
    "Rows",
    "Seen",
    "Since",
    "Source",
    "State",
    "Strategy",
    "Vanished",
    "WriteRule",
    "needs_of",
]

Position = int | float
"""A cursor value as a number that orders as the value does: ticks of time, or the number itself (incload.cursor)."""

KeyValue = tuple[object, ...]
"""The values of the key columns of one row, as the source has them."""


class Capability(StrEnum):
    """What a strategy may ask of a source that not every engine can do; the value is a noun for sentences."""

    TRIGGERS = "triggers"
    """Triggers, which keep a change log beside a table."""
    LOG = "log of committed changes that others may read"
    """A log of its own, which says what was committed."""
    HORIZON = "numbers of transactions that show which are still open"
    """A number below which nothing can still commit, and such a number in every row."""


class WriteRule(StrEnum):
    """How rows that were read enter the target."""

    APPEND = "append"
    """Every row read is added; nothing is ever overwritten."""
    MERGE = "merge"
    """A row replaces the one with its key, or is added."""
    NEWEST = "newest"
    """Merge, but a version with a smaller cursor value never replaces one with a larger."""
    REPLACE = "replace"
    """The rows read become the whole target."""
    MIRROR = "mirror"
    """Merge, and delete what was not among the rows read."""


@dataclass(frozen=True, slots=True)
class Everything:
    """All rows of the source."""


@dataclass(frozen=True, slots=True)
class Since:
    """Rows whose cursor lies above a position.

    Attributes:
        position: The lower bound; None for none.
        inclusive: Whether rows at the bound itself belong.
        until: The upper bound, itself included; None for none.
        key: With a key, rows at the bound belong if their key is larger than it.
        nulls: Whether rows with a null cursor belong as well.
        but: Digests of rows that are known already and do not belong.
        settled: Whether rows belong only below the source's horizon, under which nothing can still commit; the horizon
            is that of the very statement that reads them.
    """

    position: Position | None
    inclusive: bool = False
    until: Position | None = None
    key: KeyValue | None = None
    nulls: bool = False
    but: tuple[str, ...] = ()
    settled: bool = False


@dataclass(frozen=True, slots=True)
class AfterKey:
    """Rows whose key is larger than one."""

    key: KeyValue


@dataclass(frozen=True, slots=True)
class Changed:
    """Rows whose digest is not the remembered one, new rows among them."""


@dataclass(frozen=True, slots=True)
class Vanished:
    """Keys with a remembered digest that the source no longer has."""


@dataclass(frozen=True, slots=True)
class Logged:
    """Rows whose keys stand in a change log of the source after a position, as they are now; or the keys without a row.

    The log says which keys, the table says what they are. Where there is no position, or the log does not reach back
    to it, these are all rows, and the keys of the target that the source does not have.

    Attributes:
        log: Which log: `TRIGGERS` or `LOG`.
        after: What the sync before had read, a text whose meaning only the source knows; None for nothing.
    """

    log: Capability
    after: str | None


Rows = Everything | Since | AfterKey | Changed | Logged


@dataclass(frozen=True, slots=True)
class Delta:
    """What one sync is to load.

    Attributes:
        rows: Answers of the source; a row that is in several is loaded once.
        remove: Keys to delete from the target, if the strategy can know them.
        mirror: Whether the rows are the whole source, so that `merge` and `newest` delete what is not among them.
    """

    rows: tuple[Rows, ...]
    remove: Vanished | Logged | None = None
    mirror: bool = False


@dataclass(frozen=True, slots=True)
class State:
    """What a strategy keeps between syncs. The empty state, `State()`, is that of a first sync.

    Attributes:
        watermark: The largest cursor value processed.
        key: The largest key at the watermark, or the largest key of all, for strategies that use one.
        digests: Whether a digest of every loaded row is kept beside this record, in a table of its own.
        position: Up to where a change log was read; only the source knows its order.
        notes: Anything else that JSON can hold, under names of the strategy's own.
    """

    watermark: Position | None = None
    key: KeyValue | None = None
    digests: bool = False
    position: str | None = None
    notes: Mapping[str, object] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True, slots=True)
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
    """

    window: timedelta = timedelta(0)
    at_bound: Literal["none", "larger_key", "unknown", "all"] = "all"
    bounded: bool = False
    delay: timedelta = timedelta(0)
    from_clock: bool = False
    further: tuple[tuple[timedelta, timedelta], ...] = ()
    every: int = 0


class Source(Protocol):
    """The queries a strategy may ask. Asking moves nothing; each query is counted."""

    def everything(self) -> Everything:
        """Ask for all rows."""

    def since(
        self,
        position: Position | None,
        *,
        inclusive: bool = False,
        until: Position | None = None,
        nulls: bool = False,
        but: tuple[str, ...] = (),
    ) -> Since:
        """Ask for the rows whose cursor lies above a position (see `Since`)."""

    def after(self, position: Position, key: KeyValue) -> Since:
        """Ask for the rows above (position, key) in the order of cursor, then key."""

    def after_key(self, key: KeyValue) -> AfterKey:
        """Ask for the rows whose key is larger."""

    def changed(self) -> Changed:
        """Ask for the rows whose digest differs from the remembered one, or that have none remembered."""

    def vanished(self) -> Vanished:
        """Ask for the keys with a remembered digest that the source no longer has."""

    def settled(self, position: Position | None) -> Since:
        """Ask for the rows above a position and below the source's horizon, under which nothing can still commit."""

    def changes(self, log: Capability, after: str | None) -> Logged:
        """Ask for the rows, or the keys of rows that are gone, that a change log names after a position."""

    def now(self) -> Position:
        """Read the source's own clock, as a position of its cursor column."""

    def earlier(self, position: Position, by: timedelta) -> Position:
        """Return the position that lies a span of time before another; refuse a cursor that does not hold time."""


class Seen(Protocol):
    """A summary of the rows that one sync really read, answered from those rows."""

    @property
    def count(self) -> int:
        """How many rows were read."""

    def largest(self, until: Position | None = None) -> Position | None:
        """Return the largest cursor value, of those up to a position if one is given; None without any."""

    def largest_key(self, at: Position | None = None) -> KeyValue | None:
        """Return the largest key, of the rows at a cursor value if one is given; None without any."""

    def digests_at(self, position: Position) -> tuple[str, ...]:
        """Return the digests of the rows at a cursor value, in ascending order."""

    def reached(self) -> str | None:
        """Return up to where the change log was really read and carried out; None if it was not, or not wholly."""

    def clock(self) -> Position:
        """Return what the source's clock showed when the sync began, as a position of its cursor column."""


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


def needs_of(strategy: Strategy, rule: WriteRule) -> frozenset[Need]:
    """Return everything that a strategy with a write rule needs, for the copy to be right after every sync."""
    again = strategy.reads_again if rule is WriteRule.APPEND else frozenset()
    return strategy.needs | frozenset(map(Need, (_RULE_NEEDS[rule] | again) - _spared(strategy)))


_RULE_NEEDS = {
    WriteRule.APPEND: {Assumption.READ_ONCE, Assumption.INSERT_ONLY, Assumption.NO_HARD_DELETES},
    WriteRule.MERGE: {Assumption.NO_HARD_DELETES},
    WriteRule.NEWEST: {Assumption.NO_HARD_DELETES, Assumption.VERSIONS_IN_ORDER},
    WriteRule.REPLACE: {Assumption.WHOLE_READ},
    WriteRule.MIRROR: {Assumption.WHOLE_READ},
}
"""What each rule needs of whatever reads for it; that answers are complete every way of reading needs itself."""


def _spared(strategy: Strategy) -> set[Assumption]:
    spared = {Assumption.NO_HARD_DELETES} if strategy.removes_rows else set()
    # An older version that arrives after a newer one was read breaks the delay's own bound on commits as well.
    return spared | {Assumption.VERSIONS_IN_ORDER} if strategy.delay else spared
