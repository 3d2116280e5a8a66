"""A source and a target in files, as a user has them: filled by plain drivers, loaded by the command line."""

from __future__ import annotations

import json
import shutil
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING

import duckdb

from tests.duckdb_files import opened as opened_file

if TYPE_CHECKING:
    from pathlib import Path

TIMESTAMP = "2026-01-01T00:00:00Z"


@dataclass
class Place:
    """A source of rows that are numbered from 1, and a target of them.

    Attributes:
        folder: Where both stand.
        pair: The engines, source first; `file` for a file of records.
    """

    folder: Path
    pair: tuple[str, str]

    @property
    def source(self) -> Path:
        """The source's file."""
        return self.folder / f"source.{'json' if self.pair[0] == 'file' else self.pair[0]}"

    @property
    def target(self) -> Path:
        """The target's file."""
        return self.folder / f"target.{self.pair[1]}"

    def grow(self, rows: int) -> None:
        """Have the source hold so many rows; each timestamp is its row's number."""
        if self.pair[0] == "file":
            records = [{"id": key, "ts": key, "name": f"row {key}"} for key in range(1, rows + 1)]
            self.source.write_text(json.dumps(records), encoding="utf-8")
            return
        generated = f"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {rows}) SELECT i FROM n"
        if self.pair[0] == "duckdb":
            generated = f"SELECT unnest(range(1, {rows + 1})) AS i"
        run(
            self.source,
            self.pair[0],
            "CREATE TABLE IF NOT EXISTS events (id INTEGER PRIMARY KEY, ts BIGINT, name VARCHAR)",
            f"INSERT INTO events SELECT i, i, 'row ' || i FROM ({generated}) AS g"
            " WHERE i > (SELECT coalesce(max(id), 0) FROM events)",
        )

    def command(self, strategy: str, *more: str) -> list[str]:
        """Return the arguments of a load."""
        source = str(self.source) if self.pair[0] == "file" else f"{self.pair[0]}:///{self.source}"
        target = f"{self.pair[1]}:///{self.target}"
        options = ["--table", "events", "--key", "id", "--cursor", "ts", "--strategy", strategy]
        return ["load", source, "--target", target, *options, *more]

    def rows(self) -> list[int]:
        """Return the keys in the target, ascending; none where there is no target or no table."""
        if not self.target.exists():
            return []
        try:
            return [int(str(key)) for (key,) in fetch(self.target, self.pair[1], "SELECT id FROM events ORDER BY 1")]
        except (sqlite3.OperationalError, duckdb.CatalogException):
            return []

    def keep(self) -> None:
        """Keep a copy of the target as it is."""
        shutil.copyfile(self.target, self.folder / "kept")

    def restore(self) -> None:
        """Put the copy back."""
        self.forget()
        shutil.copyfile(self.folder / "kept", self.target)

    def forget(self) -> None:
        """Delete the target and what its engine keeps beside it."""
        for path in self.folder.glob(f"{self.target.name}*"):
            path.unlink()


def run(path: Path, engine: str, *statements: str) -> None:
    """Run statements on a database file."""
    if engine == "sqlite":
        with closing(sqlite3.connect(path, isolation_level=None)) as connection:
            for statement in statements:
                connection.execute(statement)
    else:
        with opened_file(path) as connection:
            for statement in statements:
                connection.execute(statement)


def fetch(path: Path, engine: str, sql: str) -> list[tuple[object, ...]]:
    """Return the rows of a query on a database file."""
    if engine == "sqlite":
        with closing(sqlite3.connect(path)) as connection:
            return connection.execute(sql).fetchall()
    with opened_file(path) as connection:
        return connection.execute(sql).fetchall()
