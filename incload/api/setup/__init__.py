"""A first config: what a source holds, and the text of the `incload.toml` that loads it.

What must stay true: a source is only read, no password is written into a file, and no file is overwritten unasked.
"""
