"""The engines: the only place that knows a driver or a dialect.

Each database has a folder with its session, its dialect's words, and its fixture for trials (`sandbox`). What all share
stands beside the folders: the contract of a session and its capabilities, the endpoints, the registry with one line for
each engine. An engine's module is imported when its engine is named.

What must stay true: nothing in here knows a load, a history, the harness or a report; a new engine is one folder and
one line; what an engine cannot do is written in its `Capabilities` and becomes another path or a refusal, never a
silent skip.
"""
