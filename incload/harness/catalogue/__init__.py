"""What the catalogue of causes says, done: the trial that shows a cause, and the smallest history that still does.

What must stay true: nothing is shown that was not run.
"""
