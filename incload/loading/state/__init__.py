"""What a strategy keeps between syncs: where it is stored, how it is read, described and edited.

What must stay true: state and rows are committed at once, and a state is never read as something that it is not.
"""
