"""Rows whose digest differs from the remembered one: how they are found and written, and how the digests are kept."""

from __future__ import annotations

from typing import TYPE_CHECKING

from incload.engines.session import Query
from incload.engines.temporary.tables import ARRIVED, DIFFERING, DIGEST
from incload.loading.writing.deletes import some_are_gone, to_remove
from incload.loading.writing.job import removing
from incload.loading.writing.merge import prepare
from incload.loading.writing.staging import each_once, rows_of
from incload.records import replace
from incload.strategy import Delta, Everything, WriteRule

if TYPE_CHECKING:
    from incload.loading.writing.job import PreparedWrite, WriteJob


def changed(job: WriteJob, delta: Delta, rule: WriteRule) -> PreparedWrite:
    """Write the rows whose digest differs from the remembered one, and delete the keys that are gone."""
    stage, keys, read = _stage_changed(job)
    key, target = job.table.key, job.connections.target
    removals, forgotten, held_back = None, None, 0
    if rule is WriteRule.MIRROR:
        rule = WriteRule.MERGE
        removals, held_back = to_remove(job, target.keys_missing(key, job.target, stage))
    elif delta.remove and some_are_gone(job, job.known, stage, read):
        removals, held_back = to_remove(job, target.keys_missing(key, job.known, keys))
        forgotten = removals
    prepared = removing(prepare(job, stage, rule, read=read), removals, held_back)
    return replace(prepared, forgotten=forgotten, fresh=target.is_empty(job.target))


def _stage_changed(job: WriteJob) -> tuple[str, str, int]:
    """Stage the rows with another digest; return the stage, a relation of all keys, and how many rows were digested."""
    connections, table, target = job.connections, job.table, job.connections.target
    everything = rows_of(job, Delta((Everything(),)))
    digested = f"SELECT {target.listed(table.key)}, {job.digest} AS {DIGEST} FROM"
    if connections.attached and job.unique and not connections.widened:
        keys = rows = connections.relation
        digests = f"({digested} {keys} AS r)"
    else:
        rows = f"({connections.incoming(everything, table).sql})"
        keys = digests = _stage_digests(job, f"{digested} {rows} AS r")
    differing = target.stage(target.differing((*table.key, DIGEST), table.key, digests, job.known), DIFFERING)
    if not connections.attached:
        # The stream is read a second time, and only if a digest differs: memory holds digests, not rows.
        quiet = target.is_empty(differing)
        rows = job.target if quiet else f"({connections.incoming(everything, table).sql})"
    on = target.equal_keys(table.key, "d", "s")
    columns = target.listed(table.names, "s")
    stage = target.stage(Query(f"SELECT {columns}, d.{DIGEST} FROM {differing} AS d JOIN {rows} AS s ON {on}"))
    if not job.unique:
        stage = each_once(job, stage, (*table.names, DIGEST))
    return stage, keys, target.count(keys)


def _stage_digests(job: WriteJob, digested: str) -> str:
    """Stage the digests of a source that cannot be asked twice, or that may hold a row twice."""
    digests = job.connections.target.stage(Query(digested), ARRIVED)
    return digests if job.unique else each_once(job, digests, (*job.table.key, DIGEST))


def remember_digests(job: WriteJob, prepared: PreparedWrite, written: int, *, afresh: bool) -> None:
    """Keep the digests of the rows read: of all of them afresh, or of those in the stage."""
    target, table = job.connections.target, job.table
    columns = target.listed((*table.key, DIGEST))
    if afresh:
        relation = (
            prepared.seen.sql if job.connections.attached or not prepared.in_source else f"SELECT * FROM {job.target}"
        )
        digest = job.digest
        target.write(
            f"INSERT INTO {job.known} ({columns}) SELECT {target.listed(table.key)}, {digest} FROM ({relation}) AS r",
            prepared.seen.params if relation == prepared.seen.sql else (),
        )
        if prepared.held_back:  # what was held back may be removed later, and only a digest says that it is there
            known = f"SELECT 1 FROM {job.known} AS d WHERE {target.equal_keys(table.key, 't', 'd')}"
            kept = f"SELECT t.* FROM {job.target} AS t WHERE NOT EXISTS ({known})"
            target.write(
                f"INSERT INTO {job.known} ({columns}) SELECT {target.listed(table.key)}, {digest} FROM ({kept}) AS k"
            )
    elif written:
        target.merge(job.digests, f"({prepared.seen.sql})")
