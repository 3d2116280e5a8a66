"""An engine that can commit nothing but one snapshot of a file, rows and state together, as a table format does.

It has no temporary tables, no transactions, no key that it keeps, and it takes no statement that writes: what stands in
its file is replaced as a whole, by one rename, or not at all. It answers queries by a DuckDB in memory, into which it
brings the latest snapshot when a sync begins. What it writes down here is what any new engine has to write.
"""

from __future__ import annotations

import json
import os
import sys
from typing import TYPE_CHECKING, Any, ClassVar

import duckdb

from incload.engines import registry
from incload.engines.abilities.databases import Databases
from incload.engines.abilities.fixture import Fixture
from incload.engines.abilities.optional import Carried, Orphan, Snapshots
from incload.engines.capabilities import AtomicState, Capabilities
from incload.engines.contract import WriteIntent, WriteResult
from incload.engines.duckdb.sandbox import DuckdbFixture
from incload.engines.duckdb.session import DuckdbSession
from incload.engines.duckdb.sql import IN_MEMORY
from incload.engines.endpoints import path_of
from incload.engines.session import Place, Query, Row, Session
from incload.engines.temporary.tables import STAGE
from incload.strategy import WriteRule

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from pathlib import Path

    import pytest

    from incload.cursor import Scale
    from incload.engines.contract import StateChange
    from incload.engines.cursor_sql import CursorSql
    from incload.engines.endpoint import Endpoint
    from incload.engines.stream import Stream
    from incload.table import Column, Table

Content = dict[str, Any]
"""Of a table in the file: its columns with their types, its rows, and the states of strategies."""


class SnapshotSession(Session):
    """One file of snapshots, and a DuckDB that answers queries about the latest."""

    engine: ClassVar[str] = "snapshot"
    error: ClassVar[type[Exception]] = duckdb.Error
    capabilities: ClassVar[Capabilities] = Capabilities(
        transactional_ddl=False,
        atomic_state=AtomicState.SNAPSHOT,
        enforces_key=False,
        temp_tables=False,
        casts_to_compare=True,
    )

    def __init__(self, path: Path) -> None:
        """Take the file that stands for the target, beside which the snapshot is; it is made if it is not there."""
        super().__init__()
        path.touch()
        self._path = path.with_suffix(".snapshot")
        self._queries = DuckdbSession(None, IN_MEMORY)
        self._tables: dict[str, Content] = {}
        self.snapshots = PastSnapshots(self)
        self._load()

    @classmethod
    def open(cls, source: Endpoint | None, target: Endpoint | None) -> SnapshotSession:
        """Open the file of a target; nothing is read from such a file."""
        assert source is None
        path = path_of(target)
        assert path is not None
        return cls(path)

    def _load(self) -> None:
        """Bring the latest snapshot within reach of queries."""
        for name in self._tables:
            self._queries.write(f"DROP TABLE IF EXISTS {self.name('target', name)}")
        self._tables = json.loads(self._path.read_text(encoding="utf-8")) if self._path.exists() else {}
        for name, content in self._tables.items():
            self._show(name, content)

    def _show(self, name: str, content: Content) -> None:
        columns = ", ".join(f"{self.quote(column)} {kind}" for column, kind in content["columns"])
        self._queries.write(f"CREATE TABLE {self.name('target', name)} ({columns})")
        marks = f"({', '.join('?' * len(content['columns']))})"
        if rows := content["rows"]:
            values = [value for row in rows for value in row]
            self._queries.write(
                f"INSERT INTO {self.name('target', name)} VALUES {', '.join([marks] * len(rows))}", values
            )

    def _replace(self, tables: dict[str, Content]) -> None:
        """Put another snapshot in the place of the one that is there: the only way to write anything."""
        passing = self._path.with_suffix(".next")
        passing.write_text(json.dumps(tables, default=str), encoding="utf-8")
        os.replace(passing, self._path)  # noqa: PTH105 - the one atomic step

    def rows(self, sql: str, params: Sequence[object] = ()) -> list[Row]:
        """Answer a query."""
        assert sql.lstrip("( ").upper().startswith(("SELECT", "WITH")), sql
        return self._queries.rows(sql, params)

    def begin(self, table: str) -> None:  # noqa: ARG002 - a loser of two commits starts again
        """Look at the latest snapshot."""
        self._load()

    def commit(
        self, intent: WriteIntent | None = None, state: StateChange | None = None, *, lasting: bool = True
    ) -> WriteResult:
        """Work out the next snapshot beside the one that is there, and put it in its place with the state."""
        if intent is None:
            return WriteResult()  # whatever there was to commit is committed
        assert intent.placed is None, "nothing can be in a table before its commit"
        relation, key = self.name("target", intent.table.name), intent.table.key
        queries, names = self._queries, self.listed(intent.table.names)
        queries.write("BEGIN")
        removed = queries.write(f"DELETE FROM {relation}") if intent.clear else 0
        written = 0
        if intent.rows:
            if not intent.adds:
                queries.delete(key, relation, intent.rows)
            written = queries.write(f"INSERT INTO {relation} ({names}) SELECT {names} FROM {intent.rows}")
        if intent.removals:
            removed += queries.delete(key, relation, intent.removals)
        content = self._tables[intent.table.name]
        states = {**content["states"], **({state.name[1]: state.text} if state and state.text is not None else {})}
        rows = [list(row) for row in queries.rows(f"SELECT * FROM {relation}")]
        queries.write("ROLLBACK")
        if lasting:
            past = [*content["past"], {"rows": written, "by": f"{state.name[1]} {state.by}" if state else "", **states}]
            new = {**content, "rows": rows, "states": states, "past": past}
            self._replace({**self._tables, intent.table.name: new})
            self.created.discard(intent.table.name)
            self._load()
        return WriteResult(written, removed)

    def states(self, table: str) -> dict[str, str]:
        """Return what the snapshot carries; an empty text says that a state was reset."""
        carried = self._tables[table]["states"] if table in self._tables else {}
        return {strategy: text for strategy, text in carried.items() if text}

    def past(self, table: str) -> list[Carried]:
        """Return what each snapshot carried, newest first."""
        found = enumerate(self._tables[table]["past"] if table in self._tables else [], start=1)
        return [
            Carried(
                number, number, each["rows"], each["by"], {k: v for k, v in each.items() if k not in {"rows", "by"}}
            )
            for number, each in reversed(list(found))
        ]

    def close(self) -> None:
        """Close the DuckDB."""
        self._queries.close()

    def name(self, place: Place, table: str) -> str:  # noqa: ARG002 - there is a target only
        """Return the name in the DuckDB."""
        return self._queries.name("target", table)

    def columns(self, place: Place, table: str) -> tuple[Column, ...] | None:  # noqa: ARG002 - as above
        """Return the columns of the latest snapshot."""
        return self._queries.columns("target", table) if table in self._tables else None

    def tables(self, place: Place) -> list[str]:  # noqa: ARG002 - as above
        """Return the names of the tables."""
        return sorted(self._tables)

    def scale(self, place: Place, table: str, column: Column, per_second: int | None) -> Scale | None:
        """Look into the snapshot."""
        return self._queries.scale(place, table, column, per_second)

    def create(self, table: Table, *, keyed: bool, origin: str) -> None:  # noqa: ARG002 - it keeps no key
        """Commit an empty table, as a snapshot of its own."""
        columns = [(column.name, self.type_name(column, origin)) for column in table.columns]
        self._replace({**self._tables, table.name: {"columns": columns, "rows": [], "states": {}, "past": []}})
        self.created.add(table.name)
        self._load()

    def drop(self, table: str) -> None:
        """Commit a snapshot without the table."""
        self._replace({name: content for name, content in self._tables.items() if name != table})
        self._load()

    def stage(self, query: Query, name: str = STAGE) -> str:
        """Hold the rows of a query in the DuckDB, not in the file."""
        return self._queries.stage(query, name)

    def add_to_stage(self, query: Query, name: str) -> None:
        """Add to the rows that are held."""
        self._queries.add_to_stage(query, name)

    def unstage(self) -> None:
        """Let go of all rows that are held."""
        self._queries.unstage()

    def stream(self, query: Query, columns: tuple[Column, ...]) -> Stream:
        """Stream from the DuckDB."""
        return self._queries.stream(query, columns)

    def receive(self, stream: Stream, columns: tuple[Column, ...]) -> str:
        """Take the stream into the DuckDB."""
        return self._queries.receive(stream, columns)

    def heard(self, error: BaseException) -> str | None:
        """Ask the DuckDB."""
        return self._queries.heard(error)

    def release(self) -> None:
        """Let go of the stream."""
        self._queries.release()

    def cursor(self, column: str, scale: Scale, declared: str) -> CursorSql:
        """Speak as DuckDB does, here and below."""
        return self._queries.cursor(column, scale, declared)

    def meaning(self, text: str) -> str:
        """See above."""
        return self._queries.meaning(text)

    def digest(self, columns: Iterable[str], alias: str) -> str:
        """See above."""
        return self._queries.digest(columns, alias)

    @property
    def digest_tag(self) -> str:
        """See above."""
        return self._queries.digest_tag

    def type_name(self, column: Column, origin: str) -> str:
        """See above."""
        return self._queries.type_name(column, origin)


