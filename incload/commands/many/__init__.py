"""The commands that work on the tables of a config, behind the options `--all`, `--table` and `--config`.

What must stay true: they print one line a table, and end with the exit code of the worst.
"""
