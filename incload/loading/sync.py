"""One sync: read, write, remember, commit - and nothing else.

Rows and state commit in one transaction of the target. Whatever goes wrong, the target stays at the sync before.

A target table that is not there makes a first load, whatever the state says: a watermark must not be continued into a
new, empty table. A target table that is there keeps its state, even if it was emptied or rebuilt from elsewhere.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from hashlib import sha256
from typing import TYPE_CHECKING, NamedTuple

from incload.engines.capabilities import AtomicState
from incload.engines.contract import StateChange
from incload.engines.session import Query
from incload.errors import Refused
from incload.loading import guards
from incload.loading.columns.backfill import backfill, columns_to_fill, unfilled
from incload.loading.columns.column_kinds import settle_kinds
from incload.loading.columns.describing import describe
from incload.loading.columns.equating import check_key, compare_keys, refuse_nulled, unheld
from incload.loading.columns.missing_columns import hold_columns
from incload.loading.columns.target_shape import about_generated, beside_own, fit
from incload.loading.cursor_check import look_at_cursor
from incload.loading.key_order import check_key_order, check_remembered_key
from incload.loading.opening import require_capability
from incload.loading.state.store import SnapshotStore
from incload.loading.state.table_store import TABLE as STATES
from incload.loading.state.table_store import TableStore
from incload.loading.strategy_views import AskedSource, SeenRows
from incload.loading.writing import initial_load
from incload.loading.writing.job import WriteJob
from incload.loading.writing.row_hash import refuse_digests, remember_digests
from incload.loading.writing.write_rules import prepare_write
from incload.strategy import WriteRule

if TYPE_CHECKING:
    from incload.cursor import Scale
    from incload.engines.contract import WriteResult
    from incload.engines.session import Session
    from incload.loading.columns.column_kinds import Kinds
    from incload.loading.connections import Connections
    from incload.loading.plan import Plan
    from incload.loading.state.store import StateStore
    from incload.loading.writing.job import PreparedWrite
    from incload.strategy import Delta, State
    from incload.table import Table


@dataclass(frozen=True, slots=True)
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
    total_before: int | None = None
    total: int | None = None


class _Learned(NamedTuple):
    """The states before and after a sync, and when it began, in microseconds since 1970-01-01 UTC."""

    before: State
    after: State
    at: int


def sync(connections: Connections, plan: Plan, *, commit: bool = True) -> Synced:
    """Run one sync of one table.

    With `commit=False` the transaction is rolled back at the end: the account is that of a real sync, and nothing has
    changed. Raises `Refused`, with the target as it was, for input that cannot be loaded.
    """
    connections.begin(plan.name)
    try:
        connections.describe(plan.name, STATES)
        synced = _within(connections, plan, lasting=commit)
    except BaseException as error:
        connections.rollback()
        _undo_creation(connections, plan.name)
        refusal = connections.broken(error)
        if refusal:
            raise refusal from error
        raise
    if not commit:
        _undo_creation(connections, plan.name)
    return synced


def _undo_creation(connections: Connections, table: str) -> None:
    """Drop the target that this sync has created where creating it has committed, which no rollback undoes."""
    target = connections.target
    if table in target.created:
        target.created.discard(table)
        target.drop(table)


def _within(connections: Connections, plan: Plan, *, lasting: bool) -> Synced:
    """Do the work of a sync inside its transaction; what is to be undone must fit into one."""
    require_capability(plan.strategy, connections.source, is_file=connections.records is not None)
    table = compare_keys(connections, describe(connections, plan))
    store = _store(connections, plan, table)
    first = connections.target.columns("target", plan.name) is None
    look = look_at_cursor(connections, plan, table, store, first=first)
    scale = look.scale
    check_key_order(connections, plan, table)
    store = replace(store, tags=tags(connections, table, scale))
    unique = connections.source.unique("source", connections.table, table.key)
    if not unique:
        connections.source.check_equality("source", connections.table, map(table.column, table.key))
    if first:
        store.forget()
        connections.target.parts.discard(plan.name)
    described = table
    recorded = {} if first else store.kinds()
    kinds = settle_kinds(connections, table, recorded, evolve=plan.evolve)
    table, added = _settle_target(connections, plan, table, recorded)
    connections, missing = hold_columns(connections, plan, table)
    may_remove = guards.may_remove(plan.guards)
    job = WriteJob(connections, table, scale, unique, store.digests_table, plan.count_unchanged, may_remove)
    source = AskedSource(scale, plan.clock or connections.source.now)
    before = store.recall()
    check_remembered_key(connections, table, store, before)
    started = source.clock()
    delta = plan.strategy.read(source, before)
    look.confirm(delta)
    backfilled = backfill(job, columns_to_fill(plan, table, added))
    if first and lasting and initial_load.is_long(job, delta, plan.rule):
        prepared = _filled(job, plan, store, delta)
    else:
        prepared = prepare_write(job, delta, plan.rule)
    guards.refuse_endless(job)
    refuse_nulled(connections, table)
    look.confirm_again(delta)
    after = plan.strategy.remember(_seen(job, prepared, started), before)
    _refuse_state(job, plan, before, after)
    late: list[str] = []

    def write(done: WriteResult) -> None:
        _remember(store, job, prepared, done, _Learned(before, after, started))
        store.record(kinds.now or beside_own(connections, table))
        if backfilled:
            store.outdate(started)
        elif plan.backfill is None:
            late.extend(unfilled(job, delta, added))

    warnings = (
        *unheld(connections, table),
        *about_generated(described, table),
        *guards.warnings(job, plan, prepared, after, started),
        *(() if first else guards.about_emptied(job, prepared, delta, before, store.remedy)),
        *kinds.sentences,
    )
    is_news = after != before or store.is_foreign()
    change = StateChange(store.whose, store.text(after) if is_news else None, write)
    result = connections.commit(prepared.intent, change, lasting=lasting)
    return Synced(
        read=prepared.read,
        written=result.written,
        unchanged=prepared.unchanged,
        removed=result.removed,
        queries=source.queries,
        delta=delta,
        before=before,
        after=after,
        previous_watermark=scale.shown(before.watermark) if scale else None,
        new_watermark=scale.shown(after.watermark) if scale else None,
        remembered=after != before,
        warnings=(*missing.sentences(plan.name), *late, *warnings),
        held_back=prepared.held_back,
        held_columns=missing.kept,
        backfilled=backfilled,
        total_before=0 if first or prepared.fresh else None,
        total=result.written if _is_all(prepared, connections.target) else None,
    )


def _store(connections: Connections, plan: Plan, table: Table) -> StateStore:
    """Return where the target keeps the state: in tables of its own, or in the snapshots of the table."""
    is_snapshot = connections.target.capabilities.atomic_state is AtomicState.SNAPSHOT
    kept: type[StateStore] = SnapshotStore if is_snapshot else TableStore
    return kept(connections.target, table, plan.strategy.name, {}, plan.origin, plan.guards.same_source, plan.spelled)


def _refuse_state(job: WriteJob, plan: Plan, before: State, after: State) -> None:
    """Refuse a state that has gone backwards, or that the target cannot commit with the rows."""
    guards.refuse_backwards(plan, job.scale, before, after)
    refuse_digests(job, after)


def _is_all(prepared: PreparedWrite, target: Session) -> bool:
    """Return whether the rows written are all that the target has; two that it takes for one key become one row."""
    return prepared.intent.placed is not None or (prepared.fresh and not target.equalities)


def _filled(job: WriteJob, plan: Plan, store: StateStore, delta: Delta) -> PreparedWrite:
    """Fill a new target before the transaction that makes the sync durable, which is begun again."""
    job.connections.target.rollback()
    written = initial_load.fill(job, delta, keyed=plan.rule is not WriteRule.APPEND)
    job.connections.target.begin(plan.name)
    store.forget()
    return initial_load.adopted(job, delta, written)


def tags(connections: Connections, table: Table, scale: Scale | None) -> dict[str, str]:
    """Return what the values of a state mean; values under other tags are not compared with them."""
    columns = ",".join(f"{column.name!r} {column.declared}{column.collation}" for column in table.columns)
    digest = sha256(f"{connections.target.digest_tag} {columns}".encode()).hexdigest()[:16]
    cursor = table.cursor if table.cursor and scale else "none"
    return {"cursor": cursor, "scale": scale.tag if scale else "none", "digest": digest}


def _settle_target(
    connections: Connections, plan: Plan, table: Table, recorded: Kinds
) -> tuple[Table, tuple[str, ...]]:
    """Create the target, or fit the one there to the source's columns; return what is loaded and what it gained."""
    found = connections.target.columns("target", plan.name)
    if found is None:
        connections.target.create(table, keyed=plan.rule is not WriteRule.APPEND, origin=connections.origin)
        return table, ()
    enforced = connections.target.capabilities.enforces_key and plan.rule is not WriteRule.APPEND
    if enforced and not connections.target.keyed("target", plan.name, table.key):
        raise Refused(
            f"target table {plan.name!r} has no primary key over {', '.join(map(repr, table.key))}: "
            "rows could not be distinguished; rebuild it with that key, or write with append."
        )
    if plan.rule is not WriteRule.APPEND:
        check_key(connections, table)
    return fit(connections, plan, table, recorded)


