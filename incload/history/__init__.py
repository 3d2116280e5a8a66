"""Histories: the changes of a source table, synthetic with known flaws or recorded from a real file.

What must stay true: nothing in here knows a database, a loader or a report.
"""
