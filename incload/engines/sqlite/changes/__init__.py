"""The change log of a SQLite table, and the triggers that keep it.

What must stay true: no trigger makes an application's write fail, and all can be taken away.
"""
