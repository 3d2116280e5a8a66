"""The audit: compares two tables row by row, by key and by content, and trusts no loader.

What must stay true: it knows nothing of strategies, syncs or state, so that it cannot make the same mistake as a load.
"""
