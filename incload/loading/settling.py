"""What a sync settles before its strategy is asked: what its tables are, what they may hold, and what was remembered.

Each fact is asked for once. Columns change only here, where the target is created or fitted, and then they are read
again.
"""

from __future__ import annotations

from functools import lru_cache
from hashlib import sha256
from typing import TYPE_CHECKING, NamedTuple

from incload.engines.capabilities import AtomicState
from incload.errors import Refused
from incload.loading import guards
from incload.loading.columns.column_kinds import held_kinds, kinds_now, settle_kinds
from incload.loading.columns.describing import describe
from incload.loading.columns.equating import check_key, compare_keys
from incload.loading.columns.missing_columns import hold_columns, with_lost, without_own
from incload.loading.columns.target_shape import fit
from incload.loading.cursor_check import look_at_cursor
from incload.loading.key_order import check_key_order
from incload.loading.opening import require_capability
from incload.loading.state.table_store import TableStore
from incload.loading.writing.job import WriteJob
from incload.records import replace
from incload.strategy import WriteRule
from incload.table import Table

if TYPE_CHECKING:
    from collections.abc import Mapping

    from incload.cursor import Scale
    from incload.engines.columns.equality import Equality
    from incload.engines.session import Session
    from incload.loading.columns.column_kinds import Kinds, SettledKinds
    from incload.loading.columns.missing_columns import Missing
    from incload.loading.connections import Connections
    from incload.loading.cursor_check import Look
    from incload.loading.plan import Plan
    from incload.loading.state.store import StateStore
    from incload.table import Column


class Settled(NamedTuple):
    """What a sync knows of its tables.

    Attributes:
        job: The load of the table as it will be written.
        store: Where its state is kept.
        look: What is known of its cursor.
        kinds: What the columns hold, and what is said of them.
        described: What the source's table is, columns that the target computes included.
        added: The columns that the target gained.
        missing: The columns that the target has and the source has not.
        first: Whether there was no target before.
    """

    job: WriteJob
    store: StateStore
    look: Look
    kinds: SettledKinds
    described: Table
    added: tuple[str, ...]
    missing: Missing
    first: bool

    @property
    def source_names(self) -> tuple[str, ...]:
        """The columns that the source itself has."""
        return tuple(name for name in self.described.names if name not in self.job.connections.absent)


def _brought(connections: Connections, table: Table, store: StateStore) -> Kinds:
    """Return which columns the load before brought where only its digest of them is kept; empty where it is another.

    A record file is described with the columns that the target has and it has not: they were brought, or they were not.
    """
    entry = store.entry()
    if entry is None:
        return {}
    absent = set(connections.absent).difference(table.key)
    bare = tuple([each for each in table.columns if each.name not in absent]) if absent else table.columns
    for columns in (bare, table.columns):
        if entry.tags["digest"] == columns_tag(connections.target.digest_tag, columns):
            return dict(_kinds_of(columns))
    return {}


@lru_cache(maxsize=64)
def _kinds_of(columns: tuple[Column, ...]) -> Kinds:
    """Return the record of columns of which the target's types are not known."""
    return kinds_now(Table("", (), None, columns), dict.fromkeys([each.name for each in columns], ""), {}, ())


class _Fitted(NamedTuple):
    """What follows from the forms of both tables and from what is recorded of them, which no row has a part in.

    Attributes:
        plan: For which load.
        form: The number of the forms, where the engine has one (`CursorLooks.form`).
        recorded: What the record of the columns says, and the digest of the columns in the state.
        source: What the source's table is, and
        keys: how it compares keys: the target's equalities, and whether those of its index are others.
        connections: The open ends, as they are read from now on.
        described: The source's table without what is the target's own.
        table: What is loaded.
        kinds: What the columns hold.
        held: What they are recorded to hold.
        added: The columns that the target gained.
        missing: The columns that the target has and the source has not.
        digest: What digests of the columns are kept under.
        digests: The table of digests.
    """

    plan: Plan
    form: int | None
    recorded: tuple[str | None, str | None]
    source: Table
    keys: tuple[Mapping[str, Equality], bool]
    connections: Connections
    described: Table
    table: Table
    kinds: SettledKinds
    held: dict[str, str]
    added: tuple[str, ...]
    missing: Missing
    digest: str
    digests: Table