class PastSnapshots(Snapshots):
    """What the file says of the snapshots before."""

    def __init__(self, session: SnapshotSession) -> None:
        """Take the session."""
        self._session = session

    def carried(self, table: str) -> list[Carried]:
        """Ask the session."""
        return self._session.past(table)

    def orphans(self, table: str) -> list[Orphan]:  # noqa: ARG002 - there is one file, and the snapshot is it
        """Find nothing."""
        return []


class SnapshotFixture(Fixture):
    """The tables of such a file, which is a target only."""

    session: SnapshotSession

    def __init__(self, session: SnapshotSession) -> None:
        """Take the session."""
        self.session = session

    def ordered(self, place: Place, table: Table) -> Iterator[list[Row]]:
        """Read the latest snapshot in the order of the key."""
        return DuckdbFixture(self.session._queries).ordered(place, table)

    def replace(self, table: Table, origin: str, rows: Callable[[], Query]) -> int:
        """Commit an empty table, and a snapshot with all rows."""
        self.session.create(table, keyed=False, origin=origin)
        intent = WriteIntent(table, WriteRule.REPLACE, rows=self.session.stage(rows()), clear=True)
        return self.session.commit(intent).written


FIXTURE, DATABASES = SnapshotFixture, Databases


def register(monkeypatch: pytest.MonkeyPatch) -> None:
    """Register the engine, which is the one line that a new engine adds, for the time of a test."""
    monkeypatch.setitem(registry._ENGINES, "snapshot", registry._Entry("snapshot", "SnapshotSession"))
    monkeypatch.setitem(registry.SCHEMES, "snapshot", "snapshot")
    monkeypatch.setitem(sys.modules, "incload.engines.snapshot", sys.modules[__name__])
    monkeypatch.setattr(sys.modules[__name__], "__path__", [], raising=False)  # a folder without further modules
