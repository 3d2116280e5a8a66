"""PostgreSQL: the session, what a source keeps for strategies, binary COPY, and an embedded server for tests.

What must stay true: everything that imports psycopg is here, and a password never enters a message.
"""
