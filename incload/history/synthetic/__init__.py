"""Synthetic histories: datasets with known flaws, made from a seed.

What must stay true: a scenario id is permanent, and a history is a function of rows and seed, on every platform.
"""
