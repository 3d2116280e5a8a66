"""DuckDB: the session, its schemas, loads in chunks, and when a file is tidied up.

Rows never pass through Python: they move inside DuckDB or come in as Arrow streams.
"""
