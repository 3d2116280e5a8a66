"""The load: keeps one real table up to date.

A sync reads, stages what it has read, decides what to remember, and ends in one commit of rows and state. What must
stay true: the load knows nothing of histories, trials or reports, and whatever goes wrong, the target is as the sync
before left it.
"""
