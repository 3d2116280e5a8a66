"""SQLite: the session, its change log, and the exchange of rows as Arrow.

`session` opens databases; the other modules are its parts. What must stay true: a load within SQLite imports neither
pyarrow nor numpy.
"""
