"""DuckDB in the hands of a trial. It keeps the range of every block of a column and needs no index for a range."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from incload.engines.abilities.databases import Databases, Live
from incload.engines.abilities.fixture import Fixture
from incload.engines.duckdb.session import DuckdbSession
from incload.engines.duckdb.sql import IN_MEMORY, plain

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import ExitStack
    from pathlib import Path

    import pyarrow as pa

    from incload.engines.session import Session
    from incload.engines.sql import Place, Row
    from incload.table import Table

BATCH_ROWS = 65_536


class DuckdbFixture(Fixture):
    """The tables of a DuckDB session."""

    session: DuckdbSession

    def __init__(self, session: DuckdbSession) -> None:
        """Take the session."""
        self.session = session

    def put(self, place: Place, table: Table, rows: pa.Table) -> None:
        """Delete and insert from the Arrow table."""
        self.session.driver.register("incload_put", rows)
        relation = self.session.name(place, table.name)
        names = self.session.listed(table.names)
        self.session.rows("BEGIN")
        self.session.delete(table.key, relation, "incload_put")
        self.session.rows(f"INSERT INTO {relation} ({names}) SELECT {names} FROM incload_put")
        self.session.rows("COMMIT")
        self.session.driver.unregister("incload_put")

    def remove(self, place: Place, table: Table, keys: pa.Table) -> None:
        """Delete the keys of the Arrow table at once."""
        self.session.driver.register("incload_put", keys)
        self.session.delete(table.key, self.session.name(place, table.name), "incload_put")
        self.session.driver.unregister("incload_put")

    def ordered(self, place: Place, table: Table) -> Iterator[list[Row]]:
        """Read in the order of the key, through a cursor of its own."""
        session = self.session
        shown = ", ".join(plain(session.quote(column.name), column.kind) for column in table.columns)
        with session.driver.cursor() as cursor:
            cursor.execute(
                f"SELECT {shown} FROM {session.name(place, table.name)} ORDER BY {session.listed(table.key)}"
            )
            while chunk := cursor.fetchmany(BATCH_ROWS):
                yield chunk


class DuckdbDatabases(Databases):
    """Databases in memory, which one session reads and writes; files where a URL is asked for."""

    is_exclusive: ClassVar[bool] = True

    def source(self, folder: Path, closing: ExitStack, *, both: bool) -> Live:  # noqa: ARG002 - it needs no file
        """Make a source in memory, and in the same session a target if both are wanted."""
        session = (
            self.without_files() if both else DuckdbSession(IN_MEMORY, None, source_writable=True, threads=self.threads)
        )
        closing.callback(session.close)
        return Live(session, "source", session)

    def target(self, folder: Path, closing: ExitStack) -> Session:  # noqa: ARG002 - it needs no file
        """Make a target in memory."""
        session = DuckdbSession(None, IN_MEMORY, threads=self.threads)
        closing.callback(session.close)
        return session

    def without_files(self) -> Session:
        """Attach two databases in memory."""
        return DuckdbSession(IN_MEMORY, IN_MEMORY, source_writable=True, threads=self.threads)


FIXTURE = DuckdbFixture
"""What the registry hands out for a session of this engine."""

DATABASES = DuckdbDatabases
"""What the registry hands out for this engine."""
