"""What happens to a loader rather than to its source: carried out for real, on the files of a trial.

Rows and memory of incload's own load commit together; a loader that commits them apart is acted out by putting one of
the two back to what it was, as a crash between the commits would leave it.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import reduce
from typing import TYPE_CHECKING

from incload.loading.state.store import TABLE as STATE
from incload.strategy import Assumption, Delta, Need, Reach, Seen, Source, State, Strategy

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from contextlib import AbstractContextManager
    from datetime import timedelta

    from incload.engines.session import Place, Session
    from incload.harness.sandbox.sandbox import Sandbox
    from incload.history.faults import Fault
    from incload.loading.state.store import StateStore

_COPY = "incload_lab_copy"


@dataclass(frozen=True)
class BentState(Strategy):
    """A strategy whose memory is coarser than the cursor.

    Attributes:
        honest: The strategy.
        faults: What makes its watermark coarser.
    """

    honest: Strategy
    faults: tuple[Fault, ...]

    def __post_init__(self) -> None:
        """Speak under the strategy's own name and rule."""
        object.__setattr__(self, "name", self.honest.name)
        object.__setattr__(self, "write_rule", self.honest.write_rule)
        object.__setattr__(self, "uses_cursor", self.honest.uses_cursor)
        object.__setattr__(self, "asks", self.honest.asks)

    @property
    def id(self) -> str:
        """The strategy's own id."""
        return self.honest.id

    @property
    def needs(self) -> frozenset[Need]:
        """What the strategy needs."""
        return self.honest.needs

    @property
    def breaks(self) -> frozenset[Assumption]:
        """What the strategy breaks."""
        return self.honest.breaks

    @property
    def reach(self) -> Reach | None:
        """What the strategy reads."""
        return self.honest.reach

    @property
    def delay(self) -> timedelta:
        """The strategy's delay."""
        return self.honest.delay

    def read(self, source: Source, state: State) -> Delta:
        """Read as the strategy does."""
        return self.honest.read(source, state)

    def remember(self, seen: Seen, state: State) -> State:
        """Remember as the strategy does, and bend the watermark."""
        after = self.honest.remember(seen, state)
        if after.watermark is None:
            return after
        return replace(after, watermark=reduce(lambda at, fault: fault.bent(at), self.faults, int(after.watermark)))


def bent(strategy: Strategy, faults: Sequence[Fault]) -> Strategy:
    """Return the strategy with the memory that the faults give it."""
    bending = tuple(fault for fault in faults if fault.bends_state)
    return BentState(strategy, bending) if bending else strategy


@dataclass(frozen=True, slots=True)
class SavedState:
    """A memory as it was: its entry and its digests."""

    entry: list[tuple[object, ...]]
    digests: list[tuple[object, ...]] | None


def save(store: StateStore) -> SavedState:
    """Read a memory as it is."""
    session = store.session
    entry, digests = [], None
    if store.exists():
        entry = session.rows(
            f"SELECT value FROM {session.name('target', STATE)} WHERE table_name = ? AND strategy = ?",
            (store.table.name, store.strategy),
        )
    if store.has_digests():
        digests = session.rows(f"SELECT * FROM {store.digests}")
    return SavedState(entry, digests)


def restore(store: StateStore, saved: SavedState) -> None:
    """Put a memory back."""
    session = store.session
    store.forget()
    for (value,) in saved.entry:
        session.write(
            f"INSERT INTO {session.name('target', STATE)} (table_name, strategy, value) VALUES (?, ?, ?)",
            (store.table.name, store.strategy, value),
        )
    if saved.digests is not None:
        store.create_digests("")  # no engine has declared the columns of a history
        for row in saved.digests:
            session.write(f"INSERT INTO {store.digests} VALUES ({', '.join('?' * len(row))})", row)


@contextmanager
def rows_put_back(session: Session, table: str) -> Iterator[None]:
    """Undo to a target table whatever the block did to it; what the block did to the memory stays."""
    name, copy = session.name("target", table), session.name("target", _COPY)
    present = session.columns("target", table)
    if present:
        session.write(f"CREATE TABLE {copy} AS SELECT * FROM {name}")
    yield
    session.write(f"DELETE FROM {name}")
    if present:
        columns = session.listed(column.name for column in present)  # the block may have added others
        session.write(f"INSERT INTO {name} ({columns}) SELECT {columns} FROM {copy}")
        session.write(f"DROP TABLE {copy}")


@contextmanager
def hidden(sandbox: Sandbox, share: float) -> Iterator[None]:
    """Take the last share of the source's rows, in the order of the key, out of it for the time of a block."""
    session: Session = sandbox.writer
    place: Place = sandbox.place
    name, copy = session.name(place, sandbox.table.name), session.name(place, _COPY)
    number = int(session.count(name) * share)
    order = ", ".join(f"{session.quote(column)} DESC" for column in sandbox.table.key)
    session.write(f"CREATE TABLE {copy} AS SELECT * FROM {name} ORDER BY {order} LIMIT {number}")
    with sandbox.unwatched():
        session.delete(sandbox.table.key, name, copy)
    try:
        yield
    finally:
        with sandbox.unwatched():
            session.write(f"INSERT INTO {name} SELECT * FROM {copy}")
        session.write(f"DROP TABLE {copy}")


@dataclass(slots=True)
class Loading:
    """A loader of a trial, as faults see it: a `Victim` for real.

    Attributes:
        sandbox: Where it loads.
        store: Its memory.
        load: Runs it.
        saved: The memories after earlier syncs that faults will come back to.
    """

    sandbox: Sandbox
    store: StateStore
    load: Callable[[], object]
    saved: dict[int, SavedState] = field(default_factory=dict)

    def lose_state(self) -> None:
        """Forget everything."""
        self.store.forget()

    def state(self) -> SavedState:
        """Read the memory."""
        return save(self.store)

    def state_after(self, sync: int) -> SavedState:
        """Return the memory after an earlier sync."""
        return self.saved[sync]

    def put_state_back(self, state: object) -> None:
        """Put a memory back."""
        assert isinstance(state, SavedState)  # noqa: S101 - it is what this class gave away
        restore(self.store, state)

    def rows_put_back(self) -> AbstractContextManager[None]:
        """Undo to the target's rows whatever a block does."""
        return rows_put_back(self.sandbox.connections.target, self.sandbox.table.name)

    def last_rows_hidden(self, share: float) -> AbstractContextManager[None]:
        """Take the last rows out of the source for the time of a block."""
        return hidden(self.sandbox, share)

    def cut_log(self) -> None:
        """Cut the log that the source keeps, if it keeps one."""
        if self.sandbox.log:
            self.sandbox.log.cut()
