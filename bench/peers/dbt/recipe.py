"""dbt on DuckDB: models and snapshots of the project beside this file, the source attached for reading.

Run in the environment of `make peers`, once for every sync of one table, by a worker of incload.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any
from urllib.parse import unquote

os.environ |= {"DBT_SEND_ANONYMOUS_USAGE_STATS": "false", "DO_NOT_TRACK": "1"}

import duckdb
from dbt.adapters.duckdb.connections import DuckDBConnectionManager
from dbt.cli.main import dbtRunner

PROJECT = Path(__file__).with_name("project")
PARSED: dict[str, Any] = {}
"""The parsed project by its variables; dbt's programmatic runner takes it from run to run."""


def incremental_merge(request: Any) -> None:
    """Run the model that merges."""
    _run(request, "run", "incremental_merge")


def delete_insert_lookback(request: Any) -> None:
    """Run the model that deletes and inserts with a lookback."""
    _run(request, "run", "delete_insert_lookback")


def microbatch_lookback(request: Any) -> None:
    """Run the model in batches of a day."""
    _run(request, "run", "microbatch_lookback")


def snapshot_timestamp(request: Any) -> None:
    """Take the snapshot that goes by timestamps."""
    _run(request, "snapshot", "snapshot_timestamp")


def snapshot_check(request: Any) -> None:
    """Take the snapshot that compares columns."""
    _run(request, "snapshot", "snapshot_check")


def _run(request: Any, command: str, name: str) -> None:
    os.environ |= {"PEER_SOURCE": _path(request.source_url), "PEER_TARGET": _path(request.target_url)}
    variables = {"table": request.table, "key": request.key[0], "cursor": request.cursor, "begin": _begin(request)}
    given = json.dumps(variables)
    where = ["--project-dir", PROJECT, "--profiles-dir", PROJECT, "--target-path", request.state_dir]
    quiet = ["--log-path", request.state_dir, "--quiet", "--no-write-json", "--vars", given]
    if given not in PARSED:
        PARSED[given] = dbtRunner().invoke(["parse", *map(str, (*where, *quiet))]).result
    try:
        done = dbtRunner(manifest=PARSED[given]).invoke([command, "--select", name, *map(str, (*where, *quiet))])
    finally:
        _close()
    if not done.success:
        failed = [str(each.message) for each in getattr(done.result, "results", ()) if each.message]
        raise RuntimeError(str(done.exception or "; ".join(failed)))


def _begin(request: Any) -> str:
    """Return the day of the oldest row at the first sync, or of that sync: what a model in batches has to be given."""
    kept = Path(request.state_dir, "begin")
    if not kept.exists():
        with duckdb.connect(_path(request.source_url), read_only=True) as source:
            (oldest,) = source.execute(f'SELECT min("{request.cursor}")::DATE FROM "{request.table}"').fetchone()
        kept.write_text(str(oldest or request.now.date()), encoding="ascii")
    return kept.read_text(encoding="ascii")


def _close() -> None:
    """Let go of the files, as the end of a process would."""
    DuckDBConnectionManager.close_all_connections()
    DuckDBConnectionManager._ENV = None  # noqa: SLF001 - the adapter has no other way


def _path(url: str) -> str:
    return str(Path(unquote(url.partition(":///")[2])))
