"""Several files of records as one source: a folder, a pattern, or what comes on the standard input.

What must stay true: all files together are read as one file of all their records would be, a column is of one kind in
all of them, and a file that cannot be read refuses them all.
"""
