"""PostgreSQL: the session, its logs of changes, its binary COPY format, and an embedded server for tests.

Everything that imports psycopg is here. A password never enters a message.
"""
