"""SQLite: the session, its change log, and the ways of rows in and out as Arrow.

`session` opens databases; the other modules are its parts. What must stay true: a load within SQLite imports neither
pyarrow nor numpy.
"""
