"""What a write rule is given and what it gives back: a job, and what is to become of the target."""

from __future__ import annotations

from typing import TYPE_CHECKING

from incload.engines.capabilities import AtomicState
from incload.engines.temporary.tables import DIGEST
from incload.records import field, record, replace

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from incload.cursor import Scale
    from incload.engines.contract import WriteIntent
    from incload.engines.cursor_sql import CursorSql
    from incload.engines.session import Query
    from incload.loading.connections import Connections
    from incload.table import Column, Table


def _any_number(count: int, total: int) -> bool:  # noqa: ARG001 - without a guard no number matters
    return True


@record
class WriteJob:
    """One table's load.

    Attributes:
        connections: The open ends.
        table: What the table is; its columns are the source's.
        scale: What its cursor's values mean; None without a cursor.
        unique: Whether the source itself promises that the key is unique.
        digests: The table of remembered digests: the key's columns and the digest.
        count_unchanged: Whether to find out how many rows were written over an equal row, which costs a comparison.
        kinds: What the target's columns are recorded to hold, by their names.
        may_remove: Says whether so many rows may leave a target of so many; what may not is held back.
    """

    connections: Connections
    table: Table
    scale: Scale | None
    unique: bool
    digests: Table
    count_unchanged: bool = False
    may_remove: Callable[[int, int], bool] = _any_number
    kinds: Mapping[str, str] = field(default_factory=dict)

    @property
    def target(self) -> str:
        """The target's qualified name."""
        return self.connections.target.name("target", self.table.name)

    @property
    def known(self) -> str:
        """The qualified name of the table of remembered digests; where none can be kept, those of the target's rows.

        A table format commits a table alone, and no digests with it. Its own rows say what they are.
        """
        target = self.connections.target
        if target.capabilities.atomic_state is AtomicState.TRANSACTION:
            return target.name("target", self.digests.name)
        return f"(SELECT {target.listed(self.table.key)}, {self.digest} AS {DIGEST} FROM {self.target} AS r)"

    @property
    def target_cursor(self) -> tuple[Column, CursorSql] | None:
        """The cursor's column, and how it is read in the target's session; None without a cursor."""
        if self.table.cursor is None or self.scale is None:
            return None
        target, column = self.connections.target, self.table.column(self.table.cursor)
        declared = column.declared if self.connections.attached else target.type_name(column, self.connections.origin)
        return column, target.cursor(column.name, self.scale, declared)

    @property
    def digest(self) -> str:
        """The expression of the digest that is compared beside a key; where all is key, the key's own."""
        payload = [column for column in self.table.columns if column.name not in self.table.key]
        return self.connections.target.table_digest(payload or self.table.columns)


@record
class PreparedWrite:
    """What a write rule found to do, before it is committed.

    Attributes:
        seen: The rows that were read, as a relation.
        in_source: Whether that relation is named in the source's session, not in the target's.
        read: How many rows the source had to look at and hand over, or to digest.
        intent: What is to become of the target.
        unchanged: How many of the rows to be written are equal to the row they replace; 0 where it was not counted.
        held_back: How many rows the source no longer has and the target keeps, because they are too many.
        forgotten: The keys whose remembered digests go with the rows, as a relation; None without any.
        position: Up to where the source's change log was read; None if it was not, or is not carried out.
        fresh: Whether the target had no row before.
        largest: The source's largest cursor value, as its engine returns it; empty where it was not looked at.
        same: What else the source has, as a query on the target: its own rows, where those were compared and are the
            source's; None where all were read.
        top: The largest cursor value of the rows that were read, as the target's engine returns it; empty where it was
            not looked at.
        why_all: Why everything was read where a log was asked, if that is to be reported; a clause.
    """

    seen: Query
    in_source: bool
    read: int
    intent: WriteIntent
    unchanged: int = 0
    held_back: int = 0
    forgotten: str | None = None
    position: str | None = None
    fresh: bool = False
    largest: tuple[object, ...] = ()
    same: str | None = None
    top: tuple[object, ...] = ()
    why_all: str = ""


def removing(prepared: PreparedWrite, removals: str | None, held_back: int = 0) -> PreparedWrite:
    """Return what was prepared, with keys that leave the target besides, or are held back."""
    intent = replace(prepared.intent, removals=removals)
    return replace(prepared, intent=intent, held_back=prepared.held_back + held_back)
