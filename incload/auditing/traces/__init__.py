"""Traces of a loader that has not read rows or has not kept them, which several wrong rows show together.

What must stay true: a trace is evidence and not proof, and no row without one is taken from the late ones.
"""
