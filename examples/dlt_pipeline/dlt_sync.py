"""A dlt pipeline from SQLite to DuckDB: an incremental resource, merged on its primary key."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING, Any

os.environ.setdefault("RUNTIME__DLTHUB_TELEMETRY", "false")

import dlt

if TYPE_CHECKING:
    from collections.abc import Iterator

DATASET = "shop"
"""The schema of the DuckDB file that dlt writes to."""


@dlt.resource(
    name="customers",
    primary_key="customer_id",
    write_disposition="merge",
    columns={"updated_at": {"data_type": "text"}},  # dlt would make a timestamp of it
)
def customers(source: str, updated_at: Any = dlt.sources.incremental("updated_at")) -> Iterator[dict[str, Any]]:  # noqa: ANN401, B008 - as dlt wants it
    """Yield the rows that are not older than the largest `updated_at` read before."""
    with closing(sqlite3.connect(source)) as connection:
        connection.row_factory = sqlite3.Row
        query = "SELECT * FROM customers WHERE updated_at >= ? ORDER BY updated_at"
        yield from map(dict, connection.execute(query, (updated_at.last_value or "",)))


def sync(source: str, target: str, state: str, rows: Any = customers) -> None:  # noqa: ANN401 - a resource of dlt
    """Run the pipeline once; its state lies in a folder and in the target."""
    destination = dlt.destinations.duckdb(target)
    pipeline = dlt.pipeline("customers", destination=destination, dataset_name=DATASET, pipelines_dir=state)
    pipeline.run(rows(source)).raise_on_failed_jobs()
