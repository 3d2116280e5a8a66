"""Iceberg tables through Spark: where Java and the jars are, the session, rows in and out, commits that carry state.

What must stay true: pyspark is imported only when a table is opened, so that a URL is read and refused without it; rows
go in and out as Parquet files, never one by one through Python; one sync is one snapshot of the table's main branch.
"""

DRIVERS = ("pyspark", "py4j", "snowpark_connect_deps_iceberg")
"""The packages that speak to the database; no other folder imports them."""

WORDS = (
    "INSERT OVERWRITE",
    "MERGE INTO",
    "TBLPROPERTIES",
    "USING iceberg",
    "VERSION AS OF",
    "timestamp_micros",
    "unix_micros",
)
"""Words of its SQL, as patterns, that others do not understand or understand otherwise; none stands outside engines."""
