"""What tests of engines and loads share: a source and a target in files, written and read by the plain drivers.

Nothing here goes through incload but the load itself, so that what a test expects is said by the databases.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from every_pair import PAIRS as EVERY_PAIR
from every_pair import Ends as AnyEnds
from every_pair import opened
from places import run

from incload.engines.endpoints import Location, locate
from incload.engines.postgres import server
from incload.loading.opening import connect
from incload.loading.plan import Plan
from incload.loading.run import LoadSummary, load
from incload.loading.sync import sync
from incload.registry import strategy
from incload.strategy import WriteRule
from tests.duckdb_files import opened as opened_file
from tests.effort import is_hard

if TYPE_CHECKING:
    from incload.loading.synced import Synced

PAIRS = (("sqlite", "sqlite"), ("duckdb", "duckdb"), ("sqlite", "duckdb"), ("duckdb", "sqlite"))
"""Every pair of engines, source first."""

Row = tuple[object, ...]
Between = Callable[[str, str], "Ends"]


def fetch(path: Path, engine: str, sql: str) -> list[Row]:
    """Return the rows of a query on a database file that is only read."""
    if engine == "sqlite":
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
            return connection.execute(sql).fetchall()
    with opened_file(path, read_only=True) as connection:
        return connection.execute(sql).fetchall()


@dataclass(frozen=True, slots=True)
class Ends:
    """A source and a target database in one folder.

    Attributes:
        engines: The two engines, source first.
        folder: Where both files stand.
        schema: The URL of a schema of PostgreSQL, where the target is one.
    """

    engines: tuple[str, str]
    folder: Path
    schema: str = ""

    @property
    def source(self) -> Location:
        """The source database."""
        return Location(self.engines[0], self.folder / f"source.{self.engines[0]}")

    @property
    def target(self) -> Location:
        """The target database, where it is a file."""
        return Location(self.engines[1], self.folder / f"target.{self.engines[1]}")

    def write(self, *statements: str) -> None:
        """Run statements on the source."""
        run(self.source.path, self.engines[0], *statements)

    def insert(self, table: str, rows: list[Row]) -> None:
        """Put rows of plain values into a table of the source."""
        sql = f"INSERT INTO {table} VALUES ({', '.join('?' * len(rows[0]))})"
        if self.engines[0] == "sqlite":
            with closing(sqlite3.connect(self.source.path)) as connection, connection:
                connection.executemany(sql, rows)
        else:
            with opened_file(self.source.path) as connection:
                connection.executemany(sql, rows)

    def write_target(self, *statements: str) -> None:
        """Run statements on the target."""
        _ran(self.engines[1], self._url, *statements)

    @property
    def _url(self) -> str:
        return self.schema or f"{self.engines[1]}:///{self.target.path}"

    def rows(self, sql: str = "SELECT * FROM events ORDER BY 1") -> list[Row]:
        """Return rows of the target."""
        if self.schema:
            return _ran("postgres", self.schema, sql)
        return fetch(self.target.path, self.engines[1], sql)

    def source_rows(self, sql: str = "SELECT * FROM events ORDER BY 1") -> list[Row]:
        """Return rows of the source."""
        return fetch(self.source.path, self.engines[0], sql)

    def load(self, name: str, /, **changes: object) -> LoadSummary:
        """Load the source once: from a `file` or a `table` if one is named; other changes are to plan or options."""
        options = {option: changes.pop(option) for option in ("dry_run", "count") if option in changes}
        file, table = changes.pop("file", None), changes.pop("table", None)
        source = Location("file", file) if isinstance(file, Path) else self.source
        source = replace(source, table=str(table)) if table else source
        target = locate(self.schema) if self.schema else self.target
        return load(source, target, plan(name, **changes), **options)  # type: ignore[arg-type]

    def sync(self, name: str, /, **changes: object) -> Synced:
        """Run one sync below the command line, where nothing turns errors into sentences."""
        planned = plan(name, **changes)
        connections = connect(self.source, self.target, planned)
        try:
            return sync(connections, planned)
        finally:
            connections.close()

    def load_parquet(self, values: pa.Array, **options: object) -> LoadSummary:
        """Load a Parquet file with a column `v` of these values, and numbers as key and cursor."""
        numbers = list(range(1, len(values) + 1))
        pq.write_table(pa.table({"id": numbers, "ts": numbers, "v": values}), self.folder / "e.parquet", **options)
        return self.load("full_refresh", file=self.folder / "e.parquet", cursor_per_second=None)

    def shown(self) -> list[str | None]:
        """Return the values of the column `v` in the target, as their engine or, for a float, Python shows them."""
        cast = "v" if self.engines[1] == "sqlite" else "CAST(v AS VARCHAR)"
        return [
            value if value is None else str(value) for (value,) in self.rows(f"SELECT {cast} FROM events ORDER BY id")
        ]

    def said(self, name: str, sentence: str) -> tuple[str, ...]:
        """Return the one warning about the column `v` of a file."""
        return (f"column 'v' of {str(self.folder / name)!r} {sentence}",)

    def state(self) -> dict[tuple[str, str], dict[str, object]]:
        """Return what the target remembers, by table and strategy."""
        states = "SELECT table_name, strategy, value FROM _incload_state WHERE strategy <> '(columns)'"
        found = self.rows(f"{states} ORDER BY 1, 2")
        return {(str(table), str(name)): json.loads(str(value)) for table, name, value in found}

    def watermark(self, name: str = "timestamp_watermark", table: str = "events") -> object:
        """Return one remembered watermark."""
        return self.state()[table, name]["watermark"]


def plan(name: str, /, **changes: object) -> Plan:
    """Return the plan for a table of events, with some fields changed."""
    fields: dict[str, object] = {"name": "events", "key": ("id",), "cursor": "ts", "cursor_per_second": 1, **changes}
    return Plan(strategy=strategy(name), **fields)  # type: ignore[arg-type]  # each test names fields of their types


def on_two_pairs(names: Iterable[str]) -> pytest.MarkDecorator:
    """Let a test take `ends` and `name`: each name within both engines or between them, in turn; hard tests, both.

    For behaviour of which the same file has another test on every pair.
    """
    halves = PAIRS[:2], PAIRS[2:]
    cases = [(pair, name) for at, name in enumerate(names) for pair in (PAIRS if is_hard() else halves[at % 2])]
    ids = [f"{'-'.join(pair)}-{name}" for pair, name in cases]
    return pytest.mark.parametrize(("ends", "name"), cases, ids=ids, indirect=["ends"])


@pytest.fixture(params=PAIRS, ids="-".join)
def ends(request: pytest.FixtureRequest, tmp_path: Path) -> Ends:
    """Return a source and a target on each pair of engines in turn."""
    return Ends(request.param, tmp_path)


@pytest.fixture
def between(tmp_path: Path) -> Between:
    """Return the maker of a source and a target on two engines."""
    return lambda source, target: Ends((source, target), tmp_path)


@pytest.fixture
def sqlite_ends(tmp_path: Path) -> Ends:
    """Return a source and a target in SQLite."""
    return Ends(("sqlite", "sqlite"), tmp_path)


@pytest.fixture(params=["sqlite", "duckdb"])
def into(request: pytest.FixtureRequest, tmp_path: Path) -> Ends:
    """Return a target on each engine in turn, for loads from files."""
    return Ends((request.param, request.param), tmp_path)


@pytest.fixture(params=["sqlite", "duckdb", "postgres"])
def into_any(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Ends]:
    """Return a target on each engine in turn, PostgreSQL too, for loads from files."""
    if request.param != "postgres":
        yield Ends((request.param, request.param), tmp_path)
        return
    request.getfixturevalue("postgres_server")
    with server.schema() as url:
        yield Ends(("file", "postgres"), tmp_path, url)


@dataclass(frozen=True, slots=True)
class Pair:
    """A source and a target on any two engines; plain drivers write and read them. A Parquet file is a source too.

    Attributes:
        engines: The two engines, source first.
        folder: Where files stand.
        schemas: The URLs of two schemas of PostgreSQL, where one is needed.
    """

    engines: tuple[str, str]
    folder: Path
    schemas: tuple[str, str]

    @property
    def source(self) -> str:
        """What a load is given as its source."""
        if self.engines[0] == "parquet":
            return str(self.folder / "source.parquet")
        return self.schemas[0] if self.engines[0] == "postgres" else f"{self.engines[0]}:///{self.folder}/source"

    @property
    def target(self) -> str:
        """What a load is given as its target."""
        return self.schemas[1] if self.engines[1] == "postgres" else f"{self.engines[1]}:///{self.folder}/target"

    def write(self, *statements: str) -> None:
        """Run statements on the source; a Parquet file is what a table of DuckDB is written to."""
        if self.engines[0] != "parquet":
            _ran(self.engines[0], self.source, *statements)
            return
        export = f"COPY (SELECT * FROM events ORDER BY id) TO '{self.source}'"
        _ran("duckdb", f"duckdb:///{self.folder}/parquet", *statements, export)

    def write_target(self, *statements: str) -> None:
        """Run statements on the target."""
        _ran(self.engines[1], self.target, *statements)

    def rows(self, sql: str = "SELECT * FROM events ORDER BY 1") -> list[Row]:
        """Return rows of the target."""
        return _ran(self.engines[1], self.target, sql)

    def load(self, name: str = "full_refresh", /, *, dry_run: bool = False, **changes: object) -> LoadSummary:
        """Load the source once by a strategy; changes are to the plan."""
        fields = {"cursor": None, "cursor_per_second": None, **changes}
        return load(locate(self.source), locate(self.target), plan(name, **fields), dry_run=dry_run)


def _ran(engine: str, url: str, *statements: str) -> list[Row]:
    """Run statements by the plain driver and return the rows of the last, if it has any."""
    path = url.partition("///")[2]
    if engine == "duckdb":
        with opened_file(path) as file:
            return [file.execute(sql).fetchall() for sql in statements][-1]
    if engine == "sqlite":
        with closing(sqlite3.connect(path)) as connection, connection:
            return [connection.execute(sql).fetchall() for sql in statements][-1]
    import psycopg

    server, _, schema = url.partition("&schema=")
    with psycopg.connect(server, options=f"-csearch_path={schema} -cTimeZone=UTC") as there:
        found = [there.execute(sql) for sql in statements][-1]
        return found.fetchall() if found.description else []


@pytest.fixture
def engines() -> tuple[str, str]:
    """Stand for the parameter of a test that names the two engines of its pair, source first."""
    raise NotImplementedError


@pytest.fixture
def pair(request: pytest.FixtureRequest, engines: tuple[str, str], tmp_path: Path) -> Iterator[Pair]:
    """Return a source and a target on the two engines of the test's parameter `engines`."""
    with ExitStack() as schemas:
        urls = ["", ""]
        if "postgres" in engines:
            request.getfixturevalue("postgres_server")
            urls = [schemas.enter_context(server.schema()) if each == "postgres" else "" for each in engines]
        yield Pair(engines, tmp_path, (urls[0], urls[1]))


@pytest.fixture(params=EVERY_PAIR)
def everywhere(request: pytest.FixtureRequest, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Iterator[AnyEnds]:
    """Return a source and a target on every pair of engines and from record files, loaded by the command."""
    yield from opened(request.param, tmp_path, capsys)


__all__ = ["PAIRS", "Ends", "Pair", "Row", "WriteRule", "fetch", "plan", "run"]
