"""Sandboxes: the throw-away databases of trials and replays, and the environment of a run.

What must stay true: nothing in a sandbox outlives its run.
"""
