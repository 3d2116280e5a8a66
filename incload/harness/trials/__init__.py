"""Trials: one history meets one strategy on one pair of engines, audited after every sync.

An outcome is sound, wrong with a witness, or unknown because something raised. No cell is special.
"""
