"""The strategies: interchangeable, one file each, imported as `incload.strategies`.

A file that defines a subclass of `incload.strategy.Strategy` is a strategy; nothing else has to know of it. What
must stay true: each imports `incload.strategy` and nothing else of incload.
"""
