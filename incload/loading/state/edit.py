"""The state by hand: look at it, forget it, put an older value back or set one, without a sync.

Every change is one transaction of the target, stands in the history like that of a sync, and leaves the rows of the
table as they are.
"""

from __future__ import annotations

from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from incload.engines.capabilities import AtomicState
from incload.engines.driver_errors import reason
from incload.engines.registry import session_type
from incload.errors import Refused, unknown
from incload.loading.opening import reopen, resolve_table_name
from incload.loading.state.entry import Entry
from incload.loading.state.parse import key_of, watermark_of
from incload.loading.state.snapshot_store import SnapshotStore, strategies_in
from incload.loading.state.table_store import By, Past, TableStore, remembered
from incload.registry import strategy as find_strategy
from incload.strategy import State
from incload.table import Table

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from incload.engines.endpoint import Endpoint
    from incload.engines.session import Session

    Store = TableStore | SnapshotStore


@dataclass(frozen=True, slots=True)
class Choice:
    """Which state is meant.

    Attributes:
        target: The database that holds it.
        table: The table of which it is; None for all, which only `look` takes.
        strategy: The strategy, as `incload load` takes it; None for the only one.
    """

    target: Endpoint
    table: str | None
    strategy: str | None = None


@dataclass(frozen=True, slots=True)
class Remembered:
    """What one strategy remembers of a table.

    Attributes:
        table: The table's name.
        strategy: The strategy's name.
        table_is_there: Whether the target holds the table; a load that does not find it starts afresh.
        entry: What it remembers now, or None.
        digests: Of how many rows it keeps a digest.
        history: Its latest values, newest first, each with what it says; None for a reset or an unreadable text.
    """

    table: str
    strategy: str
    table_is_there: bool
    entry: Entry | None
    digests: int
    history: tuple[tuple[Past, Entry | None], ...]


@dataclass(frozen=True, slots=True)
class Change:
    """A state before and after a hand changed it; None where nothing was remembered, or nothing that can be read.

    Attributes:
        strategy: The strategy's name.
        table_is_there: Whether the target holds the table.
        before, after: What it remembered and remembers.
        of_run: The run whose value was put back.
    """

    strategy: str
    table_is_there: bool
    before: Entry | None
    after: Entry | None
    of_run: int | None = None


def look(choice: Choice, *, empty: bool = False) -> list[Remembered]:
    """Return what is remembered of a table or of all, by each strategy or by one; `empty` allows for nothing at all."""
    with opened(choice.target) as session:
        if _is_of_snapshots(session):
            return [_described(store) for store in _carried(session, choice, empty=empty)]
        if empty and not remembered(session):
            return []
        return [_described(store) for store in _stores(session, choice)]


def reset(choice: Choice, *, dry_run: bool = False) -> Change:
    """Forget what a strategy remembers, digests too, whatever it is."""
    with _changing(choice, dry_run=dry_run) as store:
        before = _present(store)
        if store.is_blank():
            raise Refused(f"{store.said} is empty: there is nothing to forget.")
        store.reset(store.session.now())
        return Change(store.strategy, _is_there(store), before, None)


def roll_back(choice: Choice, to: int | None = None, *, dry_run: bool = False) -> Change:
    """Put back the value of an earlier run, or the one before the present value."""
    with _changing(choice, dry_run=dry_run) as store:
        before = _present(store)
        _refuse_digests(store, before)
        past = _earlier(store, to)
        after = store.read(past.value or "")
        _refuse_digests(store, after)
        run = past.of_run or past.run
        store.put(after.text(), By.ROLLBACK, store.session.now(), of_run=run)
        return Change(store.strategy, _is_there(store), before, after, run)


def set_by_hand(choice: Choice, watermark: str | None, key: str | None, *, dry_run: bool = False) -> Change:
    """Set the watermark, and the key where one belongs to it; notes that belong to the old watermark go with it."""
    with _changing(choice, dry_run=dry_run) as store:
        before = store.entry()
        if before is None:
            raise Refused(
                f"{store.said} is empty, and nothing says what its watermark looks like: load once, or roll back."
            )
        _refuse_digests(store, before)
        state = State(watermark_of(watermark, before), key_of(key, before))
        after = Entry(state, before.strategy, before.key_columns, before.tags, before.source, before.spelled)
        store.put(after.text(), By.SET, store.session.now())
        return Change(store.strategy, _is_there(store), before, after)


@contextmanager
def opened(target: Endpoint) -> Iterator[Session]:
    """Open a target that is there; turn what its driver raises into a sentence."""
    try:
        session = reopen(target)
        try:
            yield session
        finally:
            session.close()
    except session_type(target.engine).error as error:
        raise Refused(f"the state in {target.shown} cannot be used: {reason(error)}") from error


