"""What a strategy keeps between syncs: where it is stored, how it is read, described and edited.

State commits in the transaction of the rows.
"""
