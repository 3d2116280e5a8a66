"""What `incload check` prints of a comparison of two reports, in the forms that people and CI systems read.

What must stay true: every form has the same verdict first and the same regressions, each with both of its values.
"""
