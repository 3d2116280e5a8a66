"""Schemas of a PostgreSQL database: made, copied and dropped whole, for those who need a place of their own."""

from __future__ import annotations

import psycopg
from psycopg.sql import SQL, Composed, Identifier


def version(url: str) -> str:
    """Return the server's version; empty if it does not answer."""
    try:
        with psycopg.connect(url) as connection:
            return (connection.info.parameter_status("server_version") or "").partition(" ")[0]
    except psycopg.Error:
        return ""


def make(url: str, name: str) -> None:
    """Make an empty schema."""
    _run(url, SQL("CREATE SCHEMA {}").format(Identifier(name)))


def drop(url: str, name: str) -> None:
    """Drop a schema and all that is in it."""
    _run(url, SQL("DROP SCHEMA {} CASCADE").format(Identifier(name)))


def empty(url: str, name: str) -> None:
    """Drop the tables of a schema."""
    with psycopg.connect(url, autocommit=True) as connection:
        for table in _tables(connection, name):
            connection.execute(SQL("DROP TABLE {}").format(Identifier(name, table)))


def fill(url: str, name: str, other: str) -> None:
    """Put copies of the tables of another schema into an empty one: rows, keys and indexes."""
    with psycopg.connect(url, autocommit=True) as connection:
        for table in _tables(connection, other):
            names = Identifier(name, table), Identifier(other, table)
            connection.execute(SQL("CREATE TABLE {} (LIKE {} INCLUDING ALL)").format(*names))
            connection.execute(SQL("INSERT INTO {} SELECT * FROM {}").format(*names))
            connection.execute(SQL("VACUUM ANALYZE {}").format(names[0]))  # as it is a while after a load


def _tables(connection: psycopg.Connection[tuple[str]], name: str) -> list[str]:
    found = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = %s", (name,))
    return [table for (table,) in found]


def _run(url: str, statement: Composed) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(statement)
