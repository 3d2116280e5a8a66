"""How Spark is started: the Java that it runs on, the jar that teaches it Iceberg, and the one process of both.

What must stay true: whatever is missing is refused in one sentence before a process is started.
"""
