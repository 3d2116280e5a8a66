"""Falsification: tiny histories are generated to find a counterexample to what a strategy claims.

Each is a function of its seed; what is found is shrunk to the rows that matter.
"""
