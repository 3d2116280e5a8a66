"""Falsification: tiny histories are generated to find a counterexample to the claims of a strategy.

What must stay true: each is a function of its seed, and what is found is shrunk to the rows that matter.
"""
