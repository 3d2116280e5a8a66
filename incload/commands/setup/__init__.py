"""The commands that set things up: a first config, and the shell's completion.

What must stay true: they load nothing.
"""
