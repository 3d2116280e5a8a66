"""Markup: blocks of a report as markdown, HTML, plain text and pictures.

What must stay true: a text of a trial stays text in every form, whatever markup it holds.
"""
