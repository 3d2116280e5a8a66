"""Iceberg tables through Spark: one session of the Spark of this process, with a catalog for each warehouse.

What is read is pinned: every relation names the snapshot that its table had when the sync began, and views over it are
worked out when they are asked. What is written is one statement, committed with the state or not at all.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar

from incload.engines.capabilities import AtomicState, Capabilities
from incload.engines.contract import Conflict, WriteResult
from incload.engines.session import Place, Query, Row, Session
from incload.engines.spark.dialect import SparkDialect
from incload.engines.spark.endpoint import Lake, locate
from incload.engines.spark.failures import SparkFailed, speaking
from incload.engines.spark.past.changes import SnapshotLogs
from incload.engines.spark.past.commits import Commit
from incload.engines.spark.past.kept import SparkSnapshots
from incload.engines.spark.places import Places
from incload.engines.spark.sql import spelled
from incload.engines.spark.starting.running import spark_for
from incload.engines.spark.surveying import SparkLooks
from incload.engines.spark.tables import BY, PROPERTY, states
from incload.engines.spark.writing import as_added, count_removed, statement
from incload.engines.temporary.tables import STAGE
from incload.strategy import Capability

if TYPE_CHECKING:
    from collections.abc import Sequence

    from incload.engines.columns.traits import Trait
    from incload.engines.contract import StateChange, WriteIntent
    from incload.engines.endpoint import Endpoint
    from incload.engines.spark.transfer import Arrival, SparkTransfer
    from incload.engines.stream import Stream
    from incload.table import Column, Table

__all__ = ["IcebergSession", "locate"]

_WORKED_OUT = ("Join", "Aggregate", "Window")
"""Steps of a plan whose rows are kept, so that asking twice does not work them out twice."""
_CHOSEN = ("Filter",)
"""A step whose rows are kept where a table is continued, as they are few; those of a first load are all there are."""


class IcebergSession(SparkDialect, Session):
    """One session of Spark that reads a source, writes a target, or both."""

    error: ClassVar[type[Exception]] = SparkFailed
    capabilities: ClassVar[Capabilities] = Capabilities(
        transactional_ddl=False,
        atomic_state=AtomicState.SNAPSHOT,
        enforces_key=False,
        temp_tables=False,
        steady_streams=True,
        casts_to_compare=True,
        names_namespaces=True,
        follows=frozenset({Capability.LOG}),
    )

    def __init__(self, source: Lake | None, target: Lake | None) -> None:
        """Begin a session of its own, with settings and catalogs of its own."""
        super().__init__()
        ends: dict[Place, Lake] = {**({"source": source} if source else {}), **({"target": target} if target else {})}
        first = next(iter(ends.values()))
        settings = {key: value for end in ends.values() for key, value in end.spark.items()}
        running = spark_for(replace(first, spark=settings))
        for end in ends.values():
            spark_for(end)  # refuses two ends that want different settings
        with speaking():
            self.spark: Any = running.newSession()
        self.places = Places(self.spark, ends)
        self.logs, self.looks = SnapshotLogs(self), SparkLooks(self)
        self.snapshots = self._past = SparkSnapshots(self)
        self._transfer: SparkTransfer | None = None
        self._staging = next((each.staging for each in ends.values() if each.staging), "")
        self._mode = target.mode if target else ""
        self._frames: dict[str, Any] = {}
        self.arrivals: dict[str, Arrival] = {}

    @classmethod
    def open(cls, source: Endpoint | None, target: Endpoint | None) -> IcebergSession:
        """Open the warehouses of both ends."""
        assert isinstance(source, Lake | None) and isinstance(target, Lake | None)  # noqa: S101, PT018 - of this engine
        return cls(source, target)

    def frame(self, sql: str, params: Sequence[object] = ()) -> Any:  # noqa: ANN401 - pyspark's own type
        """Return the rows of a query, which are worked out when they are asked for."""
        with speaking():
            return self.spark.sql(spelled(sql, params))

    def rows(self, sql: str, params: Sequence[object] = ()) -> list[Row]:
        """Run a query and fetch all of it."""
        found = self.frame(sql, params)
        with speaking():
            return [
                tuple(bytes(each) if isinstance(each, bytearray) else each for each in row) for row in found.collect()
            ]

    def begin(self, table: str) -> None:  # noqa: ARG002 - a loser of two commits starts again
        """Look at every table as it is now."""
        self.places.forget()

    def begin_read(self) -> None:
        """Look at every table as it is now, and until the end as it was then."""
        self.places.forget()

    def commit(
        self, intent: WriteIntent | None = None, state: StateChange | None = None, *, lasting: bool = True
    ) -> WriteResult:
        """Write by one statement, in one snapshot that carries the state; a sync without news makes none."""
        if intent is None:
            return WriteResult()  # whatever there was to commit is committed
        assert intent.placed is None  # noqa: S101 - nothing can be in a table before its commit
        result = self._counted_intent(intent)
        if lasting:
            self._carry_out(intent, state)
            self._past.settle_reshape()
            self.created.discard(intent.table.name)
            self.places.forget()
        return result

    def _counted_intent(self, intent: WriteIntent) -> WriteResult:
        """Count what the commit will do: the statement itself does not say it."""
        removed = self.count(self.name("target", intent.table.name)) if intent.clear else 0
        if intent.removals:
            removed += count_removed(self, intent)
        return WriteResult(self.count(intent.rows) if intent.rows else 0, removed)

    def _carry_out(self, intent: WriteIntent, state: StateChange | None) -> None:
        known = self.places.known("target", intent.table.name)
        assert known is not None  # noqa: S101 - it was found or made before
        kept, by = dict(states(known.table)), dict[str, str]()
        if state and state.text is not None:
            kept[state.name[1]], by = state.text, {BY: f"{state.name[1]} {state.by}"}
        elif not (intent.rows or intent.removals or intent.clear):
            return
        writes = intent.rows or intent.removals or intent.clear
        if self.places.is_empty(self.places.name("target", intent.table.name)):
            intent = as_added(intent)
        commit = Commit(self.spark, known.table, known.snapshot)
        commit.carry_out(
            (
                lambda branch: self.run(
                    statement(self, intent, self.places.plain_name("target", intent.table.name, branch))
                )
            )
            if writes
            else None,
            {**{f"{PROPERTY}{strategy}": text for strategy, text in kept.items()}, **by},
        )

    def is_empty(self, relation: str) -> bool:
        """Ask the table's snapshot where it says so."""
        known = self.places.is_empty(relation)
        return super().is_empty(relation) if known is None else known

    def note_count(self, relation: str, rows: int) -> None:
        """Know how many rows a relation has that was looked through."""
        self._counted[relation] = rows

    def run(self, sql: str) -> None:
        """Run a statement; how Spark runs one, it is over when it returns."""
        self.frame(sql)

    def states(self, table: str) -> dict[str, str]:
        """Return what the table's snapshots carry."""
        known = self.places.known("target" if self.places.has("target") else "source", table)
        return states(known.table) if known else {}

    def rollback(self) -> None:
        """Let go of what was read; nothing was written."""
        self.places.forget()
        if self._transfer:
            self._transfer.release()

    def close(self) -> None:
        """Let go of everything; Spark itself goes on for the next session."""
        try:
            self.unstage()
            self.rollback()
        except SparkFailed:
            pass  # a Spark that has died has let go

    def name(self, place: Place, table: str) -> str:
        """Name the table as its snapshot has it."""
        return self.places.name(place, table)

    def columns(self, place: Place, table: str) -> tuple[Column, ...] | None:
        """Ask Iceberg's catalog."""
        known = self.places.known(place, table)
        return known.columns if known else None

    def traits(self, table: str) -> dict[str, Trait]:
        """Ask Iceberg's catalog."""
        known = self.places.known("target", table)
        return dict(known.traits) if known else {}

    def tables(self, place: Place) -> list[str]:
        """Ask Iceberg's catalog."""
        return self.places.catalogs[place].names()

    def create(self, table: Table, *, keyed: bool, origin: str) -> None:  # noqa: ARG002 - it keeps no key
        """Make an empty table, which commits."""
        self.make("target", table, origin)
        self.created.add(table.name)

    def make(self, place: Place, table: Table, origin: str) -> None:
        """Make an empty table in one of the places, and its namespace."""
        columns = ", ".join(self.definition(column, origin) for column in table.columns)
        modes = ", ".join(f"'write.{each}.mode'='{self._mode}'" for each in ("merge", "update", "delete"))
        namespace = table.name.rpartition(".")[0]
        self.places.catalogs[place].refuse_files(table.name)
        if namespace and not self.places.catalogs[place].holds_namespace(namespace):
            self.run(f"CREATE NAMESPACE {self.places.plain_name(place, namespace)}")
        made = f"CREATE TABLE {self.places.plain_name(place, table.name)} ({columns}) USING iceberg"
        try:
            self.run(f"{made} TBLPROPERTIES ('format-version'='2', {modes})")
        except SparkFailed as error:
            if error.conflict:
                raise Conflict from error  # another load was first to make it
            raise
        self.places.forget()

    def drop(self, table: str) -> None:
        """Drop the table unless another writer has filled it by now; files that it writes meanwhile are not purged."""
        self.places.forget()
        known = self.places.known("target", table)
        if known is None or known.snapshot is not None:
            return
        self.run(f"DROP TABLE IF EXISTS {self.places.plain_name('target', table)}")
        self.places.forget()

    def stage(self, query: Query, name: str = STAGE) -> str:
        """Show the rows of a query as a view; keep them where working them out is more than reading."""
        rows = self.frame(query.sql, query.params)
        with speaking():
            plan = rows._jdf.queryExecution().optimizedPlan().toString()  # noqa: SLF001 - there is no other way to it
            if any(step in plan for step in (*_WORKED_OUT, *(_CHOSEN if self.places.is_continued else ()))):
                rows = rows.persist()
            rows.createOrReplaceTempView(self.quote(name))
        if self._transfer and (arrival := self._transfer.arrival(query.sql, str(plan))):
            self.arrivals[self.temporary(name)] = arrival
        self._staged.append(name)
        self._frames[name] = rows
        return self.temporary(name)

    def add_to_stage(self, query: Query, name: str) -> None:
        """Show the rows of a query beneath those that a view shows already."""
        self._counted.pop(self.temporary(name), None)
        self.arrivals.pop(self.temporary(name), None)
        with speaking():
            rows = self._frames[name].union(self.frame(query.sql, query.params))
            rows.createOrReplaceTempView(self.quote(name))
        self._frames[name] = rows

    def unstage(self) -> None:
        """Let go of every view."""
        self._counted.clear()
        self.arrivals.clear()
        with speaking():
            for name, rows in self._frames.items():
                rows.unpersist()
                self.spark.catalog.dropTempView(name)
        self._frames.clear()
        self._staged.clear()

    def stream(self, query: Query, columns: tuple[Column, ...]) -> Stream:
        """Read through files."""
        return self._moved().stream(query, columns)

    def receive(self, stream: Stream, columns: tuple[Column, ...]) -> str:
        """Take the stream in through a file."""
        return self._moved().receive(stream, columns)

    def _moved(self) -> SparkTransfer:
        if self._transfer is None:
            from incload.engines.spark.transfer import SparkTransfer  # pyarrow is not needed for a look

            self._transfer = SparkTransfer(self.spark, self.frame, self.nulled, self._staging)
        return self._transfer

    def release(self) -> None:
        """Let go of what came in."""
        if self._transfer:
            self._transfer.release()
