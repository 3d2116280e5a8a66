"""How far SQLite goes, and how long a lock is waited for."""

LOCK_SECONDS = 30.0
MOST_COLUMNS = 2_000
"""So many columns a table or a result has: SQLite is built with this limit."""
