"""What an audit of two tables found, for readers: a short text, JSON, CSV, Markdown, and annotations for a CI run.

What must stay true: everything is rendered from plain values alone, and shows values of rows only where they are there.
"""
