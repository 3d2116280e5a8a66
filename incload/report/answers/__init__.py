"""The first screen of a comparison: which strategy fits which source, where each fails, and what being right costs.

Everything is derived from the outcomes. What must stay true: what is cheapest is decided by `incload.report.cheapest`
alone, and HTML, markdown and terminal say the same.
"""
