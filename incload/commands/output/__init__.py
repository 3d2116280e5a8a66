"""What commands print and write: files that are named, sentences about a load, plain values.

What must stay true: nothing here runs anything, so that every command may use it.
"""
