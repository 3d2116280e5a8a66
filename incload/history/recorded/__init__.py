"""Recorded histories: the versions of a real file, read from a git repository, a bundle or a folder.

What must stay true: what was read, left out or repaired on the way is in the read log; nothing is dropped silently.
"""
