"""What lasts no longer than a sync: the names of temporary tables, and folders for rows on their way.

What must stay true: nothing of it is left when a sync ends, however it ends, or the next one removes it.
"""
