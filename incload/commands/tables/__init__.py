"""The commands about a user's own tables and histories beyond a load and an audit: `repair`, `advise`, `watch`.

What must stay true: as in all commands, nothing heavy is imported before one is run.
"""
