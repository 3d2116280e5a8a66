"""The pages of a replay or a profile.

What must stay true: they are rendered from the records alone, and run nothing again.
"""
