"""Files of records as a source: JSON, NDJSON, CSV and Parquet, packed or not, read by DuckDB.

One load sees one state of a file, and a file is only ever read.
"""
