"""A source and a target on every pair of engines and from record files, loaded through the command line."""

from __future__ import annotations

import csv
import json
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import psycopg

from incload.cli import main
from incload.engines.postgres import server
from tests.duckdb_files import opened as opened_file

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    import pytest

ENGINES = ("sqlite", "duckdb", "postgres")
PAIRS = [f"{source}-{target}" for source in (*ENGINES, "json", "csv") for target in ENGINES]
"""Every pair, source first."""

Row = tuple[object, ...]


@dataclass
class Ends:
    """A source table or file, and a target.

    Attributes:
        source: The source's engine, or the form of its file.
        target: The target's engine.
        folder: Where files are.
        urls: The URL of a schema of the server for each end that stands there.
        capsys: What was printed.
    """

    source: str
    target: str
    folder: Path
    urls: dict[str, str]
    capsys: pytest.CaptureFixture[str]

    def url(self, place: str) -> str:
        """Return what a load is given for an end."""
        engine = self.source if place == "source" else self.target
        if engine == "postgres":
            return self.urls[place]
        path = f"{self.folder}/{place}.{engine}"
        return path if engine in {"json", "csv"} else f"{engine}:///{path}"

    def fill(self, names: Sequence[str], *rows: Row, types: str = "") -> None:
        """Let the source hold these rows and no others; the first column is the key, the others texts or as declared.

        Args:
            names: The columns.
            *rows: The rows.
            types: The declared types after the key's, separated by commas; texts unless given.
        """
        if self.source == "json":
            records = [dict(zip(names, row, strict=True)) for row in rows]
            (self.folder / "source.json").write_text(json.dumps(records), encoding="utf-8")
            return
        if self.source == "csv":
            with (self.folder / "source.csv").open("w", encoding="utf-8", newline="") as file:
                csv.writer(file).writerows([names, *rows])
            return
        kinds = [kind.strip() for kind in types.split(",")] if types else ["VARCHAR"] * (len(names) - 1)
        columns = ", ".join(f'"{name}" {kind}' for name, kind in zip(names[1:], kinds, strict=True))
        marks = ", ".join("?" * len(names))
        self.write("source", "DROP TABLE IF EXISTS t", f'CREATE TABLE t ("{names[0]}" INTEGER PRIMARY KEY, {columns})')
        with _connected(self.source, self.url("source")) as connection:
            cursor = connection.cursor() if self.source == "postgres" else connection
            sql = f"INSERT INTO t VALUES ({marks})"
            cursor.executemany(sql.replace("?", "%s") if self.source == "postgres" else sql, rows)
            if self.source != "duckdb":
                connection.commit()

    def write(self, place: str, *statements: str) -> None:
        """Run statements on an end."""
        engine = self.source if place == "source" else self.target
        with _connected(engine, self.url(place)) as connection:
            for statement in statements:
                connection.execute(statement)
            if engine != "duckdb":
                connection.commit()

    def rows(self, sql: str = "SELECT * FROM t ORDER BY 1") -> list[Row]:
        """Return rows of the target."""
        with _connected(self.target, self.url("target")) as connection:
            return [tuple(row) for row in connection.execute(sql).fetchall()]

    def load(self, strategy: str, *more: str, key: str = "id") -> tuple[int, str, str]:
        """Load once; return the exit code, what was printed and what was said on stderr."""
        table = "" if self.source in {"json", "csv"} else self.url("source").count("?") * "&" or "?"
        source = self.url("source") + (f"{table}table=t" if table else "")
        command = ["load", source, "--target", self.url("target"), "--table", "t", "--key", key, "--strategy", strategy]
        code = main([*command, *more])
        printed = self.capsys.readouterr()
        return code, printed.out, printed.err


def opened(pair: str, folder: Path, capsys: pytest.CaptureFixture[str]) -> Iterator[Ends]:
    """Yield the two ends of a pair, with a schema of its own for each that stands on the server."""
    source, target = pair.split("-")
    if "postgres" not in pair:
        yield Ends(source, target, folder, {}, capsys)
        return
    with server.schema() as one, server.schema() as other:
        yield Ends(source, target, folder, {"source": one, "target": other}, capsys)


def _connected(engine: str, url: str) -> Any:  # noqa: ANN401 - three drivers
    if engine == "sqlite":
        return closing(sqlite3.connect(url.removeprefix("sqlite:///")))
    if engine == "duckdb":
        return opened_file(url.removeprefix("duckdb:///"))
    place, _, schema = url.partition("&schema=")
    return psycopg.connect(place, options=f"-csearch_path={schema or 'public'}")
