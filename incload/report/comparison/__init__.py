"""The pages of a comparison, each section rendered from the outcomes in the CSV.

What must stay true: one section is one file, and a section measures nothing.
"""
