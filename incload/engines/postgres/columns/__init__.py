"""What PostgreSQL does with columns: how it distinguishes keys, and how it changes types.

What must stay true: a value keeps its form, or the change is refused.
"""
