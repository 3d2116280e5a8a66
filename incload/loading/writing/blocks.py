"""Blocks of keys that source and target digest alike, so that only the rows of blocks that differ leave the source.

Both sides are digested by the engines that hold them, in the sync's own snapshot; blocks that differ are cut again
until they are small. What must stay true: where two engines cannot digest a table alike, all of it is read and
compared, which finds the same rows; and a row is written only if it differs from the target's.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from incload.engines.contract import WriteIntent
from incload.engines.digests.blocks import first_cut, match, unequal
from incload.engines.digests.forms import Sides, noted, pair
from incload.engines.registry import can_digest, digests
from incload.engines.sql import Query
from incload.engines.temporary.tables import ARRIVED, HELD
from incload.errors import Refused
from incload.loading.writing.deletes import to_remove
from incload.loading.writing.job import PreparedWrite, removing
from incload.loading.writing.merge import prepare
from incload.loading.writing.staging import each_once
from incload.records import replace
from incload.strategy import Delta, Differing, Everything, WriteRule

if TYPE_CHECKING:
    from incload.engines.digests.canonical import Digests
    from incload.engines.digests.forms import Pair
    from incload.loading.writing.job import WriteJob


class _Sides(NamedTuple):
    """The two tables as their engines digest them."""

    source: Digests
    target: Digests


def by_blocks(job: WriteJob, delta: Delta, rule: WriteRule) -> PreparedWrite | None:
    """Take the rows of the blocks that differ; return None where blocks cannot be compared, or need not be.

    In one engine a comparison of the rows moves no more of them and takes less time, and a file is read in any case.
    """
    connections = job.connections
    if rule is WriteRule.APPEND or connections.target.is_empty(job.target):  # which adds all that is read
        return None
    if rule in {WriteRule.REPLACE, WriteRule.MIRROR}:
        return _what_differs(job, rule)
    is_apart = not connections.attached and connections.records is None and not connections.kept
    sides = _digested(job) if is_apart else None
    if sides is None:
        return None
    arrived, held, read = _stage_blocks(job, sides)
    removals, held_back = None, 0
    if isinstance(delta.remove, Differing):
        missing = connections.target.keys_missing(job.table.key, held, arrived)
        removals, held_back = to_remove(job, missing)
    prepared = replace(_written(job, arrived, rule), read=read, same=_same(job, held))
    return removing(prepared, removals, held_back)


def _same(job: WriteJob, held: str) -> str:
    """Return the rows of the target that are the source's too: those of no block that differs."""
    target, key = job.connections.target, job.table.key
    differing = f"SELECT 1 FROM {held} AS h WHERE {target.equal_keys(key, 'h', 't')}"
    return f"SELECT t.* FROM {job.target} AS t WHERE NOT EXISTS ({differing})"


def _what_differs(job: WriteJob, rule: WriteRule) -> PreparedWrite:
    """Take the rows that differ for all that was read, as a rule does that lets what was not read leave the target."""
    target, table = job.connections.target, job.table
    everything = job.connections.query(table, job.scale, Everything())
    arrived = target.stage(job.connections.incoming(everything, table), ARRIVED)
    if not job.unique:
        arrived = each_once(job, arrived, table.names)
    stage = target.stage(target.differing(table.names, table.key, arrived, job.target))
    if rule is WriteRule.REPLACE:
        prepared = prepare(job, stage, rule, read=target.count(stage))
    else:
        prepared = prepare(job, stage, WriteRule.MERGE, read=target.count(stage))
        prepared = removing(prepared, *to_remove(job, target.keys_missing(table.key, job.target, stage)))
    return replace(prepared, read=target.count(arrived))


def _written(job: WriteJob, arrived: str, rule: WriteRule) -> PreparedWrite:
    """Say what becomes of the rows of the blocks: by `merge` those that differ are written, and no others."""
    target, table = job.connections.target, job.table
    if rule is not WriteRule.MERGE:
        return prepare(job, arrived, rule, read=target.count(arrived))
    stage = target.stage(target.differing(table.names, table.key, arrived, job.target))
    intent = WriteIntent(table, rule, None if target.is_empty(stage) else stage)
    seen = Query(f"SELECT {target.listed(table.names)} FROM {arrived} AS r")
    return PreparedWrite(seen, in_source=False, read=0, intent=intent)


def _stage_blocks(job: WriteJob, sides: _Sides) -> tuple[str, str, int]:
    """Stage the source's rows and the target's keys of the blocks that differ; return both, and the rows digested."""
    connections, table, target = job.connections, job.table, job.connections.target
    everything = connections.query(table, job.scale, Everything())
    keys = f"SELECT {target.listed(table.key)} FROM {job.target} AS r WHERE"
    none = connections.incoming(_only(everything, Query("1 = 0")), table)
    arrived, held = target.stage(none, ARRIVED), target.stage(Query(f"{keys} 1 = 0"), HELD)
    cut, read, _ = first_cut(*sides)
    for within in unequal(*sides, cut):
        for condition in sides.source.conditions(within):
            target.add_to_stage(connections.incoming(_only(everything, condition), table), ARRIVED)
        for condition in sides.target.conditions(within):
            target.add_to_stage(Query(f"{keys} {condition.sql}", condition.params), HELD)
    return arrived if job.unique else each_once(job, arrived, table.names), held, read


def _only(rows: Query, condition: Query) -> Query:
    return Query(f"SELECT * FROM ({rows.sql}) AS r WHERE {condition.sql}", (*rows.params, *condition.params))


def _digested(job: WriteJob) -> _Sides | None:
    """Return both tables as their engines digest them; None where the engines cannot digest them alike."""
    connections = job.connections
    if not all(can_digest(session.engine) for session in (connections.source, connections.target)):
        return None
    try:
        pairs = _pairs(job)
        places = range(len(job.table.key))
        source = digests(connections.source, connections.relation, [each.source for each in pairs], places)
        target = digests(connections.target, job.target, [each.copy for each in pairs], places)
    except Refused:  # a type or an encoding of which two engines do not write the same bytes
        return None
    match(source, target)
    return _Sides(source, target)


def _pairs(job: WriteJob) -> list[Pair]:
    """Put the columns side by side, the key's first, as the target holds what the source has."""
    source, target, table = job.connections.source, job.connections.target, job.table
    there = {column.name: column for column in target.columns("target", table.name) or ()}
    sides = Sides((source.engine, target.engine), job.kinds)
    names = dict.fromkeys((*table.key, *table.names))
    return [pair(*noted((source, target), table.column(name), there[name]), sides) for name in names]
