"""incload's own sync as a contender: a strategy with a write rule, by URLs or in sessions that are open anyhow."""

from __future__ import annotations

from abc import abstractmethod
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, TypeVar

from incload.contenders.coarse import CoarseState
from incload.contenders.contender import Asked, Capabilities, Claims, Contender, Counters, StateAccess, SyncResult
from incload.engines.capabilities import AtomicState
from incload.engines.endpoints import locate
from incload.engines.registry import session_type
from incload.loading.opening import connect
from incload.loading.plan import Guards, Plan
from incload.loading.state.snapshot_store import SnapshotStore
from incload.loading.state.table_store import TABLE as STATE_TABLE
from incload.loading.state.table_store import By, TableStore
from incload.loading.sync import sync
from incload.strategy import WriteRule, needs_of
from incload.table import Table

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from incload.contenders.contender import SyncRequest
    from incload.engines.session import Session
    from incload.loading.connections import Connections
    from incload.loading.synced import Synced
    from incload.strategy import Strategy

Store = TypeVar("Store", TableStore, SnapshotStore)

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)

EVERYTHING_PASSES = Guards(allow_backwards=True, allow_ahead=True, allow_removals=True)
"""The guards of a history that really happened: what is gone is gone, and timestamps are what they are."""


@dataclass(frozen=True)
class NativeContender(Contender):
    """A strategy of incload at work.

    Attributes:
        strategy: Which.
        rule: By which rule rows are written; None for the strategy's own.
        guards: What a sync watches over.
        evolve: Whether the target follows the source when that gains columns or changes types.
        count_unchanged: Whether to count rows written over an equal row.
        cursor_per_second: What an integer cursor counts, in ticks per second; None for plain numbers.
        loader: What runs one sync; the reference copy has its own.
        connections: The open sessions that it uses; None to open both ends for every sync.
    """

    strategy: Strategy
    rule: WriteRule | None = None
    guards: Guards = field(default_factory=Guards)
    evolve: bool = False
    count_unchanged: bool = False
    cursor_per_second: int | None = 1_000_000
    loader: Callable[[Connections, Plan], Synced] = sync
    connections: Connections | None = None

    @property
    def id(self) -> str:
        """The strategy's id."""
        return self.strategy.id

    @property
    def write_rule(self) -> str:
        """The rule in force."""
        return str(self.rule or self.strategy.write_rule)

    @property
    def claims(self) -> Claims:
        """What strategy and rule declare."""
        rule = self.rule or self.strategy.write_rule
        reach = self.strategy.reach if rule is WriteRule.MERGE else None
        who = self.strategy
        return Claims(needs_of(who, rule), who.breaks, reach, who.delay, who.uses_cursor, who.removes_rows)

    @property
    def capabilities(self) -> Capabilities:
        """It can do everything, if the source keeps what the strategy asks for."""
        rebuilds = self.loader is not sync
        return Capabilities(
            self.strategy.asks, in_process=True, state=True, coarse_state=True, rebuilds=rebuilds, one_step=True
        )

    def within(self, connections: Connections) -> NativeContender:
        """Return it at work in open sessions."""
        return replace(self, connections=connections)

    def coarsened(self, bend: Callable[[int], int]) -> NativeContender:
        """Return it with a strategy whose watermark is coarser."""
        return replace(self, strategy=CoarseState(self.strategy, bend))

    def sync(self, request: SyncRequest) -> SyncResult:
        """Run one sync, in the open sessions or in its own."""
        plan = self._plan(request)
        if self.connections is not None:
            return _result(self.loader(self.connections, plan))
        connections = connect(locate(request.source_url), locate(request.target_url), plan)
        try:
            return _result(self.loader(connections, plan))
        finally:
            connections.close()

    def state(self, request: SyncRequest) -> StateAccess:
        """Return what leads to the strategy's state in the target: in its tables, or in the snapshots of the table."""
        engine = self.connections.target if self.connections else session_type(locate(request.target_url).engine)
        is_snapshot = engine.capabilities.atomic_state is AtomicState.SNAPSHOT
        return CarriedState(self, request) if is_snapshot else NativeState(self, request)

    @contextmanager
    def target(self, request: SyncRequest) -> Iterator[Session]:
        """Open the target, or hand out the session in which it is open."""
        if self.connections is not None:
            yield self.connections.target
            return
        target = locate(request.target_url)
        session = session_type(target.engine).open(None, target)
        try:
            yield session
        finally:
            session.close()

    def _plan(self, request: SyncRequest) -> Plan:
        now = None if request.now is None else (request.now - _EPOCH) // _MICROSECOND
        return Plan(
            name=request.table,
            key=request.key,
            cursor=request.cursor,
            strategy=self.strategy,
            write_rule=self.rule,
            cursor_per_second=self.cursor_per_second,
            count_unchanged=self.count_unchanged,
            evolve=self.evolve,
            clock=None if now is None else lambda: now,
            guards=self.guards,
        )


