"""SQLite: the session, its change log, and the ways of rows in and out as Arrow.

Within SQLite nothing imports pyarrow or numpy. `session` opens databases; the other modules are its parts.
"""
