"""Databases as their owners use them, through their own drivers: tables of any name, and all that they hold.

Statements have no parameters, so that a name may hold what a driver takes for one.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from incload.engines.endpoints import locate
from tests.duckdb_files import opened as opened_file

if TYPE_CHECKING:
    from collections.abc import Iterable

    from incload.engines.endpoint import Endpoint

Row = tuple[object, ...]


LISTING = {
    "sqlite": "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'",
    "duckdb": "SELECT table_name FROM duckdb_tables() WHERE database_name = current_database()",
    "postgres": "SELECT table_name FROM information_schema.tables WHERE table_schema = current_schema()",
}
"""The query for the names of all tables."""


def quoted(name: str) -> str:
    """Quote a name as every engine does."""
    return '"' + name.replace('"', '""') + '"'


@dataclass(frozen=True)
class Base:
    """One database.

    Attributes:
        engine: Its engine.
        place: Its file, or the URL of a schema on a server.
    """

    engine: str
    place: Path | str

    def url(self, table: str | None = None) -> str:
        """Return its URL, with a table if one is named."""
        named = "" if table is None else f"table={quote(table, safe='')}"
        if isinstance(self.place, Path):
            return f"{self.engine}:///{quote(str(self.place))}{named and f'?{named}'}"
        return f"{self.place}{named and f'&{named}'}"

    def end(self, table: str | None = None) -> Endpoint:
        """Return it as an end of a load."""
        return locate(self.url(table))

    def run(self, *statements: str) -> list[Row]:
        """Run statements, all or none; return the rows of the last."""
        with self._connected() as connection:
            rows: list[Row] = []
            connection.execute("BEGIN")
            for sql in statements:
                found = connection.execute(sql.encode() if self.engine == "postgres" else sql)
                rows = found.fetchall() if found.description else []
            connection.execute("COMMIT")
            return rows

    def tables(self) -> list[str]:
        """Return the names of its tables."""
        return sorted(str(name) for (name,) in self.run(LISTING[self.engine]))

    def content(self) -> dict[str, list[Row]]:
        """Return all that it holds, incload's bookkeeping as well; nothing of a file that is not there."""
        if isinstance(self.place, Path) and not self.place.exists():
            return {}
        with self._connected() as connection:
            names = [str(name) for (name,) in connection.execute(LISTING[self.engine]).fetchall()]
            return {
                name: sorted(connection.execute(f"SELECT * FROM {quoted(name)}").fetchall(), key=repr) for name in names
            }

    def rows(self, table: str) -> list[Row]:
        """Return the rows of a table in an order of their own."""
        return sorted(self.run(f"SELECT * FROM {quoted(table)}"), key=repr)

    def clear(self) -> None:
        """Drop every table, or the file."""
        if isinstance(self.place, Path):
            self.place.unlink(missing_ok=True)
        else:
            self.run(*(f"DROP TABLE {quoted(name)} CASCADE" for name in self.tables()))

    def _connected(self) -> Any:  # noqa: ANN401 - three drivers
        if self.engine == "sqlite":
            return closing(sqlite3.connect(self.place, isolation_level=None))
        if self.engine == "duckdb":
            return opened_file(self.place)
        import psycopg

        from incload.engines.postgres.endpoint import Server

        end = self.end()
        assert isinstance(end, Server)
        connection = psycopg.connect(**dict(end.options), autocommit=True)
        connection.execute(f"SET search_path = {quoted(end.schema)}".encode())
        return closing(connection)


def literal(value: object) -> str:
    """Return a text or a number as it stands in a statement."""
    return "'" + value.replace("'", "''") + "'" if isinstance(value, str) else str(value)


def created(table: str, columns: Iterable[tuple[str, str]], key: Iterable[str]) -> str:
    """Return the statement that creates a table."""
    parts = [f"{quoted(name)} {declared}" for name, declared in columns]
    return f"CREATE TABLE {quoted(table)} ({', '.join(parts)}, PRIMARY KEY ({', '.join(map(quoted, key))}))"
