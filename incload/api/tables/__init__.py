"""What acts on a user's own tables and histories beyond a load: `repair`, `advise`, `watch`.

What must stay true: the source is only read, and only `repair` writes, into the copy alone.
"""
