"""Sandboxes: the throw-away databases in which trials and replays run, and what they ran on.

Nothing in a sandbox outlives its run.
"""
