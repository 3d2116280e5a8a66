"""From a delta to rows in the target: the stage, the write rules, deletes and first loads.

Rows stay in the engine: no table is held in Python.
"""
