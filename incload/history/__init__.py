"""What happened: the lives of source tables, with flaws or without, made up from a seed or replayed from a real file.

What must stay true: nothing in here knows a database, a loader or a report.
"""
