"""Peers: loaders of others that are known by name, each a folder with its recipe, and what they need to be run.

Here lives what reads such a folder, finds the environment that was set up for it, and gives a tool the history's time.
What must stay true: nothing of a tool is imported here, and what is not set up is n/a with the reason.
"""
