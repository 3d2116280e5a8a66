"""Columns that the target has and the source has lost: what they hold is kept, unless that is said to be meant.

A record file whose header was renamed, a feed that stopped giving a field, or a table whose column was dropped or
renamed would set a whole column to null. The
guard treats it as the one of removals treats rows: too many values at once are held back. Rows are then loaded as if
the source still had the values that the target holds.

A column that no load has brought is the user's own, and is left alone. The record of the columns says which those are,
or, where there is none, the digest of the columns in the state. Where neither is kept, it is taken for a lost one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from incload.assumptions import Assumption
from incload.engines.session import Query
from incload.loading.columns.column_kinds import ColumnKind, kind_of
from incload.records import record, replace
from incload.strategy import WriteRule

if TYPE_CHECKING:
    from incload.loading.columns.column_kinds import Kinds, SettledKinds
    from incload.loading.connections import Connections
    from incload.loading.plan import Guards, Plan
    from incload.strategy import Strategy
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
        if not self.kept and not self.nulled:
            return ()
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


def without_own(connections: Connections, table: Table, recorded: Kinds) -> Table:
    """Leave out what a record file is only read as having because the target has it, and no load has ever brought."""
    if not connections.absent:
        return table
    own = {name for name in connections.absent if recorded and name not in recorded and name in table.payload}
    return replace(table, columns=tuple(each for each in table.columns if each.name not in own)) if own else table


def hold_columns(
    connections: Connections, plan: Plan, table: Table, *, is_recorded: bool
) -> tuple[Connections, Missing]:
    """Find the columns that a sync would empty; return the connections that keep their values, and what was found.

    Args:
        connections: The open ends.
        plan: What to keep up to date; how much may be emptied.
        table: What is loaded.
        is_recorded: Whether it is known that loads have brought these columns; others may be the user's own.
    """
    absent = [name for name in connections.absent if name in table.names]
    is_file = connections.records is not None
    if not absent or (plan.rule is WriteRule.APPEND and is_file):
        return connections, Missing()
    if plan.rule is WriteRule.APPEND:
        return connections, Missing((), tuple(absent), (), is_file=False)
    found = _at_stake(connections, table, absent)
    values = tuple((name, lost) for name, (lost, _) in found.items())
    if plan.guards.allow_emptied_columns:
        return connections, Missing((), tuple(found), values, is_file)
    # A table, and a file that is the whole of it, has lost the column in every row that stays.
    is_all = not (is_recorded and is_file) or _takes_whole(plan.strategy)
    kept = tuple(name for name, counts in found.items() if is_all or _too_many(plan.guards, *counts))
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


def _at_stake(connections: Connections, table: Table, columns: list[str]) -> dict[str, tuple[int, int]]:
    """Return of columns how many values stand in rows that the source has, if any, and how many they hold at all."""
    target, relation = connections.target, connections.target.name("target", table.name)
    valued = {name: f"{relation} AS t WHERE t.{target.quote(name)} IS NOT NULL" for name in columns}
    held = {name: count for name, rows in valued.items() if (count := target.count(rows))}
    if not held:
        return {}
    same = f"EXISTS (SELECT 1 FROM {_keys(connections, table)} AS p WHERE {target.equal_keys(table.key, 'p', 't')})"
    lost = {name: target.count(f"{valued[name]} AND {same}") for name in held}
    return {name: (count, held[name]) for name, count in lost.items() if count}


def _takes_whole(strategy: Strategy) -> bool:
    """Return whether a strategy takes a file for the whole table: it reads all of it, or removes what is not there."""
    return strategy.removes_rows or Assumption.WHOLE_READ not in strategy.breaks


def _too_many(guards: Guards, lost: int, held: int) -> bool:
    """Return whether so many of the values of a column are more than go unasked: all of them, or many."""
    return lost == held or (lost > guards.rows and lost * 100 > guards.percent * held)
