"""Trials: one history, one contender and one pair of engines, with an audit after every sync.

What must stay true: an outcome is sound, wrong with a witness, or unknown because something raised; no cell is special.
"""
