"""A pair of engines with a throw-away source and target: where a history is brought to life and loaded.

The source is written by a session of its own wherever the engine allows it, as a real application would.
"""

from __future__ import annotations

from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from dataclasses import dataclass, field, replace
from itertools import product
from typing import TYPE_CHECKING

from incload.engines.abilities.change_log import ChangeLog
from incload.engines.abilities.databases import THREADS
from incload.engines.abilities.trials import databases
from incload.engines.registry import engines, fixture
from incload.loading.connections import Connections
from incload.loading.opening import unable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from incload.auditing.audit import Key, Row
    from incload.contenders.contender import Contender
    from incload.engines.abilities.change_log import Capture
    from incload.engines.abilities.fixture import Fixture
    from incload.engines.session import Place, Session
    from incload.harness.sandbox.watch import Watch
    from incload.history.history import History, Tick
    from incload.strategy import Capability
    from incload.table import Table

PAIRS = (("sqlite", "sqlite"), ("duckdb", "duckdb"), ("sqlite", "duckdb"))
"""The engine pairs of a comparison, source first."""

SERVER_PAIRS = (("postgres", "postgres"), ("postgres", "duckdb"))
"""The pairs that are compared as well where a server is asked for."""

OTHER_PAIRS = tuple(
    (source, target)
    for source, target in product(engines(), repeat=2)
    if (source, target) not in {*PAIRS, *SERVER_PAIRS}
)
"""The pairs that run when they are named."""


def pair_name(pair: tuple[str, str]) -> str:
    """Return a pair's name, as options and reports write it."""
    return f"{pair[0]}-{pair[1]}"


