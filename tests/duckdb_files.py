"""Files of DuckDB, opened by one instance of it for all tests of a process: making an instance costs ten statements."""

from __future__ import annotations

from contextlib import contextmanager, suppress
from functools import cache
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb

if TYPE_CHECKING:
    from collections.abc import Iterator

_NUMBERS = count()


@cache
def _instance() -> duckdb.DuckDBPyConnection:
    return duckdb.connect()


def _name(connection: duckdb.DuckDBPyConnection, stem: str) -> str:
    """Return the name that a file has where it is opened alone: its own, unless that is taken."""
    taken = {
        str(each) for (each,) in connection.execute("SELECT lower(database_name) FROM duckdb_databases()").fetchall()
    }
    quoted = stem.replace('"', '""')
    return f"file_{next(_NUMBERS)}" if stem.lower() in taken else f'"{quoted}"'


@contextmanager
def opened(path: Path | str, *, read_only: bool = False) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open a file for the time of a block, as a connection of its own does; its tables are named without a schema."""
    place = str(path).replace("'", "''")
    with _instance().cursor() as connection:
        name = _name(connection, Path(path).stem)
        connection.execute(f"ATTACH '{place}' AS {name} (TYPE duckdb{', READ_ONLY' if read_only else ''}); USE {name}")
        try:
            yield connection
        finally:
            with suppress(duckdb.TransactionException):  # none is open
                connection.rollback()
            connection.execute(f"USE memory; DETACH {name}")
