"""The report: outcomes to and from CSV, and everything that is rendered from that CSV alone, without a rerun.

What must stay true: a report imports no engine, and a figure that was not measured is a dash and never a zero.
"""
