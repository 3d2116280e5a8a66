"""Histories that harm loaders other than incload's own: their flaws, and the scenarios made of them.

What must stay true: for a loader that reads one snapshot, commits once and keeps its watermark as it is, nothing here
is a flaw beyond what the scenario says that it breaks.
"""
