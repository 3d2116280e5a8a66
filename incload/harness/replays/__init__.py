"""Replays: strategies follow the history of a real file in lock-step, over one pass of its snapshots.

What must stay true: the audit of what changed and the audit of whole tables agree, or the replay ends there.
"""
