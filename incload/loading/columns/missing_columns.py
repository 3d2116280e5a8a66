"""Columns that the target has and the source has lost: what they hold is kept, unless that is said to be meant.

A record file whose header was renamed, a feed that stopped giving a field, or a table whose column was dropped or
renamed would set a whole column to null. The
guard treats it as the one of removals treats rows: too many values at once are held back. Rows are then loaded as if
the source still had the values that the target holds.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from incload.engines.session import Query
from incload.loading.columns.column_kinds import ColumnKind, kind_of
from incload.records import record, replace
from incload.strategy import WriteRule

if TYPE_CHECKING:
    from incload.loading.columns.column_kinds import Kinds, SettledKinds
    from incload.loading.connections import Connections
    from incload.loading.plan import Guards, Plan
    from incload.table import Table

_PRESENT = "incload_present"
"""The temporary table of the source's keys."""


@record
class Missing:
    """What became of the columns that the source has lost.

    Attributes:
        kept: Those whose values are held back.
        nulled: Those that become null in the rows that are loaded.
        values: How many values of each are at stake.
        is_file: Whether the source is a record file, and no table.
    """

    kept: tuple[str, ...] = ()
    nulled: tuple[str, ...] = ()
    values: tuple[tuple[str, int], ...] = ()
    is_file: bool = True

    def sentences(self, name: str) -> tuple[str, ...]:
        """Say of each column what becomes of it."""
        said = dict(self.values)
        renamed = "a header that was renamed" if self.is_file else "a column that was renamed"
        gone = "" if self.is_file else "drop it in the target, or "
        own = "" if self.is_file else "; if it is the target's own, give it a default"
        kept = (
            f"column {column!r} is not in the source any more, and its values in {said[column]} rows of {name!r} were "
            f"kept, as after {renamed}: if it is really gone, {gone}load with --allow-emptied-columns{own}."
            for column in self.kept
        )
        nulled = (
            f"column {column!r} is not in the source any more, and becomes null in rows of {name!r} that are loaded."
            for column in self.nulled
        )
        return (*kept, *nulled)


def hold_columns(connections: Connections, plan: Plan, table: Table) -> tuple[Connections, Missing]:
    """Find the columns that a sync would empty; return the connections that keep their values, and what was found."""
    absent = [name for name in connections.absent if name in table.names]
    is_file = connections.records is not None
    if not absent or (plan.rule is WriteRule.APPEND and is_file):
        return connections, Missing()
    if plan.rule is WriteRule.APPEND:
        return connections, Missing((), tuple(absent), (), is_file=False)
    present = _keys(connections, table)
    found = {name: _at_stake(connections, table, name, present) for name in absent}
    found = {name: counts for name, counts in found.items() if counts[0]}
    values = tuple((name, lost) for name, (lost, _) in found.items())
    if plan.guards.allow_emptied_columns:
        return connections, Missing((), tuple(found), values, is_file)
    kept = tuple(name for name, (lost, held) in found.items() if _too_many(plan.guards, lost, held))
    nulled = tuple(name for name in found if name not in kept)
    return replace(connections, kept=kept, into=table), Missing(kept, nulled, values, is_file)


def with_lost(
    connections: Connections, described: Table, table: Table, kinds: SettledKinds, recorded: Kinds
) -> tuple[Connections, SettledKinds]:
    """Read the source as having the columns that it has lost; the record of what the target holds goes on naming them.

    Args:
        connections: The open ends.
        described: The source's table.
        table: What is loaded.
        kinds: What the target's columns hold after the sync.
        recorded: What was recorded of them before.
    """
    lost = [column for column in table.columns if column.name not in described.names]
    if not lost:
        return connections, kinds
    known = {each.name: ColumnKind(kind_of(each), each.declared, each.declared) for each in lost}
    now = {**kinds.now, **{name: recorded.get(name, each) for name, each in known.items()}} if kinds.now else {}
    return connections.lose(lost), replace(kinds, now=now)


def _keys(connections: Connections, table: Table) -> str:
    """Bring the keys of the source within reach of the target."""
    keys = Query(f"SELECT {connections.source.listed(table.key)} FROM {connections.relation} AS r")
    return connections.target.stage(connections.incoming(keys, table, table.key), _PRESENT)


def _at_stake(connections: Connections, table: Table, column: str, present: str) -> tuple[int, int]:
    """Return how many values of a column stand in rows that the source has, and how many it holds at all."""
    target = connections.target
    valued = f"{target.name('target', table.name)} AS t WHERE t.{target.quote(column)} IS NOT NULL"
    same = f"EXISTS (SELECT 1 FROM {present} AS p WHERE {target.equal_keys(table.key, 'p', 't')})"
    return target.count(f"{valued} AND {same}"), target.count(valued)


def _too_many(guards: Guards, lost: int, held: int) -> bool:
    """Return whether so many of the values of a column are more than go unasked: all of them, or many."""
    return lost == held or (lost > guards.rows and lost * 100 > guards.percent * held)