def _seen(job: WriteJob, prepared: PreparedWrite, started: int) -> SeenRows:
    table, scale, connections = job.table, job.scale, job.connections

    def rows(session: Session, relation: Query) -> SeenRows:
        cursor = (
            session.cursor(table.cursor, scale, _declared(connections, session, table))
            if table.cursor and scale
            else None
        )
        return SeenRows(session, relation, table, cursor, scale, started, prepared.position, none=not prepared.read)

    if not prepared.in_source or connections.attached:
        return rows(connections.target, prepared.seen)
    return replace(
        rows(connections.source, prepared.seen), arrived=rows(connections.target, Query(f"SELECT * FROM {job.target}"))
    )


def _declared(connections: Connections, session: Session, table: Table) -> str:
    """Return what a session calls the type of the cursor: the source its own, the target that of the copy."""
    column = table.column(table.cursor or "")
    return (
        column.declared if session is connections.source else connections.target.type_name(column, connections.origin)
    )


def _remember(
    store: StateStore, job: WriteJob, prepared: PreparedWrite, result: WriteResult, learned: _Learned
) -> None:
    """Write what changed of the state; a sync that learned nothing leaves it untouched, and one without rows all."""
    before, after, at = learned
    if prepared.forgotten:
        job.connections.target.delete(job.table.key, job.known, prepared.forgotten)
    if after.digests:
        if not before.digests:
            store.create_digests(job.connections.origin)
        remember_digests(job, prepared, result.written, afresh=not before.digests)
    if after != before or store.is_foreign():
        store.keep(after, at, result.written)
    if result.written or result.removed:
        store.outdate(at)
