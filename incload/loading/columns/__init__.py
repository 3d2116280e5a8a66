"""Columns of source and target that differ: chosen, missing, new, of another type or kind, and how keys are equal.

What must stay true: a value that changes its form on its way is reported, and a column of the target's own is kept.
"""
