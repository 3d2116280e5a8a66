"""The report of the peers: what other people's loaders left wrong in their copies, for how long, and at what cost.

Here lives the page and nothing that runs a peer. What must stay true: every figure comes from the CSV, and what is said
of a tool is what its recipe says, with a link.
"""