@dataclass(slots=True)
class Sandbox:
    """A live source and a target, opened together.

    Attributes:
        opened: The sessions that a contender in this process may use; None where it opens its own.
        writer: The session that changes the source.
        place: Where the writer finds the source.
        table: What the source table is now.
        closing: What is to be closed in the end.
        another: Opens one more connection to the source, where several can write at once; it is closed in the end.
        log: The source's log of the table's changes; None for strategies that ask for none.
        kept: What the source keeps for the strategy, be it a log or a column.
        cursor: The column that it keeps, if that is the strategy's cursor instead of the table's.
        source_url: Where any program finds the source; empty while it is in memory.
        target_url: Likewise the target.
        watch: Says which rows of the target a sync has touched; None where nothing watches.
        rewritten: How many rows the latest sync has written over an equal row; None where nothing can say it.
    """

    opened: Connections | None
    writer: Session
    place: Place
    table: Table
    closing: ExitStack = field(default_factory=ExitStack)
    another: Callable[[], Session] | None = None
    log: ChangeLog | None = None
    kept: Capture | None = None
    cursor: str | None = None
    source_url: str = ""
    target_url: str = ""
    watch: Watch | None = None
    rewritten: int | None = None

    def begin(self, history: History, contender: Contender | None = None) -> None:
        """Create the source, give it the history's base, and index its cursor as a careful owner does.

        Raises `Unable` for a contender that asks for what the source's engine does not have; what it can have for the
        asking, it has then.
        """
        asked = contender.capabilities.asks if contender is not None else None
        if contender is not None and asked is not None and (why := self.writer.cannot(asked)):
            raise unable(contender.id.partition(":")[0], why)
        self.fixture.settle(self.place, self.table)
        self.fixture.put(self.place, self.table, history.base)
        self.fixture.index(self.place, self.table)
        if asked is not None:
            self._keep(asked)

    @property
    def fixture(self) -> Fixture:
        """What changes the source, beside any load."""
        return fixture(self.writer)

    @property
    def connections(self) -> Connections:
        """The sessions that a contender in this process may use."""
        if self.opened is None:
            raise ValueError("every contender opens its own sessions here")
        return self.opened

    @contextmanager
    def free(self) -> Iterator[None]:
        """Hold nothing open, for the time of a block, that would keep another program from either end."""
        yield

    @contextmanager
    def changing(self) -> Iterator[None]:
        """Hold the source open to change it, for the time of a block within one of `free`."""
        yield

    def put(self, place: tuple[str, str] | None) -> None:
        """Take in where a sync says that its copy is; one in open sessions has it in the target."""

    @contextmanager
    def target(self) -> Iterator[Session]:
        """Return a session that can read and write the target, for the time of a block."""
        yield self.connections.target

    def _keep(self, asked: Capability) -> None:
        """Have the source keep what a strategy asks for, until the stand is closed."""
        self.kept = self.writer.logs.capture(asked, self.place, self.table.name)
        self.kept.install(self.table.key)
        self.closing.callback(self.kept.remove)
        self.log = self.kept if isinstance(self.kept, ChangeLog) else None
        described = self.kept.kept()
        self.cursor = described.cursor if described else None

    def unwatched(self) -> AbstractContextManager[None]:
        """Let a block change the source without the noticing of what is kept for the strategy."""
        return self.kept.unwatched() if self.kept else nullcontext()

    def unsettled(self) -> set[Key]:
        """Return the keys of rows that something may still come before, where a strategy waits for that."""
        if self.cursor is None:
            return set()
        relation = self.writer.name(self.place, self.table.name)
        columns = self.writer.columns(self.place, self.table.name) or ()
        (cursor,) = (column for column in columns if column.name == self.cursor)
        names = self.writer.listed(self.table.key)
        return set(self.writer.rows(f"SELECT {names} FROM {relation} WHERE NOT {self.writer.settled(cursor)}"))

    def apply(self, tick: Tick) -> None:
        """Let one tick happen: the deletes, then what happens to the columns, then the upserts."""
        if tick.deletes.num_rows:
            self.fixture.remove(self.place, self.table, tick.deletes)
        if tick.adds or tick.widens:
            self._evolve(tick)
        if tick.upserts.num_rows:
            self.fixture.put(self.place, self.table, tick.upserts)

    def _evolve(self, tick: Tick) -> None:
        """Give the source new columns, filled in every row, and other types."""
        for column, value in tick.adds:
            self.writer.add_column(self.place, self.table.name, column.name, self.writer.type_name(column, ""))
            relation = self.writer.name(self.place, self.table.name)
            self.writer.write(f"UPDATE {relation} SET {self.writer.quote(column.name)} = ?", (value,))
        wider = {column.name: column for column in tick.widens}
        columns = (*self.table.columns, *(column for column, _ in tick.adds))
        self.table = replace(self.table, columns=tuple(wider.get(column.name, column) for column in columns))
        if wider:
            types = {each.name: self.writer.type_name(each, "") for each in self.table.columns}
            self.writer.retype(self.place, self.table, types)
            if self.log:
                self.log.install(self.table.key)  # a table that was rebuilt has lost its triggers

    def source_rows(self) -> Iterator[list[Row]]:
        """Yield the source's rows in the order of the key."""
        return self.fixture.ordered(self.place, self.table)

    def target_rows(self) -> Iterator[list[Row]]:
        """Yield the target's rows in the order of the key."""
        with self.target() as session:
            columns = session.columns("target", self.table.name)
            if columns is not None:
                compared = tuple(column for column in columns if column.name != self.cursor)
                yield from fixture(session).ordered("target", replace(self.table, columns=compared))

    def close(self) -> None:
        """Close every session, and drop what was made on a server."""
        self.closing.close()


def open_sandbox(pair: tuple[str, str], table: Table, folder: Path | None, threads: int | None = THREADS) -> Sandbox:
    """Open a pair of engines on new databases; none waits for a disk.

    SQLite's stand in a folder, but for a target beside a source of its engine; that one and DuckDB's stand in memory,
    PostgreSQL's in schemas of their own on the server that `incload.engines.postgres.server` finds. Without a folder
    both tables of one embedded engine stand in memory, and one session changes and loads them. An engine that can works
    in so many threads; None is one for each processor.
    """
    if folder is None:
        return _in_memory(pair, table, threads)
    closing = ExitStack()  # the one stack for what is opened now and for what `another` opens later
    with ExitStack() as failing:
        failing.push(closing)
        is_one = pair[0] == pair[1]
        live = databases(pair[0], threads).source(folder, closing, both=is_one)
        target = live.reading if is_one else databases(pair[1], threads).target(folder, closing)
        connections = Connections(live.reading, target, table.name)
        sandbox = Sandbox(connections, live.writer, live.place, table, another=live.another)
        sandbox.closing = closing
        failing.pop_all()
        return sandbox


def _in_memory(pair: tuple[str, str], table: Table, threads: int | None) -> Sandbox:
    """Open a sandbox that needs no file at all."""
    if pair[0] != pair[1]:
        raise ValueError(f"a sandbox of {pair_name(pair)} needs a folder")
    session = databases(pair[0], threads).without_files()
    sandbox = Sandbox(Connections(session, session, table.name), session, "source", table)
    sandbox.closing.callback(session.close)
    return sandbox
