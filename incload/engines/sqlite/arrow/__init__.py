"""Rows of SQLite as Arrow streams: how they leave, how they come in, and what their columns are.

What must stay true: what leaves SQLite for another driver needs neither pyarrow nor numpy.
"""
