"""The snapshots of a table: how one is committed, what changed between two, what each carries and leaves behind.

What must stay true: the main branch moves in one step, and only from the snapshot that the sync has read.
"""
