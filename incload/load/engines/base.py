"""What the load asks of a database: one session, and the standard SQL that every engine shares.

A session is one connection. Its tables stand in two places: `source`, which is only ever read, and `target`. When both
tables belong to one engine, one session holds both places and rows never leave it. Everything here is standard SQL; a
subclass holds the driver, the dialect and the types of its database, and nobody else knows them.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Literal

from incload.cursor import MixedText, Scale
from incload.errors import Refused
from incload.load.engines.log import KeepsLogs
from incload.load.engines.parts import FillsInParts
from incload.load.engines.temporary import STAGE
from incload.strategy import AfterKey, Changed, Everything, Logged, Since

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    import pyarrow as pa

    from incload.load.engines.cursor_sql import CursorSql
    from incload.load.location import End
    from incload.strategy import Rows
    from incload.table import Column, Table

Place = Literal["source", "target"]
Row = tuple[object, ...]


@dataclass(frozen=True, slots=True)
class Query:
    """A piece of SQL with its parameters."""

    sql: str
    params: tuple[object, ...] = ()


class Session(KeepsLogs, FillsInParts, ABC):
    """One connection to one database engine; see the module's docstring."""

    def __init__(self) -> None:
        """Begin with nothing staged."""
        self._staged: list[str] = []

    engine: ClassVar[str]

    error: ClassVar[type[Exception]]
    """The class of everything that the engine's driver raises."""

    streams_its_snapshot: ClassVar[bool] = False
    """Whether `stream` reads what the session's own transaction sees, so that two streams agree."""

    indexes_digests: ClassVar[bool] = True
    """Whether a key on the table of remembered digests helps more than it costs."""

    folds_names: ClassVar[bool] = False
    """Whether two names that differ in case alone are one table."""

    holds_any: ClassVar[bool] = False
    """Whether a column of numbers may hold texts."""

    holds_nan: ClassVar[bool] = True
    """Whether a float may be NaN, which is a null elsewhere."""

    looked_through: ClassVar[int] = 100_000
    """How many rows a question may look through that is only asked to be on the safe side."""

    @classmethod
    @abstractmethod
    def open(cls, source: End | None, target: End | None) -> Session:
        """Open a session on a source, a target or both; refuse ends that the engine cannot use."""

    @abstractmethod
    def rows(self, sql: str, params: Sequence[object] = ()) -> list[Row]:
        """Run a statement and return all its rows; for answers that are small by nature."""

    @abstractmethod
    def write(self, sql: str, params: Sequence[object] = ()) -> int:
        """Run a statement that changes rows and return how many it changed."""

    @abstractmethod
    def begin(self, table: str) -> None:
        """Start the one transaction of a sync, holding the right to write a target table and its memory."""

    def begin_read(self) -> None:
        """Start a transaction that only reads, where streams can take part in one."""

    @abstractmethod
    def commit(self) -> None:
        """Make the transaction's changes durable."""

    @abstractmethod
    def rollback(self) -> None:
        """Undo the transaction, if one is open."""

    @abstractmethod
    def close(self) -> None:
        """Release the connection and every file it holds."""

    def database(self) -> Row:
        """Return what tells the database from every other, and as whom it is spoken to; nothing where its file does."""
        return ()

    @abstractmethod
    def name(self, place: Place, table: str) -> str:
        """Return the fully qualified, quoted name of a table."""

    @abstractmethod
    def columns(self, place: Place, table: str) -> tuple[Column, ...] | None:
        """Return the columns of a table or view, or None when there is none of that name."""

    def undecided(self, place: Place, table: str, column: Column) -> bool:  # noqa: ARG002 - types decide elsewhere
        """Tell whether a column's kind is a guess, because its values would have to say it and there is none."""
        return False

    def check_names(self, columns: Iterable[str]) -> None:
        """Refuse column names that the engine cannot speak of."""

    @abstractmethod
    def tables(self, place: Place) -> list[str]:
        """Return the names of the tables in a place."""

    @abstractmethod
    def keyed(self, place: Place, table: str, key: tuple[str, ...]) -> bool:
        """Tell whether the table has a primary key over exactly these columns."""

    def unique(self, place: Place, table: str, key: tuple[str, ...]) -> bool:
        """Tell whether the database itself promises that the key is there and unique."""
        return self.keyed(place, table, key)

    @abstractmethod
    def scale(self, place: Place, table: str, column: Column, per_second: int | None) -> Scale | None:
        """Return what the values of a cursor column mean; refuse values that have no certain order.

        None when there is no value to tell. `per_second` is what an integer cursor counts, as the user says; None for
        plain numbers.
        """

    def finds_largest(self, place: Place, table: str, column: str) -> bool:  # noqa: ARG002 - a dialect may need it
        """Tell whether the largest value of a column is found in no time; by itself, only that of a small table is."""
        return not self.rows(f"SELECT 1 FROM {self.name(place, table)} LIMIT 1 OFFSET {self.looked_through}")

    def named(self, table: Table, keys: Query, relation: str) -> Query:
        """Return the query for the rows of a relation whose keys a query names."""
        on = self.equal_keys(table.key, "s", "k")
        return Query(
            f"SELECT {self.listed(table.names, 's')} FROM ({keys.sql}) AS k JOIN {relation} AS s ON {on}", keys.params
        )

    def rereads(self, place: Place, table: str, column: str) -> bool:  # noqa: ARG002 - as above
        """Tell whether an index finds the rows beyond a value of a column, so that asking twice costs nothing."""
        return False

    @abstractmethod
    def now(self) -> int:
        """Return the engine's clock in microseconds since 1970-01-01 UTC."""

    @abstractmethod
    def cursor(self, column: str, scale: Scale, declared: str) -> CursorSql:
        """Return how a cursor column is compared and read."""

    @abstractmethod
    def meaning(self, text: str) -> str:
        """Return the expression of the microseconds that an ISO text means; the text is itself an expression."""

    def key_value(self, column: Column) -> str:
        """Return the expression by which the value of a key column is read into a memory."""
        return self.quote(column.name)

    def key_order(self, column: Column) -> str:
        """Return the expression by which keys are ordered: numbers as numbers, texts by their bytes."""
        return self.quote(column.name)

    def key_bound(self, column: Column) -> str:  # noqa: ARG002 - a dialect may need it
        """Return the placeholder of a remembered key value."""
        return "?"

    @abstractmethod
    def digest(self, columns: Iterable[str], alias: str) -> str:
        """Return the expression of a row's digest, a 64-bit integer over all the given columns, nulls told apart."""

    def table_digest(self, columns: Sequence[Column]) -> str:
        """Return the expression of a row's digest for a comparison of whole tables, where speed is all."""
        return self.digest((column.name for column in columns), "")

    @property
    @abstractmethod
    def digest_tag(self) -> str:
        """Name the algorithms of the digests; digests under different tags are never compared."""

    @abstractmethod
    def differ(self, columns: Iterable[str], one: str, other: str) -> str:
        """Return the condition that two rows differ in any of the columns, nulls compared as values."""

    @abstractmethod
    def type_name(self, column: Column, origin: str) -> str:
        """Return the type of a target column for a source column of the engine named."""

    @abstractmethod
    def merge(self, table: Table, incoming: str) -> int:
        """Write the rows of a relation over those with their keys; return how many were written."""

    @abstractmethod
    def stream(self, query: Query, columns: tuple[Column, ...]) -> pa.RecordBatchReader:
        """Run a query and return its rows as a stream of Arrow batches of the columns' types."""

    @abstractmethod
    def receive(self, reader: pa.RecordBatchReader, columns: tuple[Column, ...]) -> str:
        """Make a stream of another engine's rows available once as a relation; return its name."""

    @abstractmethod
    def release(self) -> None:
        """Forget what `receive` held."""

    @abstractmethod
    def put(self, place: Place, table: Table, rows: pa.Table) -> None:
        """Insert or overwrite rows given in Arrow, stamps as timestamp[us]: how a trial brings its source to life."""

    @abstractmethod
    def ordered(self, place: Place, table: Table) -> Iterator[list[Row]]:
        """Yield all rows in chunks, in ascending order of the key; stamps as microseconds and booleans as 0 and 1."""

    def remove(self, place: Place, table: Table, keys: pa.Table) -> None:
        """Delete rows by their keys, given in Arrow."""
        relation = self.name(place, table.name)
        condition = " AND ".join(f"{self.quote(name)} = ?" for name in table.key)
        for key in zip(*(keys[name].to_pylist() for name in table.key), strict=True):
            self.write(f"DELETE FROM {relation} WHERE {condition}", key)

    def settle(self, place: Place, table: Table) -> None:
        """Create a keyed table of the kinds of its columns."""
        parts = [f"{self.quote(column.name)} {self.type_name(column, '')}" for column in table.columns]
        relation = self.name(place, table.name)
        self.write(f"CREATE TABLE {relation} ({', '.join(parts)}, PRIMARY KEY ({self.listed(table.key)}))")

    @abstractmethod
    def index(self, place: Place, table: Table) -> None:
        """Create an index on the cursor and the key of a table."""

    @staticmethod
    def quote(name: str) -> str:
        """Quote an identifier, whatever it holds."""
        if "\0" in name:
            raise Refused(f"the name {name!r} holds a NUL character, which no database can store: rename it.")
        return '"' + name.replace('"', '""') + '"'

    def listed(self, names: Iterable[str], alias: str = "") -> str:
        """Return quoted names as a list, each after an alias if one is given."""
        prefix = f"{alias}." if alias else ""
        return ", ".join(prefix + self.quote(name) for name in names)

    def equal_keys(self, key: Iterable[str], one: str, other: str) -> str:
        """Return the condition that two relations agree in the key columns."""
        return " AND ".join(f"{one}.{self.quote(name)} = {other}.{self.quote(name)}" for name in key)

    def create(self, table: Table, *, keyed: bool, origin: str) -> None:
        """Create the target table, with a primary key unless copies of a key are to be allowed."""
        parts = [f"{self.quote(column.name)} {self.type_name(column, origin)}".rstrip() for column in table.columns]
        if keyed:
            parts.append(f"PRIMARY KEY ({self.listed(table.key)})")
        self.write(f"CREATE TABLE {self.name('target', table.name)} ({', '.join(parts)})")

    def add_column(self, place: Place, table: str, column: str, type_name: str) -> None:
        """Add a column that is null in every row."""
        self.write(f"ALTER TABLE {self.name(place, table)} ADD COLUMN {self.quote(column)} {type_name}")

    def retype(self, place: Place, table: Table, types: Sequence[str]) -> None:
        """Build a table anew with other types, every value cast to its column's; indexes have to be made again."""
        relation, anew = self.name(place, table.name), self.name(place, f"{table.name} anew")
        keyed = self.keyed(place, table.name, table.key)
        parts = [f"{self.quote(name)} {declared}" for name, declared in zip(table.names, types, strict=True)]
        if keyed:
            parts.append(f"PRIMARY KEY ({self.listed(table.key)})")
        self.write(f"CREATE TABLE {anew} ({', '.join(parts)})")
        self.write(f"INSERT INTO {anew} ({self.listed(table.names)}) SELECT {self.listed(table.names)} FROM {relation}")
        self.write(f"DROP TABLE {relation}")
        self.write(f"ALTER TABLE {anew} RENAME TO {self.quote(table.name)}")

    def stage(self, query: Query, name: str = STAGE) -> str:
        """Fill a temporary table with the rows of a query; return its qualified name."""
        self._staged.append(name)
        self.write(f"CREATE TEMP TABLE {self.quote(name)} AS {query.sql}", query.params)
        return self.temporary(name)

    def temporary(self, name: str) -> str:
        """Return the qualified name of a temporary table."""
        return f"temp.{self.quote(name)}"

    def unstage(self) -> None:
        """Drop the temporary tables of a sync, as far as they are still there."""
        while self._staged:
            self.write(f"DROP TABLE IF EXISTS {self.temporary(self._staged[-1])}")
            self._staged.pop()

    def count(self, relation: str, params: Sequence[object] = ()) -> int:
        """Count the rows of a relation."""
        ((number,),) = self.rows(f"SELECT count(*) FROM {relation}", params)
        assert isinstance(number, int)  # noqa: S101 - count(*) is an integer in every engine
        return number

    def is_empty(self, relation: str) -> bool:
        """Tell whether a relation has no rows, without counting them."""
        return not self.rows(f"SELECT 1 FROM {relation} LIMIT 1")

    def keys_missing(self, key: tuple[str, ...], relation: str, other: str, params: tuple[object, ...] = ()) -> Query:
        """Return the query for the keys of one relation, which may have parameters, that another does not have."""
        # As a join and not as NOT EXISTS, because SQLite makes itself an index for a join with what has none.
        return Query(
            f"SELECT {self.listed(key, 'k')} FROM {relation} AS k LEFT JOIN {other} AS o"
            f" ON {self.equal_keys(key, 'o', 'k')} WHERE o.{self.quote(key[0])} IS NULL",
            params,
        )

    def differing(self, names: tuple[str, ...], key: tuple[str, ...], relation: str, other: str) -> Query:
        """Return the query for the rows of one relation that another holds with other content, or not at all."""
        rest = [name for name in names if name not in key]
        absent = f"t.{self.quote(key[0])} IS NULL"
        return Query(
            f"SELECT {self.listed(names, 's')} FROM {relation} AS s LEFT JOIN {other} AS t"
            f" ON {self.equal_keys(key, 's', 't')} WHERE {absent} OR {self.differ(rest, 's', 't')}"
        )

    def delete(self, key: tuple[str, ...], relation: str, keys: str) -> int:
        """Delete the rows of a relation whose keys stand in another; return how many."""
        if len(key) == 1:
            column = self.quote(key[0])
            return self.write(f"DELETE FROM {relation} WHERE {column} IN (SELECT {column} FROM {keys} AS k)")
        # A row that deletes itself must be named in full: DELETE takes no alias everywhere.
        equal = " AND ".join(f"k.{self.quote(name)} = {relation}.{self.quote(name)}" for name in key)
        return self.write(f"DELETE FROM {relation} WHERE EXISTS (SELECT 1 FROM {keys} AS k WHERE {equal})")

    def insert(self, table: Table, query: Query) -> int:
        """Add the rows of a query to the target; return how many."""
        target = self.name("target", table.name)
        return self.write(f"INSERT INTO {target} ({self.listed(table.names)}) {query.sql}", query.params)

    def select(self, table: Table, scale: Scale | None, question: Rows, relation: str) -> Query:
        """Return the query for the rows of a relation that answer a question."""
        condition = self.condition(table, scale, question)
        where = f" WHERE {condition.sql}" if condition.sql else ""
        return Query(f"SELECT {self.listed(table.names)} FROM {relation}{where}", condition.params)

    def condition(self, table: Table, scale: Scale | None, question: Rows) -> Query:
        """Return the condition under which a row answers a question; empty for every row."""
        match question:
            case Everything():
                return Query("")
            case AfterKey(key):
                return self._beyond_key(table, key)
            case Since():
                assert table.cursor is not None and scale is not None  # noqa: S101, PT018 - set-up refuses otherwise
                cursor = self.cursor(table.cursor, scale, table.column(table.cursor).declared)
                return self._since(table, cursor, scale, question)
            case Changed() | Logged():
                raise AssertionError("a comparison with digests or a log is a join and has no condition of its own")

    def _beyond_key(self, table: Table, key: tuple[object, ...]) -> Query:
        bounds = ", ".join(self.key_bound(table.column(name)) for name in table.key)
        if len(table.key) == 1:
            return Query(f"{self.key_order(table.column(table.key[0]))} > {bounds}", key)
        ordered = ", ".join(self.key_order(table.column(name)) for name in table.key)
        return Query(f"({ordered}) > ({bounds})", key)

    def _since(self, table: Table, cursor: CursorSql, scale: Scale, question: Since) -> Query:
        """Keep the bare column on the left of one range, so that an index on the cursor serves every form."""
        parts: list[str] = []
        params: list[object] = []
        if question.position is not None:
            value = self.bind(cursor, scale, question.position)
            closed = question.inclusive or question.key is not None
            parts.append(f"{cursor.compared} {'>=' if closed else '>'} {cursor.bound}")
            params.append(value)
            if question.key is not None:
                beyond = self._beyond_key(table, question.key)
                parts.append(f"({cursor.compared} > {cursor.bound} OR {beyond.sql})")
                params += [value, *beyond.params]
        if question.until is not None:
            parts.append(f"{cursor.compared} <= {cursor.bound}")
            params.append(self.bind(cursor, scale, question.until))
        if question.settled:
            parts.append(self.settled(table.column(table.cursor or "")))
        sql = " AND ".join(parts)
        if question.nulls and sql:
            sql = f"({sql}) OR {self.quote(table.cursor or '')} IS NULL"
        return Query(sql, tuple(params))

    @staticmethod
    def bind(cursor: CursorSql, scale: Scale, position: float) -> object:
        """Return the value to bind: the stored one where the column itself is compared, else the position."""
        if isinstance(scale, MixedText) or cursor.position != cursor.compared:
            return position
        return scale.stored(position)
