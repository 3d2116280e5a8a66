"""The plan of a load: which table to keep up to date, and how."""

from __future__ import annotations

from typing import TYPE_CHECKING

from incload.engines.files.layout import PLAIN, Layout
from incload.records import field, record
from incload.removal_limit import PERCENT, ROWS

if TYPE_CHECKING:
    from collections.abc import Callable

    from incload.strategy import Strategy, WriteRule


@record
class Guards:
    """What a sync lets pass that it would otherwise refuse, report or hold back; see `incload.loading.guards`.

    Attributes:
        allow_backwards: Whether the watermark may move backwards.
        allow_ahead: Whether a watermark ahead of the source goes without a warning.
        allow_mismatch: Whether rows that a strategy does not read may be removed or replaced by what it reads.
        allow_removals: Whether any number of rows may leave the target in one sync.
        allow_emptied_columns: Whether columns that the source has lost may be emptied.
        same_source: Whether a state made from another source is used, because that source has only moved.
        percent: Otherwise, how many of a hundred rows may leave ...
        rows: ... or how many rows, if that is more.
    """

    allow_backwards: bool = False
    allow_ahead: bool = False
    allow_mismatch: bool = False
    allow_removals: bool = False
    allow_emptied_columns: bool = False
    same_source: bool = False
    percent: int = PERCENT
    rows: int = ROWS


@record
class Choice:
    """What is copied of a source.

    Attributes:
        columns: The columns besides key and cursor, which always are; None for all.
        exclude: The columns that are not.
        where: The condition, in the source's own SQL, of the rows that are; None for all.
    """

    columns: tuple[str, ...] | None = None
    exclude: tuple[str, ...] = ()
    where: str | None = None

    @property
    def mark(self) -> str:
        """What distinguishes the chosen rows from those of another condition, behind the name of their source."""
        return f" where {self.where.strip()}" if self.where else ""


@record
class Plan:
    """What to keep up to date, and how.

    Attributes:
        name: The target table, and the name under which its state is kept.
        key: The key columns.
        cursor: The cursor column, or None.
        strategy: How to decide what to read.
        write_rule: How to write it; None for the strategy's own.
        cursor_per_second: What an integer cursor counts, in ticks per second; None for plain numbers.
        count_unchanged: Whether to count rows written over an equal row.
        evolve: Whether the target follows the source when that gains columns or changes types.
        lasting: Whether what a sync changes is to stay; a dry run says no.
        clock: The source's clock in microseconds since 1970-01-01 UTC; None for the engine's own.
        guards: What it watches over.
        spelled: The strategy and its parameters as a user writes them, for the state; None where it is not to know.
        backfill: Which columns of rows that are not read are filled from the source as well: those named, those new to
            the target where none is named, and none at all for None.
        choice: What of the source is copied.
        types: The types that the user has named for columns of a record file, each a column and a type.
        layout: Where the records are in a source that is a file of records.
        origin: What distinguishes the source from others (`Endpoint.origin`); None where the state must not hold it.
    """

    name: str
    key: tuple[str, ...]
    cursor: str | None
    strategy: Strategy
    write_rule: WriteRule | None = None
    cursor_per_second: int | None = None
    count_unchanged: bool = False
    evolve: bool = False
    lasting: bool = True
    clock: Callable[[], int] | None = field(default=None, compare=False)
    guards: Guards = Guards()
    origin: str | None = None
    spelled: str | None = None
    choice: Choice = Choice()
    backfill: tuple[str, ...] | None = None
    layout: Layout = PLAIN
    types: tuple[tuple[str, str], ...] = ()

    @property
    def rule(self) -> WriteRule:
        """The write rule in force."""
        return self.write_rule or self.strategy.write_rule
