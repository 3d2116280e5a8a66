"""Files of records as a source: JSON, NDJSON, CSV and Parquet, packed or not, read by DuckDB.

What must stay true: one load sees one state of a file, and a file is only ever read.
"""

DRIVERS = ("duckdb",)
"""The packages that speak to the database; no other folder imports them."""
