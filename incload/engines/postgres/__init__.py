"""PostgreSQL: the session, what a source keeps for strategies, binary COPY, and an embedded server for tests.

What must stay true: everything that imports psycopg is here, and a password never enters a message.
"""

DRIVERS = ("psycopg",)
"""The packages that speak to the database; no other folder imports them."""

WORDS = (
    "FOR UPDATE",
    "generate_series",
    "ILIKE",
    "jsonb",
    "LISTEN",
    "nextval",
    "ON CONFLICT",
    "pg_[a-z]+",
    "regclass",
    "search_path",
    "SKIP LOCKED",
    "to_json",
    "xmin",
)
"""Words of its SQL, as patterns, that others do not understand or understand otherwise; none stands outside engines."""
