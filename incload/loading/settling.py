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
from incload.loading.state.snapshot_store import SnapshotStore
from incload.loading.state.table_store import TableStore
from incload.loading.writing.job import WriteJob
from incload.records import replace
from incload.strategy import WriteRule
from incload.table import Table

if TYPE_CHECKING:
    from incload.cursor import Scale
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
        if entry.tags["digest"] == _digest_tag(connections.target.digest_tag, columns):
            return dict(_kinds_of(columns))
    return {}


@lru_cache(maxsize=64)
def _kinds_of(columns: tuple[Column, ...]) -> Kinds:
    """Return the record of columns of which the target's types are not known."""
    return kinds_now(Table("", (), None, columns), dict.fromkeys([each.name for each in columns], ""), {}, ())


def settle(connections: Connections, plan: Plan) -> Settled:
    """Find out what the tables are, and create the target or fit it to the source; refuse what cannot be loaded."""
    require_capability(plan.strategy, connections.source, is_file=connections.records is not None)
    described = compare_keys(connections, describe(connections, plan))
    store = _store(connections, plan, described)
    first = connections.target.columns("target", plan.name) is None
    look = look_at_cursor(connections, plan, described, store, first=first)
    check_key_order(connections, plan, described)
    unique = _is_unique(connections, described)
    if first:
        store.forget()
        connections.target.parts.discard(plan.name)
    written = {} if first else store.kinds()
    recorded = written if first or written else _brought(connections, described, store)
    described = without_own(connections, described, recorded)
    store = replace(store, table=described, tags=tags(connections, described, look.scale))
    kinds = settle_kinds(connections, described, written, evolve=plan.evolve)
    table, added = _settle_target(connections, plan, described, recorded)
    connections, kinds = with_lost(connections, described, table, kinds, recorded)
    connections, missing = hold_columns(connections, plan, table, is_recorded=bool(recorded))
    may_remove = guards.may_remove(plan.guards)
    held = held_kinds(kinds.now or recorded)
    job = WriteJob(connections, table, look.scale, unique, store.digests_table, plan.count_unchanged, may_remove, held)
    return Settled(job, store, look, kinds, described, added, missing, first)


def _is_unique(connections: Connections, table: Table) -> bool:
    """Return whether the source promises that the key is unique; refuse one that it cannot compare."""
    unique = connections.source.unique("source", connections.table, table.key)
    if not unique:
        connections.source.check_equality("source", connections.table, map(table.column, table.key))
    return unique


def _store(connections: Connections, plan: Plan, table: Table) -> StateStore:
    """Return where the target keeps the state: in tables of its own, or in the snapshots of the table."""
    is_snapshot = connections.target.capabilities.atomic_state is AtomicState.SNAPSHOT
    kept: type[StateStore] = SnapshotStore if is_snapshot else TableStore
    return kept(connections.target, table, plan.strategy.name, {}, plan.origin, plan.guards.same_source, plan.spelled)


def tags(connections: Connections, table: Table, scale: Scale | None) -> dict[str, str]:
    """Return what the values of a state mean; values under other tags are not compared with them."""
    digest = _digest_tag(connections.target.digest_tag, table.columns)
    cursor = table.cursor if table.cursor and scale else "none"
    return {"cursor": cursor, "scale": scale.tag if scale else "none", "digest": digest}


@lru_cache(maxsize=64)
def _digest_tag(algorithm: str, columns: tuple[Column, ...]) -> str:
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
