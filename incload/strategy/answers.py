"""What a strategy says: which rows a sync is to load, by which rule they enter, and what is kept for the next."""

from __future__ import annotations

from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING

from incload.records import field, record

if TYPE_CHECKING:
    from collections.abc import Mapping

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


@record
class Everything:
    """All rows of the source."""


@record
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


@record
class AfterKey:
    """Rows whose key is larger than one."""

    key: KeyValue


@record
class KeyRanges:
    """Rows whose key, a whole number, lies in one of some ranges, their ends included."""

    ranges: tuple[tuple[int, int], ...]


@record
class Changed:
    """Rows whose digest is not the remembered one, new rows among them."""


@record
class Differing:
    """Rows in blocks of keys whose digests differ between source and target; or the target's keys without a row there.

    Both sides digest their own rows, block by block, so that only the rows of blocks that differ leave the source.
    """


@record
class Vanished:
    """Keys with a remembered digest that the source no longer has."""


@record
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


Rows = Everything | Since | AfterKey | KeyRanges | Changed | Differing | Logged


@record
class Delta:
    """What one sync is to load.

    Attributes:
        rows: Answers of the source; a row that is in several is loaded once.
        remove: Keys to delete from the target, if the strategy can know them.
        mirror: Whether the rows are the whole source, so that `merge` and `newest` delete what is not among them; or
            stand for it, as those do by whose blocks it is compared.
    """

    rows: tuple[Rows, ...]
    remove: Vanished | Differing | Logged | None = None
    mirror: bool = False


@record
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
