"""dlt's `sql_table` source into DuckDB: three ways that its documentation describes.

Run in the environment of `make peers`, once for every sync of one table, by a worker of incload.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, quote, unquote, urlencode, urlsplit

os.environ |= {
    "RUNTIME__DLTHUB_TELEMETRY": "false",
    "RUNTIME__LOG_LEVEL": "ERROR",
    "EXTRACT__WORKERS": "1",
    "NORMALIZE__WORKERS": "1",
    "LOAD__WORKERS": "1",
}

import dlt
import duckdb
import sqlalchemy
from dlt.sources.sql_database import sql_table

HOUR = 3600


def merge(request: Any) -> int:
    """Merge what the cursor says is new, with dlt's defaults."""
    return _run(request, write_disposition="merge", incremental=dlt.sources.incremental(request.cursor))


def merge_drop_pending(request: Any) -> int:
    """Merge as `merge` does, without what an earlier sync could not load."""
    incremental = dlt.sources.incremental(request.cursor)
    return _run(request, drop_pending=True, write_disposition="merge", incremental=incremental)


def merge_lag(request: Any) -> int:
    """Merge what is new since an hour before the cursor's last value, and rows without a cursor."""
    lag = HOUR if request.source_url.startswith("postgres") else HOUR * 1_000_000  # SQLite holds microseconds
    incremental = dlt.sources.incremental(request.cursor, lag=lag, on_cursor_value_missing="include")
    return _run(request, write_disposition="merge", incremental=incremental, backend="pyarrow")


def scd2(request: Any) -> int:
    """Read every row, and keep each version of it."""
    return _run(request, write_disposition={"disposition": "merge", "strategy": "scd2"})


def _run(request: Any, *, drop_pending: bool = False, **options: Any) -> int:
    engine, schema = _source(request.source_url)
    # One connection for the sync: dlt would open and close the file six times, and DuckDB waits for the disk each time.
    target = duckdb.connect(_path(request.target_url))
    try:
        options |= {"primary_key": list(request.key), "reflection_level": "full"}
        rows = sql_table(engine, table=request.table, schema=schema, **options)
        pipeline = dlt.pipeline(
            "copy",
            destination=dlt.destinations.duckdb(target),
            dataset_name="copy",
            pipelines_dir=str(request.state_dir),
        )
        if drop_pending:
            pipeline.abort_packages()  # its new name; it also restores the state of before them
        pipeline.run(rows, loader_file_format="parquet").raise_on_failed_jobs()
    finally:
        target.close()
        engine.dispose()
    counted = pipeline.last_trace.last_normalize_info
    return counted.row_counts.get(request.table, 0) if counted else 0


def _source(url: str) -> tuple[sqlalchemy.Engine, str | None]:
    """Return an engine and the schema: SQLAlchemy has other names for both."""
    if url.startswith("sqlite"):
        return sqlalchemy.create_engine(f"sqlite:///{_path(url)}"), None
    parts = urlsplit(url)
    options = dict(parse_qsl(parts.query))
    schema = options.pop("schema", None)
    query = urlencode(options, quote_via=quote)
    return sqlalchemy.create_engine(f"postgresql+psycopg2://{parts.netloc}{parts.path}?{query}"), schema


def _path(url: str) -> str:
    return str(Path(unquote(url.partition(":///")[2])))