def settle(connections: Connections, plan: Plan) -> Settled:
    """Find out what the tables are, and create the target or fit it to the source; refuse what cannot be loaded."""
    require_capability(plan.strategy, connections.source, is_file=connections.records is not None)
    known = _known(connections, plan)
    described = known.source if known else compare_keys(connections, describe(connections, plan))
    store = _store(connections, plan, described)
    first = known is None and connections.target.columns("target", plan.name) is None
    look = look_at_cursor(connections, plan, described, store, first=first)
    check_key_order(connections, plan, described)
    unique = _is_unique(connections, described)
    if first:
        store.forget()
        connections.target.parts.discard(plan.name)
    if known is None or known.recorded != store.recorded():
        known = _fit(connections, plan, store, first=first)
    store = replace(store, table=known.described, tags=tags(known.described, look.scale, known.digest))
    job = WriteJob(
        known.connections,
        known.table,
        look.scale,
        unique,
        known.digests,
        plan.count_unchanged,
        guards.may_remove(plan.guards),
        known.held,
    )
    return Settled(job, store, look, known.kinds, known.described, known.added, known.missing, first)


def _known(connections: Connections, plan: Plan) -> _Fitted | None:
    """Return what the sync before has found of the forms of both tables, if they are what they were."""
    known = connections.fitted[0] if connections.fitted else None
    if not isinstance(known, _Fitted) or known.plan != plan or known.form != _form(connections, plan):
        return None
    connections.target.equalities, connections.target.is_key_foreign = known.keys
    return known


def _form(connections: Connections, plan: Plan) -> int | None:
    """Return the number of the forms of both tables, where they stand in one database and it has one."""
    if not connections.attached:
        return None
    return connections.target.looks.form(("source", connections.table), ("target", plan.name))


def _fit(connections: Connections, plan: Plan, store: StateStore, *, first: bool) -> _Fitted:
    """Create the target or fit it to the source; note what has been found, where it will last."""
    source, target = store.table, connections.target
    written = {} if first else store.kinds()
    recorded = written if first or written else _brought(connections, source, store)
    described = without_own(connections, source, recorded)
    kinds = settle_kinds(connections, described, written, evolve=plan.evolve)
    table, added = _settle_target(connections, plan, described, recorded)
    reading, kinds = with_lost(connections, described, table, kinds, recorded)
    reading, missing = hold_columns(reading, plan, table, is_recorded=bool(recorded))
    fitted = _Fitted(
        plan,
        None if first else _form(connections, plan),
        store.recorded(),
        source,
        (target.equalities, target.is_key_foreign),
        reading,
        described,
        table,
        kinds,
        held_kinds(kinds.now or recorded),
        added,
        missing,
        columns_tag(target.digest_tag, described.columns),
        replace(store, table=described).digests_table,
    )
    connections.fitted[:] = [fitted] if _lasts(fitted, target) else []
    return fitted


def _lasts(fitted: _Fitted, target: Session) -> bool:
    """Return whether all of it follows from forms: nothing was changed, and each end has the columns of the other."""
    if fitted.form is None or fitted.added or fitted.connections.widened or fitted.described is not fitted.source:
        return False
    there = target.columns("target", fitted.plan.name) or ()
    return fitted.table is fitted.source and [each.name for each in there] == list(fitted.table.names)


def _is_unique(connections: Connections, table: Table) -> bool:
    """Return whether the source promises that the key is unique; refuse one that it cannot compare."""
    unique = connections.source.unique("source", connections.table, table.key)
    if not unique:
        connections.source.check_equality("source", connections.table, map(table.column, table.key))
    return unique


def _store(connections: Connections, plan: Plan, table: Table) -> StateStore:
    """Return where the target keeps the state: in tables of its own, or in the snapshots of the table."""
    kept: type[StateStore] = TableStore
    if connections.target.capabilities.atomic_state is AtomicState.SNAPSHOT:
        from incload.loading.state.snapshot_store import SnapshotStore  # other targets have no use for it

        kept = SnapshotStore
    whose: tuple[Session, Table, str, dict[str, str]] = (connections.target, table, plan.strategy.name, {})
    return kept(*whose, plan.origin, plan.guards.same_source, plan.spelled, written=connections.written)


def tags(table: Table, scale: Scale | None, digest: str) -> dict[str, str]:
    """Return what the values of a state mean; values under other tags are not compared with them."""
    cursor = table.cursor if table.cursor and scale else "none"
    return {"cursor": cursor, "scale": scale.tag if scale else "none", "digest": digest}


@lru_cache(maxsize=64)
def columns_tag(algorithm: str, columns: tuple[Column, ...]) -> str:
    """Return what digests by an algorithm of columns are kept under."""
    said = ",".join(f"{column.name!r} {column.declared}{column.collation}" for column in columns)
    return sha256(f"{algorithm} {said}".encode()).hexdigest()[:16]


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
