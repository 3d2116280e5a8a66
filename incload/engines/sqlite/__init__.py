"""SQLite: the session, its change log, and the exchange of rows as Arrow.

`session` opens databases; the other modules are its parts. What must stay true: a load within SQLite imports neither
pyarrow nor numpy.
"""

DRIVERS = ("adbc_driver_manager", "adbc_driver_sqlite", "sqlite3")
"""The packages that speak to the database; no other folder imports them."""

WORDS = (
    "ATTACH",
    "AUTOINCREMENT",
    "GLOB",
    "INSERT OR",
    "PRAGMA",
    "ROWID",
    "sqlite_master",
    "sqlite_schema",
    "sqlite_temp_master",
    "strftime",
)
"""Words of its SQL, as patterns, that others do not understand or understand otherwise; none stands outside engines."""
