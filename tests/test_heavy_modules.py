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
%s
try:
    code = main(sys.argv[2:])
except SystemExit as end:
    code = end.code
sys.stderr.write(" ".join(name for name in sys.argv[1].split() if name in sys.modules))
sys.exit(code)
"""


def imported(*arguments: str, first: str = "") -> set[str]:
    """Run a command in a process of its own, after a statement; return which of the heavy modules it imported."""
    done = subprocess.run(
        [sys.executable, "-c", RUN % first, " ".join(HEAVY), *arguments], capture_output=True, text=True, check=True
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


def load(source: Path, engine: str, strategy: str = "timestamp_watermark", first: str = "") -> set[str]:
    """Load the source into a target beside it."""
    target = f"{engine}:///{source.parent}/target.{engine}"
    plan = ("--table", "events", "--key", "id", "--cursor", "ts", "--strategy", strategy)
    return imported("load", f"sqlite:///{source}?table=events", "--target", target, *plan, first=first)


LIGHT = ("shutil", "lzma", "difflib", "_strptime", "importlib.metadata", "urllib.request", "tempfile", "subprocess")
"""Modules of Python that take a millisecond each to import, and that a load with nothing to do has no use for."""
MOST_MODULES = 100
"""How many modules of incload a quiet load from SQLite to SQLite imports at most; each is a file to find and to run."""


def test_a_quiet_load_imports_little(source: Path) -> None:
    """None of what is heavy, none of Python's own modules that it has no use for, and not all of incload."""
    load(source, "sqlite")
    lists = "import atexit; atexit.register(lambda: open('modules', 'w').write(' '.join(sys.modules)))"
    load(source, "sqlite", first=f"import os; os.chdir({str(source.parent)!r}); {lists}")
    found = (source.parent / "modules").read_text(encoding="utf-8").split()

    assert set(found).isdisjoint({*HEAVY, *LIGHT})
    assert 30 < len([name for name in found if name.startswith("incload")]) <= MOST_MODULES


@pytest.mark.parametrize("arguments", [["--help"], ["load", "--help"], ["compare", "--help"], ["list"]])
def test_what_only_talks_imports_nothing_heavy(arguments: list[str]) -> None:
    """Help and lists need none of them."""
    assert imported(*arguments) == set()


def test_a_load_within_sqlite_imports_nothing_heavy(source: Path) -> None:
    """Neither the first load nor one with nothing to do."""
    assert (load(source, "sqlite"), load(source, "sqlite")) == (set(), set())


def change(source: Path) -> None:
    """Add a row to the source and change another."""
    with closing(sqlite3.connect(source)) as connection, connection:
        connection.execute("INSERT INTO events SELECT max(id) + 1, max(ts) + 2 FROM events")
        connection.execute("UPDATE events SET ts = (SELECT max(ts) - 1 FROM events) WHERE id = 1")


@pytest.mark.parametrize(
    "strategy", ["timestamp_watermark", "composite_watermark", "boundary_dedup", "full_refresh", "row_hash_cdc"]
)
def test_rows_from_sqlite_to_duckdb_need_no_python(source: Path, strategy: str) -> None:
    """From driver to driver rows go without pyarrow or numpy, in a first load and in one of changes."""
    first = load(source, "duckdb", strategy)
    change(source)

    assert first == load(source, "duckdb", strategy) == {"adbc_driver_manager", "duckdb"}


def test_rows_in_parts_need_no_python_either(source: Path) -> None:
    """Nor does a first load that DuckDB takes in parts, here of one row each."""
    few = "from incload.engines.duckdb.chunked_load import DuckdbParts; DuckdbParts.rows = 1"

    assert load(source, "duckdb", first=few) == {"adbc_driver_manager", "duckdb"}


def test_a_load_that_finds_no_rows_imports_no_driver_for_them(source: Path) -> None:
    """Where an index says at once that nothing changed."""
    load(source, "duckdb")

    assert load(source, "duckdb") == {"duckdb"}


def test_rows_into_sqlite_import_arrow(source: Path) -> None:
    """The other way round they are brought into form on their way, and pandas has no part in it."""
    load(source, "duckdb")
    target = source.parent / "back.db"
    plan = ("--table", "events", "--key", "id", "--strategy", "full_refresh")
    back = imported(
        "load", f"duckdb:///{source.parent}/target.duckdb?table=events", "--target", f"sqlite:///{target}", *plan
    )

    assert back == {"adbc_driver_manager", "duckdb", "numpy", "pyarrow"}
