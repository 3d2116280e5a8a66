"""What can be said of contenders that claim nothing: from their verdicts, their scenarios and nothing else.

What must stay true: everything here is computed from the CSV of a report and from what the known strategies declare; a
cell without a verdict is no evidence; where several answers explain the verdicts alike, all are given.
"""
