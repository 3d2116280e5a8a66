"""What a command does not import: the libraries that take longer to load than most syncs take to run."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

HEAVY = ("adbc_driver_manager", "duckdb", "faker", "matplotlib", "numpy", "pandas", "psycopg", "pyarrow", "rich")
RUN = """
import sys
from incload.cli import main
try:
    code = main(sys.argv[2:])
except SystemExit as end:
    code = end.code
sys.stderr.write(" ".join(name for name in sys.argv[1].split() if name in sys.modules))
sys.exit(code)
"""


def imported(*arguments: str) -> set[str]:
    """Run a command in a process of its own; return which of the heavy modules it imported."""
    done = subprocess.run(
        [sys.executable, "-c", RUN, " ".join(HEAVY), *arguments], capture_output=True, text=True, check=True
    )
    return set(done.stderr.split())


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """Return a SQLite database with two rows and an index on their cursor."""
    path = tmp_path / "source.db"
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("CREATE TABLE events (id INTEGER PRIMARY KEY, ts INTEGER)")
        connection.execute("CREATE INDEX by_ts ON events (ts)")
        connection.execute("INSERT INTO events VALUES (1, 1), (2, 2)")
    return path


def load(source: Path, engine: str) -> set[str]:
    """Load the source into a target beside it."""
    target = f"{engine}:///{source.parent}/target.{engine}"
    plan = ("--table", "events", "--key", "id", "--cursor", "ts", "--strategy", "timestamp_watermark")
    return imported("load", f"sqlite:///{source}?table=events", "--target", target, *plan)


@pytest.mark.parametrize("arguments", [["--help"], ["load", "--help"], ["compare", "--help"], ["list"]])
def test_what_only_talks_imports_nothing_heavy(arguments: list[str]) -> None:
    """Help and lists need none of them."""
    assert imported(*arguments) == set()


def test_a_load_within_sqlite_imports_nothing_heavy(source: Path) -> None:
    """Neither the first load nor one with nothing to do."""
    assert (load(source, "sqlite"), load(source, "sqlite")) == (set(), set())


def test_a_load_between_engines_imports_arrow_only_for_rows(source: Path) -> None:
    """Arrow comes with the rows, a load that finds none does without, and pandas has no part in it."""
    first, quiet = load(source, "duckdb"), load(source, "duckdb")
    with closing(sqlite3.connect(source)) as connection, connection:
        connection.execute("INSERT INTO events VALUES (3, 3)")
    more = load(source, "duckdb")

    assert first == more == {"adbc_driver_manager", "duckdb", "numpy", "pyarrow"}
    assert quiet == {"duckdb"}
