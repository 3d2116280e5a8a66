"""Both ends of a loader of this folder, on SQLite, DuckDB and PostgreSQL; a cursor is whole microseconds on each.

Only the standard library and the drivers of the engines; nothing of incload. A statement has `?` for a value.
"""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING, Any, ClassVar
from urllib.parse import parse_qsl, urlencode

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

Row = tuple[Any, ...]

BLOCK = 100
"""Rows of one statement, where one for each is slow."""


class End:
    """A database of a loader: a SQLite file, and what the others have in another way."""

    micros: ClassVar[str] = "{}"
    """A timestamp as whole microseconds."""
    made: ClassVar[str] = "?"
    """A value for a timestamp, from whole microseconds."""

    def __init__(self, url: str, path: str) -> None:
        """Open it; a SQLite file does not wait for the disk."""
        self.url, self.path = url, path
        self.open()
        self.is_changing = False

    def open(self) -> None:
        """Connect."""
        self.driver: Any = sqlite3.connect(self.path, isolation_level=None)
        self.driver.execute("PRAGMA synchronous = OFF")

    def execute(self, sql: str, values: Sequence[object] = ()) -> Any:
        """Run a statement."""
        return self.driver.execute(sql, values)

    def columns(self, table: str) -> dict[str, str]:
        """Return the columns of a table and their types; nothing for one that is not there."""
        return {row[1]: row[2] for row in self.execute(f"PRAGMA table_info('{table}')").fetchall()}

    def declared(self, kind: str) -> str:  # noqa: ARG002 - the other engines need one
        """Return the type that a copy's column gets: none in SQLite, where a value keeps its own."""
        return ""

    def retype(self, table: str, name: str, kind: str) -> None:
        """Give a column another type."""

    def insert(self, into: str, marks: str, rows: Iterable[Row], conflict: str) -> None:
        """Insert rows, one after the other."""
        self.driver.executemany(f"INSERT INTO {into} VALUES ({marks}) {conflict}", rows)

    def let_go(self) -> None:
        """Let others open the database for writing, until it is opened again; only DuckDB keeps them from it."""

    def take_up(self) -> None:
        """Open it again."""


class DuckdbEnd(End):
    """A DuckDB file."""

    micros = "epoch_us({})"
    made = "make_timestamp(CAST(? AS BIGINT))"

    def open(self) -> None:
        """Connect, with one thread, as one small table needs."""
        import duckdb

        self.driver = duckdb.connect(self.path)
        self.driver.execute("SET threads = 1")

    def columns(self, table: str) -> dict[str, str]:
        """Return the columns of a table and their types; nothing for one that is not there."""
        found = "SELECT column_name, data_type FROM duckdb_columns() WHERE table_name = ? ORDER BY column_index"
        return dict(self.execute(found, [table]).fetchall())

    def declared(self, kind: str) -> str:
        """Return the source's own type."""
        return kind

    def retype(self, table: str, name: str, kind: str) -> None:
        """Give a column another type."""
        self.execute(f'ALTER TABLE "{table}" ALTER COLUMN "{name}" TYPE {kind}')

    def insert(self, into: str, marks: str, rows: Iterable[Row], conflict: str) -> None:
        """Insert rows, many by one statement, as one for each is slow."""
        known = list(rows)
        for at in range(0, len(known), BLOCK):
            some = known[at : at + BLOCK]
            sql = f"INSERT INTO {into} VALUES {', '.join([f'({marks})'] * len(some))} {conflict}"
            self.execute(sql, [value for row in some for value in row])

    def let_go(self) -> None:
        """Close the file."""
        self.driver.close()

    def take_up(self) -> None:
        """Open it again."""
        self.open()


class PostgresEnd(DuckdbEnd):
    """A schema of a PostgreSQL server."""

    micros = "CAST(extract(epoch FROM {}) * 1000000 AS BIGINT)"
    made = "(TIMESTAMP 'epoch' + CAST(? AS BIGINT) * INTERVAL '1 microsecond')"

    def open(self) -> None:
        """Connect, every statement a transaction of its own unless one is begun."""
        import psycopg

        base, _, options = self.url.partition("?")
        said = dict(parse_qsl(options))
        schema, _ = said.pop("schema", "public"), said.pop("table", "")
        self.driver = psycopg.connect(f"{base}?{urlencode(said)}", autocommit=True)
        self.driver.execute(f"SET search_path = \"{schema}\"; SET TimeZone = 'UTC'; SET synchronous_commit = off")

    def execute(self, sql: str, values: Sequence[object] = ()) -> Any:
        """Run a statement."""
        return self.driver.execute(sql.replace("?", "%s"), values) if values else self.driver.execute(sql)

    def columns(self, table: str) -> dict[str, str]:
        """Return the columns of a table and their types; nothing for one that is not there."""
        found = (
            "SELECT attname, format_type(atttypid, atttypmod) FROM pg_attribute"
            " WHERE attrelid = to_regclass(?) AND attnum > 0 AND NOT attisdropped ORDER BY attnum"
        )
        return dict(self.execute(found, [f'"{table}"']).fetchall())

    def let_go(self) -> None:
        """Stay: a server has room for others."""

    def take_up(self) -> None:
        """Stay."""


ENDS = {"sqlite": End, "duckdb": DuckdbEnd, "postgresql": PostgresEnd}


def end(url: str, path: str) -> End:
    """Open a database by its URL; a path is the file that it names."""
    return ENDS[url.partition(":")[0]](url, path)
