"""A sync's look at its cursor column: what the values mean, and that none among them has another order than it seems.

The look is at the whole column before anything is asked, unless the source's engine can find out later, from the query,
which values matter (`CursorLooks`). Then it is made before anything is written, and once more before anything is
remembered if the source was written since: what a stream reads may be newer than what was looked at.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from incload.cursor import Scale, shape_of
from incload.strategy import WriteRule
from incload.table import Kind

if TYPE_CHECKING:
    from incload.loading.connections import Connections
    from incload.loading.plan import Plan
    from incload.loading.state.store import StateStore
    from incload.strategy import Delta
    from incload.table import Column, Table

_ANY_TIME = "1970-01-01T00:00:00.000000Z"
"""The shape of the clock beside a column of texts that has none yet."""


class Look:
    """What one sync knows of its cursor.

    Attributes:
        connections: The open ends.
        table: What the table is.
        scale: What the cursor's values mean; None without a cursor.
        is_put_off: Whether the values are yet to be looked at.
    """

    __slots__ = ("_version", "connections", "is_put_off", "scale", "table")

    def __init__(
        self, connections: Connections, table: Table, scale: Scale | None, *, is_put_off: bool = False
    ) -> None:
        """Take what is known; nothing was asked yet."""
        self.connections, self.table, self.scale, self.is_put_off = connections, table, scale, is_put_off
        self._version = 0

    def confirm(self, delta: Delta) -> None:
        """Look at what was put off, now that it is known what is asked; refuse what has no certain order."""
        if self.is_put_off and self.scale and self.table.cursor:
            source, column = self.connections.source, self.table.column(self.table.cursor)
            if not self.connections.attached:  # where the transaction holds both ends, no other writes the source
                self._version = source.looks.version("source")
            source.looks.confirm("source", self.connections.table, column, self.scale, delta.rows)

    def confirm_again(self, delta: Delta) -> None:
        """Look once more if the source is not what it was."""
        if not self.is_put_off or self.connections.attached:
            return
        if self.connections.source.looks.version("source") != self._version:
            self.confirm(delta)


def look_at_cursor(connections: Connections, plan: Plan, table: Table, store: StateStore, *, first: bool) -> Look:
    """Find out what the cursor's values mean; where the source has none at all, what they meant before."""
    column = _cursor(plan, table)
    held = store.scale() if column and plan.strategy.uses_cursor and not first else None
    looks = connections.source.looks
    is_put_off = bool(column and held and looks.seems("source", connections.table, column, held))
    scale = held if is_put_off else _scale(connections, plan, column, store)
    return Look(connections, table, scale, is_put_off=is_put_off)


def _cursor(plan: Plan, table: Table) -> Column | None:
    """Return the cursor column, where it decides about anything."""
    is_used = plan.strategy.uses_cursor or plan.rule is WriteRule.NEWEST
    return table.column(table.cursor) if table.cursor is not None and is_used else None


def _scale(connections: Connections, plan: Plan, column: Column | None, store: StateStore) -> Scale | None:
    if column is None:
        return None
    scale = connections.source.scale("source", connections.table, column, plan.cursor_per_second)
    if scale is None:
        return store.scale() or _of_none(column, plan.cursor_per_second)
    if any(need.within for need in plan.strategy.needs):
        scale.ticks(timedelta(0))  # refuses a cursor of plain numbers now, not at the second load
    return scale


def _of_none(column: Column, per_second: int | None) -> Scale:
    """Return what the values of a cursor column mean that has none yet: texts can only be times."""
    if per_second is None and column.kind is Kind.TEXT:
        return shape_of(_ANY_TIME) or Scale(None)
    return Scale(per_second)
