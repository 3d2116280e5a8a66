"""What a sync hands to a target to be committed, and what comes of it: all of it, or nothing.

A sync reads, stages what it has read and decides what to remember. Then it says once what is to become of the target.
A database with transactions carries that out by statements and commits them together with the state. A table format
writes one snapshot that carries the state. Nothing here speaks to a database.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from incload.records import record
from incload.strategy import WriteRule

if TYPE_CHECKING:
    from collections.abc import Callable

    from incload.table import Table


class Conflict(Exception):  # noqa: N818 - it reads as what has happened
    """Another writer has changed the target since the sync read it: nothing was written, and it may be tried again."""


@record
class WriteResult:
    """What a commit did to the rows of the target.

    Attributes:
        written: How many rows were inserted or updated.
        removed: How many rows were deleted, because the source no longer has them or to make room.
    """

    written: int = 0
    removed: int = 0


@record
class WriteIntent:
    """What is to become of a target table.

    Attributes:
        table: The table; its columns are those of the rows.
        rule: By which rule the rows enter: added by `append`, in place of those with their keys by every other.
        rows: The rows, as a relation of the target's session; None without any.
        clear: Whether all rows that are there leave first.
        removals: The keys whose rows leave last, as a relation of the target's session; None without any.
        placed: What stands in the target already, in the transaction that is open; None where nothing does.
    """

    table: Table
    rule: WriteRule
    rows: str | None = None
    clear: bool = False
    removals: str | None = None
    placed: WriteResult | None = None

    @property
    def adds(self) -> bool:
        """Whether the rows are added to those that are there, whatever their keys."""
        return self.rule is WriteRule.APPEND


@record
class StateChange:
    """What is to be remembered with the rows.

    Attributes:
        name: Under which name the target keeps it: the table's and the strategy's.
        text: What a target that keeps one text beside the rows is to hold from now on; None leaves it as it is, and an
            empty one is none.
        write: Writes it by statements in the transaction of the rows, which are written then.
        by: Who writes it, for a snapshot to say: a sync, or a hand, and what that did.
    """

    name: tuple[str, str]
    text: str | None
    write: Callable[[WriteResult], None]
    by: str = "sync"
