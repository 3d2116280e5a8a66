"""What an engine may do beyond the contract of a session: follow changes, load in parts, serve a trial.

What must stay true: a session without any of it loads as well, and no load reaches a fixture.
"""
