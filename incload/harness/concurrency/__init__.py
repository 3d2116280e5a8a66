"""Concurrency: strategies beside processes that write to the source while a load runs.

What must stay true: what the writers do is drawn from the seed, and the audit begins when they have stopped.
"""
