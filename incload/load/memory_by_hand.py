"""The memory by hand: look at it, forget it, put an older value back or set one, without a sync.

Every change is one transaction of the target, stands in the history like that of a sync, and leaves the rows of the
table as they are.
"""

from __future__ import annotations

from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from incload.errors import Refused, unknown
from incload.load.engines.catalog import session_type
from incload.load.link import reopen, spelled
from incload.load.memory import By, Past, Shelf, remembered
from incload.load.memory_entry import Entry
from incload.load.memory_values import key_of, watermark_of
from incload.load.wording import reason
from incload.registry import strategy as find_strategy
from incload.strategy import Memory
from incload.table import Table

if TYPE_CHECKING:
    from collections.abc import Iterator

    from incload.load.engines.base import Session
    from incload.load.location import End


@dataclass(frozen=True, slots=True)
class Choice:
    """Which memory is meant.

    Attributes:
        target: The database that holds it.
        table: The table of which it is; None for all, which only `look` takes.
        strategy: The strategy, as `incload load` takes it; None for the only one.
    """

    target: End
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
    """A memory before and after a hand changed it; None where nothing was remembered, or nothing that can be read.

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


def look(choice: Choice) -> list[Remembered]:
    """Return what is remembered of a table or of all, by each strategy or by one."""
    with _opened(choice.target) as session:
        return [_described(shelf) for shelf in _shelves(session, choice)]


def reset(choice: Choice, *, dry_run: bool = False) -> Change:
    """Forget what a strategy remembers, digests too, whatever it is."""
    with _changing(choice, dry_run=dry_run) as shelf:
        before = _present(shelf)
        if shelf.is_blank():
            raise Refused(f"{shelf.said} is empty: there is nothing to forget.")
        shelf.reset(shelf.session.now())
        return Change(shelf.strategy, _is_there(shelf), before, None)


def roll_back(choice: Choice, to: int | None = None, *, dry_run: bool = False) -> Change:
    """Put back the value of an earlier run, or the one before the present value."""
    with _changing(choice, dry_run=dry_run) as shelf:
        before = _present(shelf)
        _refuse_digests(shelf, before)
        past = _earlier(shelf, to)
        after = shelf.read(past.value or "")
        _refuse_digests(shelf, after)
        run = past.of_run or past.run
        shelf.put(after.text(), By.ROLLBACK, shelf.session.now(), of_run=run)
        return Change(shelf.strategy, _is_there(shelf), before, after, run)


def set_by_hand(choice: Choice, watermark: str | None, key: str | None, *, dry_run: bool = False) -> Change:
    """Set the watermark, and the key where one belongs to it; notes that belong to the old watermark go with it."""
    with _changing(choice, dry_run=dry_run) as shelf:
        before = shelf.entry()
        if before is None:
            raise Refused(
                f"{shelf.said} is empty, and nothing says what its watermark looks like: load once, or roll back."
            )
        _refuse_digests(shelf, before)
        memory = Memory(watermark_of(watermark, before), key_of(key, before))
        after = Entry(memory, before.strategy, before.key_columns, before.tags, before.source)
        shelf.put(after.text(), By.SET, shelf.session.now())
        return Change(shelf.strategy, _is_there(shelf), before, after)


@contextmanager
def _opened(target: End) -> Iterator[Session]:
    """Open a target that is there; turn what its driver raises into a sentence."""
    try:
        session = reopen(target)
        try:
            yield session
        finally:
            session.close()
    except session_type(target.engine).error as error:
        raise Refused(f"the memory in {target.shown} cannot be used: {reason(error)}") from error


@contextmanager
def _changing(choice: Choice, *, dry_run: bool) -> Iterator[Shelf]:
    """Hand out the one memory that is meant, in a transaction that ends with the block."""
    with _opened(choice.target) as session:
        session.begin(choice.table or "")
        try:
            shelves = _shelves(session, choice)
            if len(shelves) > 1:
                names = ", ".join(shelf.strategy for shelf in shelves)
                raise Refused(f"table {choice.table!r} has a memory of each of {names}: name one with --strategy.")
            yield shelves[0]
            if not dry_run:
                session.commit()
        finally:
            session.rollback()


def _shelves(session: Session, choice: Choice) -> list[Shelf]:
    """Return the memories that are meant; refuse a table or strategy of which nothing is or was remembered."""
    pairs = remembered(session)
    if not pairs:
        raise Refused(f"nothing is remembered in {choice.target.shown}: load into it first.")
    if choice.table is None:
        name = choice.strategy and find_strategy(choice.strategy).name
        meant = [_shelf(session, *pair) for pair in pairs if name in {None, pair[1]}]
        if not meant:
            raise Refused(f"strategy {name!r} remembers nothing in {choice.target.shown}.")
        return meant
    known = spelled(session, choice.table, {table for table, _ in pairs})
    names = [name for table, name in pairs if table == known]
    if not names:
        raise unknown("remembered table", choice.table, {table for table, _ in pairs})
    if choice.strategy is not None:
        name = choice.strategy if choice.strategy in names else find_strategy(choice.strategy).name
        if name not in names:
            raise Refused(
                f"strategy {name!r} remembers nothing of table {choice.table!r}: the memory is that of "
                f"{', '.join(names)}."
            )
        names = [name]
    return [_shelf(session, known, name) for name in names]


def _shelf(session: Session, table: str, strategy: str) -> Shelf:
    return Shelf(session, Table(table, (), None, ()), strategy, {})


def _described(shelf: Shelf) -> Remembered:
    history = tuple((past, _said_by(shelf, past)) for past in shelf.history())
    digests = shelf.session.count(shelf.digests) if shelf.has_digests() else 0
    return Remembered(shelf.table.name, shelf.strategy, _is_there(shelf), shelf.entry(), digests, history)


def _is_there(shelf: Shelf) -> bool:
    return shelf.session.columns("target", shelf.table.name) is not None


def _said_by(shelf: Shelf, past: Past) -> Entry | None:
    """Return what an old value says; None when it cannot be read, for others can."""
    with suppress(Refused):
        return None if past.value is None else shelf.read(past.value)
    return None


def _present(shelf: Shelf) -> Entry | None:
    """Return the entry; None when it cannot be read, for it is about to go."""
    with suppress(Refused):
        return shelf.entry()
    return None


def _earlier(shelf: Shelf, to: int | None) -> Past:
    """Return the run whose value is to be put back."""
    history = shelf.history()
    if not history:
        raise Refused(f"{shelf.said} has no history to go back in: forget it with `incload memory reset`.")
    if to is None:
        return _one_before(shelf, history)
    found = next((past for past in history if past.run == to), None)
    if found is None:
        kept = f"{history[-1].run} to {history[0].run}" if len(history) > 1 else f"only {history[0].run}"
        raise Refused(f"run {to} is not in the history of {shelf.said}: it holds {kept}.")
    if found.value is None:
        raise Refused(f"run {to} forgot the memory: to forget it again use `incload memory reset`.")
    return found


def _one_before(shelf: Shelf, history: list[Past]) -> Past:
    latest = history[0]
    present = latest.of_run or latest.run
    lost = latest.value is not None and shelf.is_blank()
    older = [past for past in history if past.value is not None and (past.run < present or (lost and past is latest))]
    if not older:
        raise Refused(f"{shelf.said} has no older value: forget it with `incload memory reset`.")
    return older[0]


def _refuse_digests(shelf: Shelf, entry: Entry | None) -> None:
    if entry is not None and entry.memory.digests:
        raise Refused(
            f"{shelf.said} is a digest of every row, and older digests are not kept: "
            "forget them with `incload memory reset`, and the next load compares everything."
        )
