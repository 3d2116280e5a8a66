"""Throw-away databases that are written: opened here and nowhere else, so that none of them waits for a disk."""

from __future__ import annotations

from typing import TYPE_CHECKING

from incload.engines.endpoints import Location
from incload.engines.registry import session_type

if TYPE_CHECKING:
    from contextlib import ExitStack
    from pathlib import Path

    from incload.engines.session import Session

THREADS = 1
"""DuckDB's in memory: a trial is small, and a comparison runs as many of them at once as there are processors."""


def open_target(engine: str, path: Path | None, closing: ExitStack) -> Session:
    """Open a database to write it, closed in the end: a file, or one in memory or in a new schema of the server."""
    if engine == "postgres":
        return _schema(closing)
    session = open_file(engine, path) if path is not None else _in_memory(engine)
    closing.callback(session.close)
    return session


def open_file(engine: str, path: Path) -> Session:
    """Open a file of a database to write it."""
    if engine == "sqlite":
        from incload.engines.sqlite.session import SqliteSession

        return SqliteSession(None, path, durable=False)
    return session_type(engine).open(None, Location(engine, path))


def _in_memory(engine: str) -> Session:
    if engine == "sqlite":
        from incload.engines.sqlite.session import SqliteSession

        return SqliteSession(None, None)
    from incload.engines.duckdb.session import DuckdbSession
    from incload.engines.duckdb.sql import IN_MEMORY

    return DuckdbSession(None, IN_MEMORY, threads=THREADS)


def _schema(closing: ExitStack) -> Session:
    from incload.engines.postgres.server import schema
    from incload.engines.postgres.session import PostgresSession, locate

    session = PostgresSession(None, locate(closing.enter_context(schema())))
    closing.callback(session.close)
    return session
