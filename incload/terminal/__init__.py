"""What a terminal or a log shows beside the answer: progress, log lines, and text that any encoding can hold.

What must stay true: nothing here knows a command, an engine or a report, and nothing heavy is imported before a
terminal is there to show it.
"""
