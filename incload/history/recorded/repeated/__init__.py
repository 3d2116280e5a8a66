"""What stands in one version of a file as it stood in the one before: found by its text, and not read again.

What must stay true: a version that is read beside the one before it gives the very records that it gives alone.
"""
