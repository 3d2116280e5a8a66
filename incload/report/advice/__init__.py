"""What advice holds, for readers: a page, Markdown, and JSON.

What must stay true: everything is rendered from plain values alone.
"""
