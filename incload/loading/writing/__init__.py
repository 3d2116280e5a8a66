"""From a delta to what is to become of the target: the stage, the write rules, deletes and first loads.

What must stay true: rows stay in the engines, no table is held in Python, and nothing is written before the commit but
a first load into a table that no reader sees.
"""
