"""Markup: blocks of a report as markdown, HTML, plain text and pictures."""
