"""One sync: read, write, remember, commit - and nothing else.

Rows and state commit in one transaction of the target. Whatever goes wrong, the target stays at the sync before.

A target table that is not there makes a first load, whatever the state says: a watermark must not be continued into a
new, empty table. A target table that is there keeps its state, even if it was emptied or rebuilt from elsewhere.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from incload.engines.contract import Conflict, StateChange
from incload.engines.session import Query
from incload.errors import Refused
from incload.loading import guards
from incload.loading.columns.backfill import backfill, columns_to_fill, unfilled
from incload.loading.columns.equating import refuse_nulled, unheld
from incload.loading.columns.target_shape import about_generated, beside_own
from incload.loading.key_order import check_remembered_key
from incload.loading.settling import settle
from incload.loading.state.table_store import TABLE as STATES
from incload.loading.strategy_views import AskedSource, SeenRows
from incload.loading.synced import Synced
from incload.loading.writing.row_hash import remember_digests
from incload.loading.writing.write_rules import everything_instead, prepare_write
from incload.records import replace
from incload.strategy import WriteRule

if TYPE_CHECKING:
    from incload.engines.contract import WriteResult
    from incload.engines.session import Session
    from incload.loading.connections import Connections
    from incload.loading.plan import Plan
    from incload.loading.settling import Settled
    from incload.loading.state.store import StateStore
    from incload.loading.writing.job import PreparedWrite, WriteJob
    from incload.strategy import Delta, State
    from incload.table import Table


_TRIES = 5
"""How often a sync is tried whose target another writer changes between its read and its commit."""


def sync(connections: Connections, plan: Plan, *, commit: bool = True) -> Synced:
    """Run one sync of one table; all of it again, from its read, where another writer came in between.

    With `commit=False` the transaction is rolled back at the end: the account is that of a real sync, and nothing has
    changed. Raises `Refused`, with the target as it was, for input that cannot be loaded.
    """
    plan = plan if commit else replace(plan, lasting=False)
    for _ in range(_TRIES):
        try:
            return _tried(connections, plan)
        except Conflict:
            continue
    raise Refused(
        f"table {plan.name!r} was changed by another writer in each of {_TRIES} tries to load it, and is as that one "
        "left it: load again when it has finished."
    )


def _tried(connections: Connections, plan: Plan) -> Synced:
    """Run a sync; whatever it raises, the target is as it was before, or as another writer has left it."""
    connections.begin(plan.name)
    try:
        connections.describe(plan.name, STATES)
        synced = _within(connections, plan)
    except BaseException as error:
        connections.rollback()
        connections.target.snapshots.undo_reshape(plan.name)
        if not isinstance(error, Conflict):  # the other writer may be at the table that this sync has created
            _undo_creation(connections, plan.name)
        refusal = connections.broken(error)
        if refusal:
            raise refusal from error
        raise
    if not plan.lasting:
        _undo_creation(connections, plan.name)
    return synced


def _undo_creation(connections: Connections, table: str) -> None:
    """Drop the target that this sync has created where creating it has committed, which no rollback undoes."""
    target = connections.target
    if table in target.created:
        target.created.discard(table)
        target.drop(table)


class _Course(NamedTuple):
    """What a sync has read and found to do, before anything of it lasts.

    Attributes:
        started: When it began, in microseconds since 1970-01-01 UTC.
        before: The state before it.
        after: The state after it.
        delta: What the strategy asked for.
        prepared: What is to become of the target.
        backfilled: How many rows that were not read got values of columns that they lacked.
        queries: How many queries the strategy asked.
    """

    started: int
    before: State
    after: State
    delta: Delta
    prepared: PreparedWrite
    backfilled: int
    queries: int

    @property
    def has_learned(self) -> bool:
        """Whether the state is another than before."""
        return self.after != self.before


def _within(connections: Connections, plan: Plan) -> Synced:
    """Do the work of a sync inside its transaction; what is to be undone must fit into one."""
    settled = settle(connections, plan)
    course = _read(settled, plan)
    warnings, late = _warnings(settled, plan, course), list[str]()
    change = _change(settled, plan, course, late)
    result = settled.job.connections.commit(course.prepared.intent, change, lasting=plan.lasting)
    return _account(settled, course, result, (*settled.missing.sentences(plan.name), *late, *warnings))


def _read(settled: Settled, plan: Plan) -> _Course:
    """Ask the strategy what to read, read it, and ask what is to be remembered of it."""
    job, store = settled.job, settled.store
    source = AskedSource(job.scale, plan.clock or job.connections.source.now)
    before = store.recall()
    check_remembered_key(job.connections, job.table, store, before)
    started = source.clock()
    delta = plan.strategy.read(source, before)
    settled.look.confirm(delta)
    backfilled = backfill(job, columns_to_fill(plan, job.table, settled.added))
    prepared = _prepared(settled, plan, delta)
    guards.refuse_endless(job)
    refuse_nulled(job.connections, job.table)
    settled.look.confirm_again(delta)
    after = plan.strategy.remember(_seen(job, prepared, started), before)
    guards.refuse_backwards(plan, job.scale, before, after)
    return _Course(started, before, after, delta, prepared, backfilled, source.queries)


def _prepared(settled: Settled, plan: Plan, delta: Delta) -> PreparedWrite:
    """Bring the rows within reach; a new target that is long is filled before the transaction that makes it last."""
    prepared = (
        _filled(settled.job, plan, settled.store, everything_instead(delta)) if settled.first and plan.lasting else None
    )
    return prepared or prepare_write(settled.job, delta, plan.rule)


def _filled(job: WriteJob, plan: Plan, store: StateStore, delta: Delta) -> PreparedWrite | None:
    """Fill a new target before the transaction that makes the sync durable, which is begun again; None for few rows."""
    from incload.loading.writing import initial_load  # only a first load needs it

    if not initial_load.is_long(job, delta, plan.rule):
        return None
    job.connections.target.rollback()
    written = initial_load.fill(job, delta, keyed=plan.rule is not WriteRule.APPEND)
    job.connections.target.begin(plan.name)
    store.forget()
    return initial_load.adopted(job, delta, written)


def _seen(job: WriteJob, prepared: PreparedWrite, started: int) -> SeenRows:
    table, scale, connections = job.table, job.scale, job.connections

    def rows(session: Session, relation: Query) -> SeenRows:
        cursor = (
            session.cursor(table.cursor, scale, _declared(connections, session, table))
            if table.cursor and scale
            else None
        )
        held = None if prepared.intent.placed or prepared.fresh else job.target
        seen = SeenRows(session, relation, table, cursor, scale, started, prepared.position, none=not prepared.read)
        return replace(seen, held=held, same=prepared.same, top=prepared.top)

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


def _warnings(settled: Settled, plan: Plan, course: _Course) -> tuple[str, ...]:
    """Return what is to be reported of a sync before it is committed."""
    job, prepared = settled.job, course.prepared
    emptied: tuple[str, ...] = ()
    if not settled.first:
        emptied = guards.about_emptied(job, prepared, course.delta, course.before, settled.store)
    return (
        *unheld(job.connections, job.table),
        *about_generated(settled.described, job.table),
        *guards.warnings(job, plan, prepared, course.after, course.started),
        *emptied,
        *settled.kinds.sentences,
    )


def _change(settled: Settled, plan: Plan, course: _Course, late: list[str]) -> StateChange:
    """Return what is to be remembered with the rows; what is noticed as it is written is added to a list."""
    job, store = settled.job, settled.store

    def write(done: WriteResult) -> None:
        _remember(settled, course, done)
        names = settled.source_names if store.is_kept else job.table.names
        store.record(settled.kinds.now or beside_own(job.connections, job.table, names))
        if course.backfilled:
            store.outdate(course.started)
        elif plan.backfill is None:
            late.extend(unfilled(job, course.delta, settled.added))

    is_news = course.has_learned or store.is_foreign()
    return StateChange(store.whose, store.carried(course.after) if is_news else None, write)


def _remember(settled: Settled, course: _Course, result: WriteResult) -> None:
    """Write what changed of the state; a sync that learned nothing leaves it untouched, and one without rows all."""
    job, store, prepared = settled.job, settled.store, course.prepared
    if prepared.forgotten:
        job.connections.target.delete(job.table.key, job.known, prepared.forgotten)
    if course.after.digests:
        afresh = not course.before.digests
        if afresh:
            store.create_digests(job.connections.origin)
        remember_digests(job, prepared, result.written, afresh=afresh)
    if course.has_learned or store.is_foreign():
        store.keep(course.after, course.started, result.written)
    if result.written or result.removed:
        store.outdate(course.started)


def _account(settled: Settled, course: _Course, result: WriteResult, warnings: tuple[str, ...]) -> Synced:
    """Say what a sync did."""
    scale, prepared = settled.job.scale, course.prepared
    return Synced(
        read=prepared.read,
        written=result.written,
        unchanged=prepared.unchanged,
        removed=result.removed,
        queries=course.queries,
        delta=course.delta,
        before=course.before,
        after=course.after,
        previous_watermark=scale.shown(course.before.watermark) if scale else None,
        new_watermark=scale.shown(course.after.watermark) if scale else None,
        remembered=course.has_learned,
        warnings=warnings,
        held_back=prepared.held_back,
        held_columns=settled.missing.kept,
        backfilled=course.backfilled,
        state_bytes=settled.store.entry_bytes() if course.has_learned and not course.after.digests else None,
        total_before=0 if settled.first or prepared.fresh else None,
        total=result.written if _is_all(prepared, settled.job.connections.target) else None,
    )


def _is_all(prepared: PreparedWrite, target: Session) -> bool:
    """Return whether the rows written are all that the target has; two that it takes for one key become one row."""
    return prepared.intent.placed is not None or (prepared.fresh and not target.equalities)