def _result(synced: Synced) -> SyncResult:
    """Return what a sync did, as the harness takes it."""
    counters = Counters(synced.read, synced.written, synced.unchanged, synced.removed, synced.queries)
    changed = synced.remembered or bool(synced.after.digests and (synced.written or synced.removed))
    asked = Asked(synced.delta, synced.before, synced.after)
    return SyncResult(counters, asked, state_changed=changed, state_bytes=synced.state_bytes)


@dataclass(frozen=True, slots=True)
class SavedState:
    """A state as it was: its entry and its digests."""

    entry: list[tuple[object, ...]]
    digests: list[tuple[object, ...]] | None


@dataclass(frozen=True, slots=True)
class _KeptState(StateAccess):
    """The state that a target keeps for one table and strategy."""

    contender: NativeContender
    request: SyncRequest

    def size(self) -> int:
        """Return the bytes that it takes."""
        with self._store() as store:
            return store.size()

    @contextmanager
    def _opened(self, kind: type[Store]) -> Iterator[Store]:
        """Open it in the target's session, its own where none is open."""
        table = Table(self.request.table, self.request.key, self.request.cursor, ())
        with self.contender.target(self.request) as session:
            yield kind(session, table, self.contender.strategy.name, {})

    @abstractmethod
    def _store(self) -> AbstractContextManager[TableStore | SnapshotStore]:
        """Open it where this kind of target keeps it."""


@dataclass(frozen=True, slots=True)
class NativeState(_KeptState):
    """A state that stands in the target's tables."""

    def lose(self) -> None:
        """Forget everything."""
        with self._store() as store:
            store.forget()

    def save(self) -> SavedState:
        """Read entry and digests."""
        with self._store() as store:
            return _saved(store)

    def put_back(self, saved: object) -> None:
        """Write entry and digests as they were."""
        if not isinstance(saved, SavedState):
            raise TypeError(f"{saved!r} is no state that was saved here")
        with self._store() as store:
            _restore(store, saved)

    def _store(self) -> AbstractContextManager[TableStore]:
        return self._opened(TableStore)


@dataclass(frozen=True, slots=True)
class CarriedState(_KeptState):
    """A state that the snapshots of the target carry."""

    def lose(self) -> None:
        """Have a snapshot say that there is none."""
        self.put_back("")

    def save(self) -> str:
        """Return the text; empty for none."""
        with self._store() as store:
            return store.text_kept()

    def put_back(self, saved: object) -> None:
        """Have a snapshot carry the text as it was."""
        with self._store() as store:
            store.put(str(saved), By.SYNC, 0)
            store.commit()

    @contextmanager
    def _store(self) -> Iterator[SnapshotStore]:
        with self._opened(SnapshotStore) as store:
            store.session.begin(self.request.table)
            yield store


def _saved(store: TableStore) -> SavedState:
    session = store.session
    entry: list[tuple[object, ...]] = []
    if store.exists():
        entry = session.rows(
            f"SELECT value FROM {session.name('target', STATE_TABLE)} WHERE table_name = ? AND strategy = ?",
            (store.table.name, store.strategy),
        )
    return SavedState(entry, session.rows(f"SELECT * FROM {store.digests}") if store.has_digests() else None)


def _restore(store: TableStore, saved: SavedState) -> None:
    session = store.session
    store.forget()
    for (value,) in saved.entry:
        session.write(
            f"INSERT INTO {session.name('target', STATE_TABLE)} (table_name, strategy, value) VALUES (?, ?, ?)",
            (store.table.name, store.strategy, value),
        )
    if saved.digests is not None:
        table = replace(store.table, columns=session.columns("target", store.table.name) or ())
        replace(store, table=table).create_digests("")  # the types are of the target, whatever the source calls them
        for row in saved.digests:
            session.write(f"INSERT INTO {store.digests} VALUES ({', '.join('?' * len(row))})", row)
