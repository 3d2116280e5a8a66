"""A source and a target, opened together: one session when they share an engine, two and a stream when they do not."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING

from incload.engines.session import Query
from incload.engines.stream import Batches
from incload.records import field, record, replace
from incload.strategy import Logged
from incload.table import Column, Kind

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    import pyarrow as pa

    from incload.cursor import Scale
    from incload.engines.abilities.change_log import ChangeLog
    from incload.engines.contract import StateChange, WriteIntent, WriteResult
    from incload.engines.session import Place, Session
    from incload.engines.stream import Stream
    from incload.errors import Refused
    from incload.loading.state.entry import Entry
    from incload.strategy import Capability, Rows
    from incload.table import Table


@record
class Connections:
    """The two ends of a load.

    Attributes:
        source: The session in which the table's source can be named.
        target: The session that writes; the same object when rows need not leave the engine.
        table: The source table's own name.
        records: How many records a file holds; None for a database, which would have to count.
        notes: What became of columns that cannot be as a file has them, a sentence each.
        absent: The columns that the target has and the source has not.
        kept: Those of them whose values the target keeps.
        into: What the table is that keeps them.
        streams: The stream between the engines that was opened last, if there is one.
        widened: The target's types of the columns that are wider there than in the source, by their names.
        lost: The target's types of the columns that a database source has lost, which it is read as having, by name.
        written: What the state says that the last sync wrote, by its text, until it is read.
        fitted: What the sync before found of the forms of both tables, where that lasts (`incload.loading.settling`).
    """

    source: Session
    target: Session
    table: str
    records: int | None = None
    notes: tuple[str, ...] = ()
    absent: tuple[str, ...] = ()
    kept: tuple[str, ...] = ()
    into: Table | None = None
    streams: list[Stream] = field(default_factory=list)
    widened: dict[str, str] = field(default_factory=dict)
    lost: dict[str, str] = field(default_factory=dict)
    written: dict[str, Entry] = field(default_factory=dict, compare=False)
    fitted: list[object] = field(default_factory=list, compare=False)

    @property
    def relation(self) -> str:
        """The source table's qualified name in its session, or what stands for the rows of it that are loaded."""
        relation = self.source.relation("source", self.table)
        return f"({self._keeping(relation, self.into.names)})" if self.into and self.attached else relation

    @property
    def attached(self) -> bool:
        """Whether the target's session can name the source itself."""
        return self.source is self.target

    @property
    def origin(self) -> str:
        """The engine whose declared types the table's columns carry."""
        return self.source.engine

    def query(self, table: Table, scale: Scale | None, query: Rows) -> Query:
        """Return the SQL for the rows that match a query, for the source's session."""
        if isinstance(query, Logged):
            return self.source.named(table, self.log(query.log).keys(query.after or ""), self.relation)
        return self.source.select(table, scale, query, self.relation)

    def answers(self, table: Table, scale: Scale | None, queries: Sequence[Rows]) -> Query:
        """Return the SQL for the rows that match any of several queries, each row once."""
        if len(queries) == 1:
            return self.query(table, scale, queries[0])
        return self.source.select_any(table, scale, queries, self.relation)

    def queries(self, table: Table, scale: Scale | None, query: Rows) -> list[Query]:
        """Return statements that together are a query's, where the source's engine would keep all that it has read."""
        if isinstance(query, Logged):
            return [self.query(table, scale, query)]
        parts = self.source.parts.of(self.source.name("source", self.table))
        shown = (self.source.shown(self.table, part) for part in parts)
        return [self.source.select(table, scale, query, part) for part in shown]

    def gone(self, table: Table, query: Logged) -> Query:
        """Return the query for the keys that a log names and the source does not have, for the source's session."""
        keys = self.log(query.log).keys(query.after or "")
        return self.source.keys_missing(table.key, f"({keys.sql})", self.relation, keys.params)

    def log(self, log: Capability) -> ChangeLog:
        """Return the source's log of the table's changes."""
        return self.source.logs.change_log(log, "source", self.table)

    def incoming(self, query: Query, table: Table, names: tuple[str, ...] = ()) -> Query:
        """Bring a query on the source within reach of the target: itself, or a stream that can be read once.

        Args:
            query: The query.
            table: The table that its columns are of.
            names: The columns; all those of the table unless given.
        """
        if self.attached:
            return self._cast(query, names or table.names) if self.widened else query
        columns = tuple(table.column(name) for name in names or table.names)
        return self._received(self._streamed(query, columns), columns)

    def flowing(self, queries: Sequence[Query], table: Table) -> Query:
        """Bring queries on a source in another engine within reach, as one stream of their rows one after the other."""
        if len(queries) == 1:
            return self.incoming(queries[0], table)
        readers = (self._streamed(query, table.columns).reader() for query in queries)
        first = next(readers)
        return self._passed_on(first.schema, chain.from_iterable(chain([first], readers)), table.columns)

    def arriving(self, table: Table, scale: Scale | None, query: Rows) -> Iterator[Query]:
        """Bring what matches a query to a source in another engine within reach, in parts as the target takes them.

        A source that can cut its table does; otherwise the rows are counted on their way, and so read in Python.
        """
        rows = self.target.parts.rows or 0
        cut = self.source.parts.cut(self.table, table.key, rows)
        if cut:
            queries = [self.source.select(table, scale, query, part) for part in cut]
            for stream in self.source.parts.streams(queries, table.columns):
                yield self._received(self._noted(stream), table.columns)
            return
        reader = self._streamed(self.query(table, scale, query), table.columns).reader()
        waiting = iter(reader)
        for first in waiting:
            yield self._passed_on(reader.schema, _some(first, waiting, rows), table.columns)

    def _streamed(self, query: Query, columns: tuple[Column, ...]) -> Stream:
        stays = self.origin == self.target.engine
        sent = tuple(replace(each, stays=stays) for each in self._sent(columns))
        return self._noted(self.source.stream(query, sent))

    def _sent(self, columns: tuple[Column, ...]) -> tuple[Column, ...]:
        """Return columns as they leave the source: one that it has lost holds no value, and goes as an empty text."""
        return tuple(Column(each.name, Kind.TEXT) if each.name in self.lost else each for each in columns)

    def _noted(self, stream: Stream) -> Stream:
        self.streams[:] = [stream]
        return stream

    def _passed_on(self, schema: pa.Schema, batches: Iterable[pa.RecordBatch], columns: tuple[Column, ...]) -> Query:
        import pyarrow as pa

        reader = pa.RecordBatchReader.from_batches(schema, batches)
        return self._received(Batches(reader, self.source.error), columns)

    def _received(self, stream: Stream, columns: tuple[Column, ...]) -> Query:
        there = [replace(each, declared=self._declared(each)) for each in self._sent(columns)]
        name = self.target.receive(stream, tuple(there))
        names = tuple(each.name for each in columns)
        if self.into and not self.attached and not {*self.kept}.isdisjoint(names):
            return Query(self._keeping(name, names))
        return Query(f"SELECT {', '.join(self._named(each, 'incoming') for each in names)} FROM {name} AS incoming")

    def _named(self, name: str, alias: str) -> str:
        """Return the expression of a column that has come in; for one that the source has lost, a null of its type."""
        column = self.target.listed([name], alias)
        return f"CAST(NULL AS {self.lost[name]}) AS {self.target.quote(name)}" if name in self.lost else column

    def _keeping(self, relation: str, names: tuple[str, ...]) -> str:
        """Return the query for the rows of a relation with the target's own values in the columns that are kept."""
        assert self.into is not None  # noqa: S101 - set with what is kept
        target, kept = self.target, {*self.kept}
        columns = ", ".join(target.listed([name], "t") if name in kept else self._named(name, "s") for name in names)
        return (
            f"SELECT {columns} FROM {relation} AS s LEFT JOIN {target.name('target', self.into.name)} AS t"
            f" ON {target.equal_keys(self.into.key, 's', 't')}"
        )

    def _declared(self, column: Column) -> str:
        known = self.lost.get(column.name) or self.widened.get(column.name)
        return known or self.target.type_name(column, self.origin)

    def _cast(self, query: Query, names: Sequence[str]) -> Query:
        """Give the columns that are wider in the target their types there, so that values are compared as such."""
        quote = self.target.quote
        parts = [
            f"CAST({quote(name)} AS {self.widened[name]}) AS {quote(name)}" if name in self.widened else quote(name)
            for name in names
        ]
        return Query(f"SELECT {', '.join(parts)} FROM ({query.sql}) AS narrow", query.params)

    def broken(self, error: BaseException) -> Refused | None:
        """Return why a stream between the engines broke off, if that is behind an error; the source says it best."""
        return self.streams[0].broken(self.target.heard(error)) if self.streams else None

    def lose(self, columns: Iterable[Column]) -> Connections:
        """Return the connections whose source is read as having columns of the target that it has lost, all null."""
        self.lost.update((each.name, each.declared or "TEXT") for each in columns)
        one_engine = self.origin == self.target.engine
        types = {name: kind if one_engine else "TEXT" for name, kind in self.lost.items()}
        self.source.show(self.table, "columns", lambda rows: self.source.with_nulls(self.table, rows, types))
        return replace(self, absent=(*self.absent, *self.lost))

    def begin(self, table: str) -> None:
        """Start the transaction of a sync of a target table."""
        self.streams.clear()
        self.widened.clear()
        self.lost.clear()
        self.target.begin(table)
        if not self.attached:
            self.source.begin_read()

    def describe(self, *tables: str) -> None:
        """Ask both ends at once about all tables that a sync speaks of: the source's, and those of the target named."""
        source: tuple[Place, str] = ("source", self.table)
        targets: list[tuple[Place, str]] = [("target", table) for table in tables]
        if self.attached:
            self.target.describe(source, *targets)
        else:
            self.source.describe(source)
            self.target.describe(*targets)

    def commit(
        self, intent: WriteIntent | None = None, state: StateChange | None = None, *, lasting: bool = True
    ) -> WriteResult:
        """Have the target carry out what a sync intends and keep its state, durably unless all is to be undone."""
        result = self.target.commit(intent, state, lasting=lasting)
        if lasting:
            self._settle()
        else:
            self.rollback()
        return result

    def rollback(self) -> None:
        """Undo the sync."""
        self.target.rollback()
        self._settle()

    def _settle(self) -> None:
        self.target.unstage()
        if not self.attached:
            self.target.release()
            self.source.rollback()

    def close(self) -> None:
        """Close both ends."""
        self.target.close()
        if not self.attached:
            self.source.close()


def _some(first: pa.RecordBatch, waiting: Iterator[pa.RecordBatch], rows: int) -> Iterator[pa.RecordBatch]:
    """Yield a batch and as many of those behind it as it takes to have so many rows."""
    yield first
    had = first.num_rows
    while had < rows and (batch := next(waiting, None)) is not None:
        yield batch
        had += batch.num_rows
