"""Sandboxes: the throw-away databases in which trials and replays run, and what they ran on.

What must stay true: nothing in a sandbox outlives its run.
"""
