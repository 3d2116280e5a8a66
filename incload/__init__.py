"""incload: load tables incrementally, and measure what each way of doing so gets wrong.

The public names are `strategy` (the contract), `registry` (what strategies there are) and `load`; everything else may
change. Importing this package imports none of its dependencies.
"""

__version__ = "0.1.0"
