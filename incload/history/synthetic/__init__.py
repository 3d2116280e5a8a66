"""Synthetic histories: datasets with known flaws, made from a seed.

A scenario id is permanent. A history is a function of rows and seed, on every platform.
"""
