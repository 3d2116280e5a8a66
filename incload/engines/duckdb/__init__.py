"""DuckDB: the session, its schemas, loads in chunks, and the cleanup of its files.

What must stay true: rows never pass through Python; they move inside DuckDB or come in as Arrow streams.
"""
