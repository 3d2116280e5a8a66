"""The engines: the only place that knows a driver or a dialect.

Each database has a folder. What all of them share stands beside the folders: the contract of a session, the pieces of
SQL, the endpoints. An engine's module is imported when somebody names the engine. Nothing in here knows a strategy's
load, a history, the harness or a report.
"""
