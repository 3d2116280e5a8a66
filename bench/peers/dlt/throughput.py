"""dlt's fastest documented path from SQLite to DuckDB: Arrow batches, merged on the key, incremental on the cursor.

Run by the Python of `make peers`, never imported: `throughput.py SOURCE TARGET FOLDER`. All state is in the folder and
in the target; nothing is sent anywhere.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

os.environ["RUNTIME__DLTHUB_TELEMETRY"] = "false"
os.environ["RUNTIME__LOG_LEVEL"] = "ERROR"

import dlt
from dlt.sources.sql_database import sql_table


def main(source: Path, target: Path, folder: Path) -> None:
    """Run one sync."""
    rows = sql_table(
        credentials=f"sqlite:///{source}",
        table="orders_narrow",
        backend="pyarrow",
        chunk_size=100_000,
        incremental=dlt.sources.incremental("modified_at"),
        primary_key="id",
        write_disposition="merge",
    )
    pipeline = dlt.pipeline(
        "orders",
        destination=dlt.destinations.duckdb(str(target)),
        dataset_name="main_copy",
        pipelines_dir=str(folder),
    )
    pipeline.run(rows, loader_file_format="parquet").raise_on_failed_jobs()


if __name__ == "__main__":
    main(*(Path(argument).absolute() for argument in sys.argv[1:4]))
