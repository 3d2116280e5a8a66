"""Trials: one history meets one strategy on one pair of engines, audited after every sync.

What must stay true: an outcome is sound, wrong with a witness, or unknown because something raised; no cell is special.
"""
