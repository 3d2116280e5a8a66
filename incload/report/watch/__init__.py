"""What a watch shows while it runs: the page of a terminal.

What must stay true: a page is rendered from plain values alone, and fits the width that it is given.
"""