@contextmanager
def _changing(choice: Choice, *, dry_run: bool) -> Iterator[Store]:
    """Hand out the one state that is meant, in a transaction that ends with the block."""
    with opened(choice.target) as session:
        session.begin(choice.table or "")
        try:
            stores: Sequence[Store] = (
                _carried(session, choice, past=True) if _is_of_snapshots(session) else _stores(session, choice)
            )
            if len(stores) > 1:
                names = ", ".join(store.strategy for store in stores)
                raise Refused(f"table {choice.table!r} has a state of each of {names}: name one with --strategy.")
            yield stores[0]
            if not dry_run:
                stores[0].commit()
        finally:
            session.rollback()


def _is_of_snapshots(session: Session) -> bool:
    return session.capabilities.atomic_state is AtomicState.SNAPSHOT


def _carried(session: Session, choice: Choice, *, empty: bool = False, past: bool = False) -> list[SnapshotStore]:
    """Return the states that are meant where snapshots carry them; with `past` also those that were reset."""
    tables = session.tables("target") if choice.table is None else [choice.table]
    name = choice.strategy and find_strategy(choice.strategy).name
    found = [
        SnapshotStore(session, Table(table, (), None, ()), strategy, {})
        for table in tables
        for strategy in (strategies_in(session, table) if past else sorted(session.states(table)))
        if name in {None, strategy}
    ]
    if found or empty:
        return found
    of_table = f" of table {choice.table!r}" if choice.table else ""
    of_strategy = f" and strategy {name!r}" if name else ""
    raise Refused(f"there is no state{of_table}{of_strategy} in {choice.target.shown}: load into it first.")


def _stores(session: Session, choice: Choice) -> list[TableStore]:
    """Return the states that are meant; refuse a table or strategy of which nothing is or was remembered."""
    pairs = remembered(session)
    if not pairs:
        raise Refused(f"there is no state in {choice.target.shown}: load into it first.")
    if choice.table is None:
        name = choice.strategy and find_strategy(choice.strategy).name
        meant = [_store(session, *pair) for pair in pairs if name in {None, pair[1]}]
        if not meant:
            raise Refused(f"strategy {name!r} has no state in {choice.target.shown}.")
        return meant
    known = resolve_table_name(session, choice.table, {table for table, _ in pairs})
    names = [name for table, name in pairs if table == known]
    if not names:
        raise unknown("remembered table", choice.table, {table for table, _ in pairs})
    if choice.strategy is not None:
        name = choice.strategy if choice.strategy in names else find_strategy(choice.strategy).name
        if name not in names:
            raise Refused(
                f"strategy {name!r} has no state for table {choice.table!r}: the state is that of {', '.join(names)}."
            )
        names = [name]
    return [_store(session, known, name) for name in names]


def _store(session: Session, table: str, strategy: str) -> TableStore:
    return TableStore(session, Table(table, (), None, ()), strategy, {})


def _described(store: Store) -> Remembered:
    history = tuple((past, _said_by(store, past)) for past in store.history())
    digests = store.count_digests()
    return Remembered(store.table.name, store.strategy, _is_there(store), store.entry(), digests, history)


def _is_there(store: Store) -> bool:
    return store.session.columns("target", store.table.name) is not None


def _said_by(store: Store, past: Past) -> Entry | None:
    """Return what an old value says; None when it cannot be read, for others can."""
    with suppress(Refused):
        return None if past.value is None else store.read(past.value)
    return None


def _present(store: Store) -> Entry | None:
    """Return the entry; None when it cannot be read, for it is about to go."""
    with suppress(Refused):
        return store.entry()
    return None


def _earlier(store: Store, to: int | None) -> Past:
    """Return the run whose value is to be put back."""
    history = store.history()
    if not history:
        raise Refused(f"{store.said} has no history to go back in: reset it with `incload state reset`.")
    if to is None:
        return _one_before(store, history)
    found = next((past for past in history if past.run == to), None)
    if found is None:
        kept = f"{history[-1].run} to {history[0].run}" if len(history) > 1 else f"only {history[0].run}"
        raise Refused(f"run {to} is not in the history of {store.said}: it holds {kept}.")
    if found.value is None:
        raise Refused(f"run {to} reset the state: to reset it again use `incload state reset`.")
    return found


def _one_before(store: Store, history: list[Past]) -> Past:
    latest = history[0]
    present = latest.of_run or latest.run
    lost = latest.value is not None and store.is_blank()
    older = [past for past in history if past.value is not None and (past.run < present or (lost and past is latest))]
    if not older:
        raise Refused(f"{store.said} has no older value: reset it with `incload state reset`.")
    return older[0]


def _refuse_digests(store: Store, entry: Entry | None) -> None:
    if entry is not None and entry.state.digests:
        raise Refused(
            f"{store.said} is a digest of every row, and older digests are not kept: "
            "reset them with `incload state reset`, and the next load compares everything."
        )
