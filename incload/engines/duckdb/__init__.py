"""DuckDB: the session, its schemas, loads in chunks, and the cleanup of its files.

What must stay true: rows never pass through Python; they move inside DuckDB or come in as Arrow streams.
"""

DRIVERS = ("duckdb",)
"""The packages that speak to the database; no other folder imports them."""

WORDS = (
    "ATTACH",
    "duckdb_[a-z]+",
    "epoch_us",
    "list_[a-z]+",
    "QUALIFY",
    "read_csv",
    "read_json",
    "read_parquet",
    "struct_pack",
    "USE",
)
"""Words of its SQL, as patterns, that others do not understand or understand otherwise; none stands outside engines."""
