"""Replays: strategies follow the history of a real file in lock-step, over one pass of its snapshots."""
