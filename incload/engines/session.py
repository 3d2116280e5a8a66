"""What the load asks of a database: one session, and the statements that every engine shares.

A session is one connection. Its tables stand in two places: `source`, which is only ever read, and `target`. When both
tables belong to one engine, one session holds both places and rows never leave it. Everything here is standard SQL; a
subclass holds the driver, the dialect and the types of its database, and no other module knows them.
"""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from functools import reduce
from typing import TYPE_CHECKING, ClassVar

from incload.engines.abilities import statements
from incload.engines.abilities.optional import CursorLooks, FileValues, Logs, Parts, Snapshots
from incload.engines.capabilities import Capabilities
from incload.engines.columns.traits import Trait
from incload.engines.contract import WriteResult
from incload.engines.dialect import Dialect
from incload.engines.sql import Place, Query, Row
from incload.engines.temporary.tables import STAGE
from incload.errors import Refused

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from incload.cursor import Scale
    from incload.engines.columns.equality import Equality
    from incload.engines.contract import StateChange, WriteIntent
    from incload.engines.endpoint import Endpoint
    from incload.engines.stream import Stream
    from incload.strategy import Capability
    from incload.table import Column, Table

__all__ = ["Place", "Query", "Row", "Session"]


class Session(Dialect, ABC):
    """One connection to one database engine; see the module's docstring.

    Attributes:
        error: The class of everything that the engine's driver raises.
        capabilities: What the engine can do.
        logs: What a source keeps for strategies that ask for more than its rows.
        parts: Tables that are filled or read in parts.
        looks: Looks at a cursor column.
        file_values: What the values of a source are that is a record file.
        created: The target tables that this session has created where that commits, with nothing committed yet.
        watch: Called with every intent before it is carried out.
        nulled: By column, what has come in that the engine cannot hold and became null: NaN, infinity, -infinity.
    """

    error: ClassVar[type[Exception]]
    capabilities: ClassVar[Capabilities] = Capabilities()
    logs: Logs
    parts: Parts
    looks: CursorLooks
    file_values: FileValues = FileValues()
    snapshots: Snapshots = Snapshots()
    created: set[str]
    watch: Callable[[WriteIntent], None] | None = None
    nulled: dict[str, set[str]]

    def __init__(self) -> None:
        """Begin with nothing staged."""
        self.logs, self.parts, self.looks = Logs(), Parts(), CursorLooks(self.rows, self.relation)
        self.nulled, self.created, self._begun = {}, set(), False
        self._staged, self._counted = list[str](), dict[str, int]()
        self._views: dict[tuple[str, str], Callable[[str], str]] = {}

    @classmethod
    @abstractmethod
    def open(cls, source: Endpoint | None, target: Endpoint | None) -> Session:
        """Open a session on a source, a target or both; refuse ends that the engine cannot use."""

    @abstractmethod
    def rows(self, sql: str, params: Sequence[object] = ()) -> list[Row]:
        """Run a statement and return all its rows; for answers that are small by nature."""

    def write(self, sql: str, params: Sequence[object] = ()) -> int:
        """Run a statement that changes rows and return how many it changed, in an engine that writes by statements."""
        raise AssertionError(f"{self.engine} writes by commits alone: {sql} {params}")

    def begin(self, table: str) -> None:  # noqa: ARG002 - an engine may lock it
        """Start the one transaction of a sync, holding the right to write a target table and its state."""
        self.write("BEGIN")
        self._begun = True

    def begin_read(self) -> None:
        """Start a transaction that only reads, where streams can take part in one."""

    def commit(
        self, intent: WriteIntent | None = None, state: StateChange | None = None, *, lasting: bool = True
    ) -> WriteResult:
        """Carry out what a sync intends, keep its state, and make both durable at once; return what became of the rows.

        Here that is by statements in the transaction that is open, which `finish` makes durable. Without an intent all
        that the transaction has done is committed; without `lasting` everything is left to be rolled back.
        """
        result = statements.carry_out(self, intent) if intent else WriteResult()
        if state:
            state.write(result)
        if lasting:
            self.finish()
        return result

    def finish(self) -> None:
        """Make the transaction's changes durable, in an engine that writes by statements."""
        self.write("COMMIT")
        self._begun = False

    def states(self, table: str) -> dict[str, str]:
        """Return the states that the latest snapshot of a table carries, by strategy, where snapshots carry states."""
        raise AssertionError(f"{self.engine} carries no state of {table} in a snapshot")

    def rollback(self) -> None:
        """Undo the transaction, if one is open."""
        if self._begun:
            self._begun = False
            self.write("ROLLBACK")

    @abstractmethod
    def close(self) -> None:
        """Release the connection and every file it holds."""

    @classmethod
    def cannot(cls, capability: Capability) -> str:
        """Say why the engine does not have what a strategy asks for; empty when it has it."""
        return "" if capability in cls.capabilities.follows else f"{cls.engine} has no {capability}"

    @abstractmethod
    def stream(self, query: Query, columns: tuple[Column, ...]) -> Stream:
        """Run a query and return its rows as a stream of the columns' types, which lasts until the next rollback."""

    @abstractmethod
    def receive(self, stream: Stream, columns: tuple[Column, ...]) -> str:
        """Make a stream of another engine's rows available once as a relation; return its name."""

    def heard(self, error: BaseException) -> str | None:  # noqa: ARG002 - what is read in Python notes it itself
        """Return what a stream that was received said when it broke off, if the engine's own error repeats it."""
        return None

    def release(self) -> None:
        """Forget what `receive` held."""

    def database(self) -> Row:
        """Return what identifies the database, and the user that accesses it; nothing where its file does."""
        return ()

    def show(self, table: str, what: str, view: Callable[[str], str]) -> None:
        """Read of a source table what a view makes of its relation; one view of its rows, and one of its columns."""
        self._views[table, what] = view

    def relation(self, place: Place, table: str) -> str:
        """Return what stands behind FROM, without an alias, for the rows of a table that are read."""
        return self.shown(table, self.name(place, table)) if place == "source" else self.name(place, table)

    def shown(self, table: str, relation: str) -> str:
        """Return what is read of a relation of a source table: its rows first, then its columns."""
        views = [self._views.get((table, what)) for what in ("rows", "columns")] if self._views else []
        return reduce(lambda rows, view: view(rows) if view else rows, views, relation)

    def volatile(self, functions: Sequence[str]) -> list[str]:  # noqa: ARG002 - an engine may need it
        """Return which functions may change something, or answer otherwise each time, where an engine knows."""
        return []

    @abstractmethod
    def columns(self, place: Place, table: str) -> tuple[Column, ...] | None:
        """Return the columns of a table or view, or None when there is none of that name."""

    def row_number(self, table: str) -> Column | None:  # noqa: ARG002 - an engine may have one
        """Return the hidden column of row numbers of a source table, where an engine has one for each row."""
        return None

    def describe(self, *named: tuple[Place, str]) -> None:
        """Note which tables a sync will read, so that an engine can look them up at once."""

    def holds(self, place: Place, table: str) -> bool:
        """Return whether there is a table or view of a name."""
        return self.columns(place, table) is not None

    def may_be(self, place: Place, table: str, column: Column) -> bool:  # noqa: ARG002 - types decide elsewhere
        """Return whether a column may be of the kind given, because only values could say it and there is none."""
        return False

    def traits(self, table: str) -> dict[str, Trait]:
        """Return what each column of a target does by itself."""
        return {column.name: Trait() for column in self.columns("target", table) or ()}

    @abstractmethod
    def tables(self, place: Place) -> list[str]:
        """Return the names of the tables in a place."""

    def schemas_with(self, table: str) -> list[str]:  # noqa: ARG002 - a dialect may need it
        """Return the schemas of the source that have a table of a name, where an engine has schemas and knows them."""
        return []

    def keyed(self, place: Place, table: str, key: tuple[str, ...]) -> bool:
        """Return whether the table has a primary key over exactly these columns."""
        return set(self.primary_key(place, table)) == set(key)

    def unique(self, place: Place, table: str, key: tuple[str, ...]) -> bool:
        """Return whether the database itself promises that the key is there and unique."""
        return self.keyed(place, table, key)

    def primary_key(self, place: Place, table: str) -> tuple[str, ...]:  # noqa: ARG002 - an engine may have keys
        """Return the columns of a table's primary key; nothing where there is none."""
        return ()

    def check_equality(self, place: Place, table: str, columns: Iterable[Column]) -> None:
        """Refuse key columns of a type whose values the engine cannot compare; most engines compare any."""

    def scale(self, place: Place, table: str, column: Column, per_second: int | None) -> Scale | None:
        """Return what the values of a cursor column mean; refuse values that have no certain order.

        None when there is no value. `per_second` is what an integer cursor counts, as the user says; None for plain
        numbers. Here the declared type says it, and for text one value of every shape.
        """
        from incload.engines.cursor_scale import TextCursor, declared_scale

        return declared_scale(column, per_second) or TextCursor(self, self.relation(place, table), column).scale()

    def now(self) -> int:
        """Return the engine's clock in microseconds since 1970-01-01 UTC; in this process it is the machine's."""
        return time.time_ns() // 1_000

    def merge(self, table: Table, incoming: str) -> int:
        """Write the rows of a relation over those with their keys; return how many were written."""
        return statements.merge(self, table, incoming)

    def create(self, table: Table, *, keyed: bool, origin: str) -> None:
        """Create the target table, with a primary key unless copies of a key are to be allowed."""
        self.write(statements.creation(self, table, keyed=keyed, origin=origin))

    def make_shared(self, table: str, columns: str, former: str = "") -> None:
        """Create a table of the columns defined, or rename a former one, that all loads write; once in a sync."""
        new = f"CREATE TABLE {self.name('target', table)} ({columns})"
        self.write(f"ALTER TABLE {self.name('target', former)} RENAME TO {self.quote(table)}" if former else new)

    def drop(self, table: str) -> None:
        """Drop a target table that this session has created."""
        self.write(f"DROP TABLE {self.name('target', table)}")

    def key_equalities(self, place: Place, table: str, key: tuple[str, ...]) -> dict[str, tuple[Equality, str]]:  # noqa: ARG002 - most engines compare the bytes of keys
        """Return which key columns a unique index over them does not compare by bytes: how, and its collation."""
        return {}

    def add_column(self, place: Place, table: str, column: str, type_name: str) -> None:
        """Add a column that is null in every row."""
        self.write(f"ALTER TABLE {self.name(place, table)} ADD COLUMN {self.quote(column)} {type_name}")

    def retype(self, place: Place, table: Table, types: Mapping[str, str]) -> None:  # noqa: ARG002 - an engine may
        """Give columns other types, values cast, and keep all else of the table; refuse, unchanged, what cannot be."""
        again = f"build {table.name!r} again with {dict(types)}"
        raise Refused(f"{self.engine} does not change the type of a column: {again}.")

    def stage(self, query: Query, name: str = STAGE) -> str:
        """Fill a temporary table with the rows of a query; return its qualified name."""
        self._staged.append(name)
        number = self.write(f"CREATE TEMP TABLE {self.quote(name)} AS {query.sql}", query.params)
        self._counted |= {self.temporary(name): number} if self.capabilities.row_counts else {}
        return self.temporary(name)

    def add_to_stage(self, query: Query, name: str) -> None:
        """Add the rows of a query to a temporary table."""
        self._counted.pop(self.temporary(name), None)
        self.write(f"INSERT INTO {self.temporary(name)} {query.sql}", query.params)

    def unstage(self) -> None:
        """Drop the temporary tables of a sync, those that still exist."""
        self._counted.clear()
        while self._staged:
            self.write(f"DROP TABLE IF EXISTS {self.temporary(self._staged[-1])}")
            self._staged.pop()

    def count(self, relation: str, params: Sequence[object] = ()) -> int:
        """Count the rows of a relation, unless it was counted as it was staged."""
        if relation in self._counted:
            return self._counted[relation]
        alias = " AS r" if relation.startswith("(") and relation.endswith(")") else ""  # as PostgreSQL asks for
        number = int(str(self.rows(f"SELECT count(*) FROM {relation}{alias}", params)[0][0]))
        if not params and relation in map(self.temporary, self._staged):
            self._counted[relation] = number
        return number

    def is_empty(self, relation: str) -> bool:
        """Return whether a relation has no rows, without counting them."""
        known = self._counted.get(relation)
        return not (self.rows(f"SELECT 1 FROM {relation} LIMIT 1") if known is None else known)

    def delete(self, key: tuple[str, ...], relation: str, keys: str) -> int:
        """Delete the rows of a relation whose keys stand in another; return how many."""
        return self.write(self.deletion(key, relation, keys))

    def insert(self, table: Table, query: Query) -> int:
        """Add the rows of a query to the target; return how many."""
        into = f"{self.name('target', table.name)} ({self.listed(table.names)})"
        return self.write(f"INSERT INTO {into} {query.sql}", query.params)
