"""What is known of columns in any engine: how keys are distinguished, what a column does by itself, how it is defined.

What must stay true: nothing here speaks to a database.
"""
