"""Contenders: anything that performs one sync of one table on request.

The harness drives a `Contender` and nothing else. incload's own strategies are one kind; a kind is one file. What must
stay true: a contender gets URLs, does not know what happens in the source, and may say nothing about itself. What
it does not count is unknown, which is never a zero.
"""
