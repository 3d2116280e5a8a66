"""Two databases of any engines, written and read by their plain drivers: what a test expects, the databases say."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import psycopg

from incload.engines.endpoints import locate
from incload.loading.plan import Plan
from incload.loading.run import load
from incload.registry import strategy
from tests.duckdb_files import opened as opened_file

if TYPE_CHECKING:
    from incload.loading.run import Summary

Row = tuple[object, ...]


@dataclass(frozen=True, slots=True)
class Database:
    """A database, or a schema of one on a server.

    Attributes:
        url: Where it is.
    """

    url: str

    @property
    def engine(self) -> str:
        """Which engine has it."""
        return {"postgresql": "postgres"}.get(self.url.partition(":")[0], self.url.partition(":")[0])

    def run(self, *statements: str) -> list[Row]:
        """Run statements; return the rows of the last."""
        return getattr(self, f"_{self.engine}")(statements)  # type: ignore[no-any-return]  # one method for an engine

    def _sqlite(self, statements: tuple[str, ...]) -> list[Row]:
        with closing(sqlite3.connect(self.url.partition("///")[2])) as connection, connection:
            return [connection.execute(each).fetchall() for each in statements][-1]

    def _duckdb(self, statements: tuple[str, ...]) -> list[Row]:
        with opened_file(self.url.partition("///")[2]) as connection:
            return [connection.execute(each).fetchall() for each in statements][-1]

    def _postgres(self, statements: tuple[str, ...]) -> list[Row]:
        server, _, schema = self.url.partition("&schema=")
        with psycopg.connect(server, options=f"-csearch_path={schema},public") as connection:
            cursors = [connection.execute(each.encode()) for each in statements]
            return cursors[-1].fetchall() if cursors[-1].description else []


@dataclass(frozen=True, slots=True)
class Databases:
    """A source and a target."""

    source: Database
    target: Database

    def load(self, by: str, **fields: Any) -> Summary:  # noqa: ANN401 - fields of a plan
        """Load the table `t` with the key `k` once."""
        plan = Plan(**{"name": "t", "key": ("k",), "cursor": None, "strategy": strategy(by), **fields})
        return load(locate(self.source.url), locate(self.target.url), plan)

    def rows(self, columns: str = "*") -> list[Row]:
        """Return the rows of the target, in the order of the columns."""
        return sorted(self.target.run(f"SELECT {columns} FROM t"), key=repr)
