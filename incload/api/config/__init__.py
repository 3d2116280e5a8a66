"""`incload.toml`: which tables are loaded from where to where, and what is wrong with a file that says it.

What must stay true: every refusal names the file and the line, no value of an environment variable is ever shown, and
a key has the name of the option of `incload.load` that it is.
"""
