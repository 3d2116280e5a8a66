"""What the options of several commands have in common.

What must stay true: nothing here imports a heavy library.
"""
