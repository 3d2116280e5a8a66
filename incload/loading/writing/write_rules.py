"""The write rules: how the rows that a delta names enter the target.

Each rule is one function from a job and the rows to what is to become of the target. Rows are staged, so that they are
read once and their summary is that of the rows really read; what follows from them is written when the sync commits.
Into an empty target, when nothing can clash, rows go straight, in the transaction that the commit ends.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from incload.engines.capabilities import AtomicState
from incload.engines.contract import WriteIntent, WriteResult
from incload.engines.session import Query
from incload.engines.temporary.tables import ARRIVED, LEFT
from incload.errors import Refused
from incload.loading.writing.deletes import shrunk, some_are_gone, to_remove
from incload.loading.writing.job import PreparedWrite, removing
from incload.loading.writing.merge import prepare
from incload.loading.writing.row_hash import changed
from incload.loading.writing.staging import Glance, each_once, glance, rows_of, staged
from incload.records import replace
from incload.strategy import Changed, Delta, Differing, Everything, Logged, WriteRule

if TYPE_CHECKING:
    from incload.loading.writing.job import WriteJob
    from incload.strategy import Rows


def prepare_write(job: WriteJob, delta: Delta, rule: WriteRule) -> PreparedWrite:
    """Take the rows of a delta and say what becomes of the target by a rule.

    Raises:
        Refused: For rows that break the key.
    """
    if Differing in map(type, delta.rows):
        from incload.loading.writing.blocks import by_blocks  # what compares blocks is much, and few loads do

        # Where the rows stand for the whole source, another rule than merge wants all of them.
        prepared = by_blocks(job, delta, rule) if rule is WriteRule.MERGE or not delta.mirror else None
        if prepared:
            return prepared
        delta = everything_instead(delta)
    rule = WriteRule.MIRROR if delta.mirror and rule is WriteRule.MERGE else rule
    if Changed in map(type, delta.rows):
        return changed(job, delta, rule)
    if isinstance(delta.remove, Logged):
        return _logged(job, delta.remove, rule)
    return _plain(job, delta, rule)


def everything_instead(delta: Delta) -> Delta:
    """Return a delta that reads and compares everything where the given one goes by blocks."""
    if Differing() not in delta.rows:
        return delta
    return Delta((Everything(),), mirror=isinstance(delta.remove, Differing))


def _plain(job: WriteJob, delta: Delta, rule: WriteRule) -> PreparedWrite:
    """Write rows that nothing but the target is compared with."""
    seen = glance(job, delta, rule)
    prepared = _nothing(job, rule) if seen.is_quiet else _onto(job, delta, rule, seen)
    return replace(prepared, fresh=seen.is_fresh, largest=seen.largest)


def _nothing(job: WriteJob, rule: WriteRule) -> PreparedWrite:
    """Leave the target as it is."""
    return PreparedWrite(Query(f"SELECT * FROM {job.target} WHERE 1 = 0"), False, 0, WriteIntent(job.table, rule))  # noqa: FBT003


def _onto(job: WriteJob, delta: Delta, rule: WriteRule, seen: Glance) -> PreparedWrite:
    """Write rows into a target that is empty or not."""
    direct = (
        job.connections.target.capabilities.atomic_state is AtomicState.TRANSACTION
        and len(delta.rows) == 1
        and job.unique
        and not job.connections.kept
        and not (job.connections.target is not job.connections.source and rule is WriteRule.MIRROR)
    )
    if direct and (seen.is_fresh or (rule is WriteRule.REPLACE and not shrunk(job, _coming(job, delta)))):
        return _straight(job, delta, replacing=not seen.is_fresh)
    if rule is WriteRule.MIRROR:
        return _mirror(job, delta)
    return _staged(job, delta, rule, seen.query)


def _coming(job: WriteJob, delta: Delta) -> int:
    """Count in the source the rows that would replace the target."""
    query = job.connections.query(job.table, job.scale, delta.rows[0])
    return job.connections.source.count(f"({query.sql}) AS c", query.params)


def _straight(job: WriteJob, delta: Delta, *, replacing: bool) -> PreparedWrite:
    """Move the rows into a target that holds nothing else."""
    connections, table = job.connections, job.table
    removed = connections.target.write(f"DELETE FROM {job.target}") if replacing else 0
    query = delta.rows[0]
    if connections.attached:
        coming = connections.query(table, job.scale, query)
    else:
        coming = connections.flowing(connections.queries(table, job.scale, query), table)
    written = connections.target.insert(table, coming)
    if not job.may_remove(max(removed - written, 0), removed):
        raise Refused(f"the source gave {written} rows, and had more when it was counted before: load again.")
    return alone(job, query, written, removed=removed)


def alone(job: WriteJob, query: Rows, written: int, *, removed: int = 0) -> PreparedWrite:
    """Name rows that a target holds and nothing else; a source that stands still is asked about them itself."""
    connections = job.connections
    in_source = connections.attached or connections.source.capabilities.steady_streams
    seen = connections.query(job.table, job.scale, query) if in_source else Query(f"SELECT * FROM {job.target}")
    if connections.attached:
        seen = connections.incoming(seen, job.table)
    placed = WriteIntent(job.table, WriteRule.REPLACE, placed=WriteResult(written, removed))
    return PreparedWrite(seen, in_source, written, placed)


def _staged(job: WriteJob, delta: Delta, rule: WriteRule, query: Query | None) -> PreparedWrite:
    """Stage the rows, to be written by a rule."""
    stage, target = staged(job, delta, query), job.connections.target
    prepared = prepare(job, stage.relation, rule, read=target.count(stage.relation))
    prepared = replace(prepared, top=stage.top)
    if not (delta.mirror and rule is WriteRule.NEWEST):
        return prepared
    removals, held_back = to_remove(job, target.keys_missing(job.table.key, job.target, stage.relation))
    return removing(prepared, removals, held_back)


def _mirror(job: WriteJob, delta: Delta) -> PreparedWrite:
    """Write only what differs, and delete what was not among the rows read."""
    connections, table, target = job.connections, job.table, job.connections.target
    if connections.attached and job.unique and not connections.widened and delta.rows == (Everything(),):
        relation = connections.relation
    else:
        relation = target.stage(connections.incoming(rows_of(job, delta), table), ARRIVED)
        if not job.unique:
            relation = each_once(job, relation, table.names)
    stage = target.stage(target.differing(table.names, table.key, relation, job.target))
    read = target.count(relation)
    removals, held_back = None, 0
    if some_are_gone(job, job.target, stage, read):
        removals, held_back = to_remove(job, target.keys_missing(table.key, job.target, relation))
    rows = None if target.is_empty(stage) else stage
    intent = WriteIntent(table, WriteRule.MIRROR, rows, removals=removals)
    seen = Query(f"SELECT {target.listed(table.names)} FROM {relation} AS r")
    return PreparedWrite(seen, False, read, intent, held_back=held_back)  # noqa: FBT003


def _logged(job: WriteJob, query: Logged, rule: WriteRule) -> PreparedWrite:
    """Write the rows that a change log names, and delete the keys that it names and the source does not have.

    The log's end is read first and the rows after it, so that no row can be older than the position that is remembered.
    Deletions come last: where two streams see two moments, theirs is the later. The log names them, so that no number
    of them is too many; what a read of everything does not find may be held back, and then the position is not reached.
    """
    target, key = job.connections.target, job.table.key
    reached = job.connections.log(query.log).reach(query.after, key)
    if reached.whole:
        known = not target.is_empty(job.target)
        mirrored = WriteRule.MIRROR if known and rule is WriteRule.MERGE else rule
        prepared = _plain(job, Delta((Everything(),), mirror=known), mirrored)
        return replace(prepared, position=None if prepared.held_back else reached.position, why_all=reached.why)
    prepared = _plain(job, Delta((query,)), rule)
    gone = target.stage(job.connections.incoming(job.connections.gone(job.table, query), job.table, key), LEFT)
    # By mirror every row that was not read leaves the target, and with them each that the log names as gone.
    removals = prepared.intent.removals or (None if target.is_empty(gone) else gone)
    return replace(removing(prepared, removals), position=reached.position)
