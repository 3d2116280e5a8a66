"""Iceberg in the hands of a trial: warehouses in a folder, read and written by the one Spark of the process."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import quote

import pyarrow as pa

from incload.engines.abilities.database_store import DatabaseStore
from incload.engines.abilities.databases import Databases, Live
from incload.engines.abilities.fixture import Fixture
from incload.engines.contract import WriteIntent
from incload.engines.spark.endpoint import Lake
from incload.engines.spark.session import IcebergSession
from incload.engines.spark.sql import plain
from incload.engines.spark.writing import statement
from incload.engines.stream import Batches
from incload.records import replace as changed
from incload.strategy import WriteRule

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import ExitStack
    from pathlib import Path

    from incload.engines.endpoint import Endpoint
    from incload.engines.session import Session
    from incload.engines.sql import Place, Query, Row
    from incload.table import Column, Table

_SMALL = {
    "spark.sql.adaptive.enabled": "false",
    "spark.sql.codegen.factoryMode": "NO_CODEGEN",
    "spark.sql.codegen.wholeStage": "false",
    "spark.sql.shuffle.partitions": "1",
}
"""Settings with which small tables take less time: there is nothing to divide, and no code worth compiling."""


class SparkFixture(Fixture):
    """The tables of a session."""

    session: IcebergSession

    def __init__(self, session: IcebergSession) -> None:
        """Take the session."""
        self.session = session

    def put(self, place: Place, table: Table, rows: pa.Table) -> None:
        """Merge the rows of the Arrow table, in a snapshot of its own."""
        incoming = self._given(rows, table.columns)
        self._change(place, WriteIntent(table, WriteRule.MERGE, rows=incoming))

    def remove(self, place: Place, table: Table, keys: pa.Table) -> None:
        """Delete the keys of the Arrow table at once."""
        incoming = self._given(keys, tuple(table.column(name) for name in table.key))
        self._change(place, WriteIntent(table, WriteRule.MERGE, removals=incoming))

    def _given(self, rows: pa.Table, columns: tuple[Column, ...]) -> str:
        wanted = tuple(changed(each, declared=self.session.type_name(each, "")) for each in columns)
        chosen = rows.select([each.name for each in columns])
        return self.session.receive(Batches(chosen.to_reader(), pa.ArrowException), wanted)

    def _change(self, place: Place, intent: WriteIntent) -> None:
        session = self.session
        session.run(statement(session, intent, session.places.plain_name(place, intent.table.name)))
        session.release()
        session.rollback()

    def ordered(self, place: Place, table: Table) -> Iterator[list[Row]]:
        """Read in the order of the key."""
        session = self.session
        session.begin_read()
        shown = ", ".join(plain(session.quote(column.name), column.kind) for column in table.columns)
        order = ", ".join(session.key_order(table.column(name)) for name in table.key)
        rows = session.rows(f"SELECT {shown} FROM {session.name(place, table.name)} ORDER BY {order}")
        if rows:
            yield rows

    def replace(self, table: Table, origin: str, rows: Callable[[], Query]) -> int:
        """Make the table again and insert into it."""
        session = self.session
        session.run(f"DROP TABLE IF EXISTS {session.places.plain_name('target', table.name)} PURGE")
        session.create(table, keyed=False, origin=origin)
        query = rows()
        stage = session.stage(query)
        names = session.listed(table.names)
        into = session.places.plain_name("target", table.name)
        session.run(f"INSERT INTO {into} ({names}) SELECT {names} FROM {stage}")
        session.begin_read()
        return session.count(stage)

    def settle(self, place: Place, table: Table) -> None:
        """Create a table of the kinds of its columns."""
        columns = tuple(changed(each, declared=self.session.type_name(each, "")) for each in table.columns)
        self.session.make(place, changed(table, columns=columns), self.session.engine)


@dataclass(slots=True)
class Warehouses(DatabaseStore):
    """Warehouses in a folder."""

    engine: str
    folder: Path

    def end(self, name: str) -> Lake:
        """Return the warehouse."""
        return lake(self.folder / name)

    def url(self, name: str) -> str:
        """Return the URL of the warehouse."""
        return f"iceberg:///{quote(str(self.folder / name))}"

    def holds(self, name: str) -> bool:
        """Look for the folder."""
        return (self.folder / name).is_dir()

    def copy(self, name: str, other: str) -> None:
        """Refuse: what Iceberg writes down are whole paths, which a copy of a folder would share."""
        raise AssertionError(f"a copy {name} of the warehouse {other} would write into it")

    def clear(self, name: str) -> None:
        """Delete the folder."""
        shutil.rmtree(self.folder / name, ignore_errors=True)

    def open(self, name: str) -> Session:
        """Open the warehouse."""
        return IcebergSession(None, self.end(name))

    def close(self) -> None:
        """The folder's creator removes it."""


def lake(folder: Path) -> Lake:
    """Return a warehouse for small tables."""
    return Lake(str(folder.resolve()), spark=_SMALL)


class SparkDatabases(Databases):
    """Warehouses in folders; one Spark for all trials of a process."""

    def most_processes(self) -> int:
        """Another process would have another Spark, which takes longer to start than a trial takes."""
        return 1

    def open_changeable(self, end: Endpoint) -> tuple[Session, Place]:
        """Open a source, which any number of writers may change."""
        return self.session.open(None, end), "target"

    def source(self, folder: Path, closing: ExitStack, *, both: bool) -> Live:
        """Make a warehouse, and another for the target if both are wanted."""
        source = lake(folder / "source")
        writer = IcebergSession(None, source)
        closing.callback(writer.close)
        reading = IcebergSession(source, lake(folder / "target") if both else None)
        closing.callback(reading.close)
        return Live(writer, "target", reading)

    def target(self, folder: Path, closing: ExitStack) -> Session:
        """Make a warehouse."""
        session = IcebergSession(None, lake(folder / "target"))
        closing.callback(session.close)
        return session

    def url(self, folder: Path, name: str, closing: ExitStack) -> str:  # noqa: ARG002 - the folder's creator removes it
        """Return the URL of a new warehouse."""
        return f"iceberg:///{quote(str(folder.resolve() / name))}"

    def store(self, folder: Path) -> DatabaseStore:
        """Return an empty store of warehouses."""
        return Warehouses(self.engine, folder)


FIXTURE = SparkFixture
"""What the registry hands out for a session of this engine."""

DATABASES = SparkDatabases
"""What the registry hands out for this engine."""
