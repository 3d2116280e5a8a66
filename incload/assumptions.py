"""The assumptions on which incremental loads stand: one enumeration, spoken by strategies, write rules and scenarios.

A strategy or a write rule *needs* an assumption; a scenario *breaks* it, by a measured size where it has one. A load is
right as long as nothing that it needs is broken.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from incload.records import record

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import timedelta


class Assumption(StrEnum):
    """What may be true of a source, a schedule or a state. The value is the sentence that says when it holds."""

    UNIQUE_CURSOR = "no change has the cursor value of the watermark before it (lag 0)"
    TIES_IN_KEY_ORDER = "a change with the watermark's own cursor value has a larger key than the rows already read"
    LAG_WITHIN = "no change that the cursor shows lies further behind the watermark than the bound"
    CURSOR_MOVES_ON_UPDATE = "every change raises the row's cursor value"
    CURSOR_PRESENT = "the cursor is never null"
    CURSOR_NOT_IN_FUTURE = "no cursor value is ahead of the source's clock"
    KEYS_IN_COMMIT_ORDER = "keys become visible in ascending order"
    KEYS_WITHIN = "no key becomes visible longer after a larger one than the bound, by the source's clock"
    KEYS_NEAR = "no key becomes visible that lies more than 1,000 below the largest"
    INSERT_ONLY = "rows never change once they are visible"
    NO_HARD_DELETES = "rows never disappear from the source"
    COMPLETE_READ = "the source answers every query with all the rows it should"
    WHOLE_READ = "every sync reads the whole table"
    STATE_NOT_AHEAD = "the state never lies beyond what was read"
    STATE_KEPT = "the state is never put back to what it was after an earlier sync"
    READ_ONCE = "no version of a row is handed to the target twice"
    ON_SCHEDULE = "every change is younger than the bound, by the source's clock, at the first sync that can see it"
    COMMIT_WITHIN = "no change becomes visible further behind the source's clock at the sync before than the bound"
    VERSIONS_IN_ORDER = "versions of a row arrive oldest first"
    FIXED_SCHEMA = "columns and their types stay as they are"
    ATOMIC_COMMIT = "rows and state commit together"
    LOG_KEPT = "the source's change log holds every change since the last sync"
    NO_TIES = "no two changes that one sync finds have the same cursor value"
    WATERMARK_MOVES = "a sync that finds changes finds one with a cursor value above the watermark"
    STATE_EXACT = "no change lies above the watermark and within its second"
    WHOLE_SECONDS = "cursor values are whole seconds"
    TEXT_IN_ORDER = "cursor values sort alike as times and as text that leaves out the leading zero of the hour"
    VISIBLE_AT_ONCE = "every change is visible at the first sync after its cursor value"
    PERIOD_CURRENT = "every change is found by a sync that runs in its own period of five minutes"
    PERIOD_CLOSED = "no change becomes visible in a period of five minutes that had ended at the sync before"
    KEYS_IN_32_BITS = "keys stay below 2 to the power of 32"
    HASHES_DIFFER = "no change leaves the values of a row, written one after the other, as they were"
    NULLS_DIFFER = "no change turns a null into an empty text, or back"
    SOURCE_NOT_EMPTY = "the source has rows at the first sync"
    ONE_SNAPSHOT = "all queries of one sync see the source as it was at one moment"
    NO_DELETE_DURING_SYNC = "no row disappears from the source while a sync runs"
    RUN_COMPLETES = "a sync that begins also ends"
    ONE_WRITER = "no two syncs of one table run at the same time"
    CLOCKS_AGREE = "the loader's clock shows what the source's clock shows"
    UTC_SESSION = "the loader's session has the time zone UTC"


OF_READING = frozenset({
    Assumption.NO_TIES, Assumption.WATERMARK_MOVES, Assumption.STATE_EXACT, Assumption.WHOLE_SECONDS,
    Assumption.TEXT_IN_ORDER, Assumption.VISIBLE_AT_ONCE, Assumption.PERIOD_CURRENT, Assumption.PERIOD_CLOSED,
    Assumption.KEYS_IN_32_BITS, Assumption.HASHES_DIFFER, Assumption.NULLS_DIFFER, Assumption.SOURCE_NOT_EMPTY,
    Assumption.ONE_SNAPSHOT, Assumption.RUN_COMPLETES, Assumption.ONE_WRITER, Assumption.CLOCKS_AGREE,
    Assumption.UTC_SESSION, Assumption.NO_DELETE_DURING_SYNC,
})  # fmt: skip
"""What only loaders need that read in several queries, commit several times, or keep less than they have read.

No strategy needs any of it: one reads one snapshot, commits once, and keeps its watermark as it is.
"""


@record
class Need:
    """An assumption on which a strategy or a write rule relies.

    Attributes:
        assumption: What must hold.
        within: The size up to which a break does no harm; None when any break does. Sizes are spans of time, measured
            from the history: how far a change lies behind the watermark, the state or the clock.
    """

    assumption: Assumption
    within: timedelta | None = None

    def met(self, breaks: Mapping[Assumption, timedelta | None]) -> bool:
        """Return whether the need survives what is broken, given each broken assumption's size (or None)."""
        if self.assumption not in breaks:
            return True
        size = breaks[self.assumption]
        return self.within is not None and size is not None and size <= self.within


def unmet(
    needs: Iterable[Need], by_design: Iterable[Assumption], breaks: Mapping[Assumption, timedelta | None]
) -> tuple[Need, ...]:
    """Return the needs that do not survive what is broken by a history, or by design, by name."""
    # What is broken by design has no size: it breaks every strategy that needs it.
    everything = {**dict.fromkeys(by_design), **breaks}
    return tuple(sorted((need for need in needs if not need.met(everything)), key=lambda need: need.assumption.name))
