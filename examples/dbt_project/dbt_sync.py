"""A dbt project on DuckDB, run in this process: the model `customers` from an attached database of the application."""

from __future__ import annotations

import json
import os
from pathlib import Path

os.environ.setdefault("DBT_SEND_ANONYMOUS_USAGE_STATS", "false")

from dbt.adapters.duckdb.connections import DuckDBConnectionManager
from dbt.cli.main import dbtRunner

PROJECT = Path(__file__).parent


def sync(source: str, target: str, state: str, **variables: str) -> None:
    """Run the project once; what dbt keeps for itself lies in a folder, and the model's state in the target."""
    os.environ |= {"SHOP_SOURCE": source, "SHOP_TARGET": target}
    where = ["--project-dir", str(PROJECT), "--profiles-dir", str(PROJECT), "--target-path", state, "--log-path", state]
    try:
        done = dbtRunner().invoke(["run", "--quiet", "--vars", json.dumps(variables), *where])
    finally:  # dbt would keep both files open until the process ends
        DuckDBConnectionManager.close_all_connections()
        DuckDBConnectionManager._ENV = None  # noqa: SLF001 - the adapter offers no other way
    if not done.success:
        raise RuntimeError(done.exception or [each.message for each in done.result])
