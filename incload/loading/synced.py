"""What one sync did, as the parts of the program that ran it read it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from incload.records import record

if TYPE_CHECKING:
    from incload.strategy import Delta, State


@record
class Synced:
    """What one sync did.

    Attributes:
        read: Rows that the source had to look at and hand over, or to digest.
        written, unchanged, removed: Rows inserted or updated; of these, rows equal to what they replaced; rows deleted.
        held_back: Rows that the source no longer has and the target keeps, because they are too many.
        held_columns: Columns that the source no longer has and whose values the target keeps.
        backfilled: Rows that were not read and got values of columns that they lacked.
        queries: Queries that the source answered.
        delta: What the strategy asked for.
        before, after: The state before and after.
        previous_watermark, new_watermark: Their watermarks, as the source would write them.
        remembered: Whether the state was written.
        warnings: What was noticed and let pass, a sentence each.
        state_bytes: The size of the state, where it was written and is no more than its entry; None elsewhere.
        total_before, total: Rows of the target before and after, where they are known without counting; None elsewhere.
    """

    read: int
    written: int
    unchanged: int
    removed: int
    queries: int
    delta: Delta
    before: State
    after: State
    previous_watermark: object
    new_watermark: object
    remembered: bool
    warnings: tuple[str, ...] = ()
    held_back: int = 0
    held_columns: tuple[str, ...] = ()
    backfilled: int = 0
    state_bytes: int | None = None
    total_before: int | None = None
    total: int | None = None
