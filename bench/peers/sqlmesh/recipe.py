"""SQLMesh between two schemas of a PostgreSQL database: a model that is incremental by unique key.

Run in the environment of `make peers`, once for every sync of one table, by a worker of incload.
"""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import psycopg2
from sqlmesh import Context
from sqlmesh.core.config import (
    Config,
    DuckDBConnectionConfig,
    GatewayConfig,
    ModelDefaultsConfig,
    PostgresConnectionConfig,
)
from sqlmesh.core.console import NoopConsole, set_console

set_console(NoopConsole())
logging.getLogger("sqlmesh").setLevel(logging.ERROR)

DAY = 288
"""Intervals of five minutes."""


def unique_key(request: Any) -> None:
    """Run the model for the intervals that are over."""
    _run(request, "")


def unique_key_lookback(request: Any) -> None:
    """Run it for those of the last day again."""
    _run(request, f"lookback {DAY},")


def _run(request: Any, lookback: str) -> None:
    source, target = _options(request.source_url), _options(request.target_url)
    file = Path(request.state_dir, "models", "copy.sql")
    is_new = not file.exists()
    if is_new:
        file.parent.mkdir(exist_ok=True)
        file.write_text(_model(request, source, target, lookback), encoding="utf-8")
    context = Context(paths=[request.state_dir], config=_config(request, target))
    try:
        if is_new:
            context.plan(auto_apply=True, no_prompts=True)
        else:
            context.run(ignore_cron=True)
    finally:
        context.close()


def _model(request: Any, source: dict[str, str], target: dict[str, str], lookback: str) -> str:
    """Return the model, with every column that the source has now and the day of its oldest row."""
    with psycopg2.connect(**_server(source)) as connection, connection.cursor() as asking:
        asking.execute(
            "SELECT column_name, data_type FROM information_schema.columns"
            " WHERE table_schema = %s AND table_name = %s ORDER BY ordinal_position",
            (source["schema"], request.table),
        )
        columns = ",\n  ".join(f"{name}::{kind} AS {name}" for name, kind in asking.fetchall())
        asking.execute(f"SELECT min({request.cursor})::date FROM {source['schema']}.{request.table}")
        (oldest,) = asking.fetchone()
    connection.close()
    return f"""MODEL (
  name {target["schema"]}.{request.table},
  kind INCREMENTAL_BY_UNIQUE_KEY (unique_key ({", ".join(request.key)}), {lookback} forward_only false),
  start '{oldest or request.now.date()}',
  cron '*/5 * * * *'
);

SELECT
  {columns}
FROM {source["schema"]}.{request.table}
WHERE {request.cursor} BETWEEN @start_ts AND @end_ts
"""


def _config(request: Any, target: dict[str, str]) -> Config:
    """Return the project's settings: the server, a file for the state, and everything in the target's schema."""
    server = _server(target)
    connection = PostgresConnectionConfig(
        host=server["host"], user=server["user"], password=server.get("password", ""), port=server.get("port", 5432),
        database=server["dbname"],
    )  # fmt: skip
    state = DuckDBConnectionConfig(database=str(Path(request.state_dir, "state.db")))
    return Config(
        gateways={"copy": GatewayConfig(connection=connection, state_connection=state)},
        default_gateway="copy",
        model_defaults=ModelDefaultsConfig(dialect="postgres"),
        physical_schema_mapping={".*": target["schema"]},
        disable_anonymized_analytics=True,
    )


def _options(url: str) -> dict[str, str]:
    parts = urlsplit(url)
    named = {"host": parts.hostname, "user": parts.username, "password": parts.password, "port": parts.port}
    found = {name: str(value) for name, value in named.items() if value}
    return {"dbname": parts.path.strip("/"), **found, **dict(parse_qsl(parts.query))}


def _server(options: dict[str, str]) -> dict[str, Any]:
    return {name: value for name, value in options.items() if name != "schema"}
