"""The state of strategies between syncs: how it is stored, read, described and edited.

What must stay true: state and rows are committed at once, and a state is never read as something that it is not.
"""
