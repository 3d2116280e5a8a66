"""Four loaders that people write by hand, SQLite to SQLite, where times are whole microseconds since 1970.

Run in the environment of `make peers`, once for every sync of one table, by a worker of incload.
"""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pandas as pd
import sqlalchemy

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def pandas_append(request: Any) -> int:
    """Append what is newer than all that the target has."""
    source = sqlalchemy.create_engine(f"sqlite:///{_path(request.source_url)}")
    target = sqlalchemy.create_engine(f"sqlite:///{_path(request.target_url)}")
    try:
        newest = None
        if sqlalchemy.inspect(target).has_table(request.table):
            newest = pd.read_sql(f"SELECT max({request.cursor}) FROM {request.table}", target).iloc[0, 0]
        where = "" if newest is None else f"WHERE {request.cursor} > {newest}"
        rows = pd.read_sql(f"SELECT * FROM {request.table} {where}", source, dtype_backend="numpy_nullable")
        rows.to_sql(request.table, target, if_exists="append", index=False)
        return len(rows)
    finally:
        source.dispose()
        target.dispose()


def max_from_target(request: Any) -> int:
    """Upsert what is newer than all that the target has."""
    with closing(_open(request.source_url)) as source, closing(_open(request.target_url)) as target:
        names = _prepared(source, target, request)
        (newest,) = target.execute(f"SELECT max({request.cursor}) FROM {request.table}").fetchone()
        where = "" if newest is None else f"WHERE {request.cursor} > {newest}"
        rows = source.execute(f"SELECT {names} FROM {request.table} {where}").fetchall()
        return _upserted(target, request, names, rows)


def delete_insert_by_day(request: Any) -> int:
    """Replace the day of the sync; the first sync takes everything."""
    day = _microseconds(request.now.replace(hour=0, minute=0, second=0, microsecond=0))
    with closing(_open(request.source_url)) as source, closing(_open(request.target_url)) as target:
        names = _prepared(source, target, request, key="")
        (is_filled,) = target.execute(f"SELECT EXISTS (SELECT 1 FROM {request.table})").fetchone()
        where = f"WHERE {request.cursor} >= {day}" if is_filled else ""
        rows = source.execute(f"SELECT {names} FROM {request.table} {where}").fetchall()
        with target:
            target.execute(f"DELETE FROM {request.table} {where}")
            marks = ", ".join("?" * len(names.split(", ")))
            target.executemany(f"INSERT INTO {request.table} ({names}) VALUES ({marks})", rows)
        return len(rows)


def json_loader(request: Any) -> int:
    """Go by the time of the last run, and by a file of JSON between extract and load."""
    kept, file = Path(request.state_dir, "state.json"), Path(request.state_dir, "rows.json")
    last = json.loads(kept.read_text(encoding="utf-8"))["last_run"] if kept.exists() else None
    with closing(_open(request.source_url)) as source, closing(_open(request.target_url)) as target:
        names = _prepared(source, target, request)
        where = "" if last is None else f"WHERE {request.cursor} > {last}"
        file.write_text(json.dumps(source.execute(f"SELECT {names} FROM {request.table} {where}").fetchall()))
        written = _upserted(target, request, names, json.loads(file.read_text()))
    kept.write_text(json.dumps({"last_run": _microseconds(request.now)}), encoding="utf-8")
    return written


def _prepared(
    source: sqlite3.Connection,
    target: sqlite3.Connection,
    request: Any,
    key: str | None = None,
) -> str:
    """Make the table if it is not there, as it was at first; return the names of its columns."""
    key = f", PRIMARY KEY ({', '.join(request.key)})" if key is None else key
    columns = [tuple(row[1:3]) for row in source.execute(f"PRAGMA table_info({request.table})")]
    if not target.execute(f"PRAGMA table_info({request.table})").fetchall():
        parts = ", ".join(f"{name} {kind}" for name, kind in columns)
        target.execute(f"CREATE TABLE {request.table} ({parts}{key})")
    return ", ".join(row[1] for row in target.execute(f"PRAGMA table_info({request.table})"))


def _upserted(target: sqlite3.Connection, request: Any, names: str, rows: list[Any]) -> int:
    marks = ", ".join("?" * len(names.split(", ")))
    with target:
        target.executemany(f"INSERT OR REPLACE INTO {request.table} ({names}) VALUES ({marks})", rows)
    return len(rows)


def _microseconds(time: datetime) -> int:
    return (time - EPOCH) // timedelta(microseconds=1)


def _open(url: str) -> sqlite3.Connection:
    return sqlite3.connect(_path(url))


def _path(url: str) -> str:
    return unquote(url.partition(":///")[2])
