"""How tables of SQLite are compared faster than row by row: beside each other in SQLite, or as a stream into DuckDB.

What must stay true: both find the blocks that the canonical digests find, and leave to these what they cannot compare
so; no transaction of an application waits longer than for a read of the rows.
"""
