"""Where a PostgreSQL table is, and how to connect to it without ever repeating a password."""

from __future__ import annotations

import os
import re
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from incload.engines.driver_errors import reason
from incload.engines.endpoint import Endpoint
from incload.engines.postgres.sql import lock_number
from incload.errors import Refused, unknown

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from incload.engines.session import Row

LOCK_SECONDS = 30
"""How long a load waits for another, or for a lock on a table."""
CONNECT_SECONDS = 10
"""How long a load waits for a server to let it in, unless the URL or PGCONNECT_TIMEOUT says otherwise."""
_SETTINGS = (
    "SET TimeZone = 'UTC'; SET DateStyle = 'ISO'; SET IntervalStyle = 'postgres'; SET bytea_output = 'hex';"
    f" SET extra_float_digits = 1; SET jit = off; SET lock_timeout = '{LOCK_SECONDS}s';"
    " SET client_min_messages = error"
)
"""What the meaning of a statement, the text of a value, or the time of a load may not depend on."""


@dataclass(frozen=True, slots=True)
class Server(Endpoint):
    """A database on a server, and a table in it if the URL names one.

    Attributes:
        options: How to connect, under libpq's names; never shown as they may hold a password.
        schema: The schema that holds the table.
        table: The table named in the URL, or None.
        engine: Always `postgres`.
    """

    options: Mapping[str, str] = field(repr=False)
    schema: str = "public"
    table: str | None = None
    engine: str = "postgres"

    @property
    def shown(self) -> str:
        """User, host, port and database."""
        user, host, port = (self.options.get(name, "") for name in ("user", "host", "port"))
        base = f"postgresql://{user and f'{user}@'}{host}{port and f':{port}'}/{self.options.get('dbname', '')}"
        return repr(base if self.schema == "public" else f"{base}?schema={self.schema}")

    @property
    def is_there(self) -> bool:
        """A database is never created by a load."""
        return True

    def identity(self) -> str:
        """An open connection keeps its database."""
        return self.shown

    def origin(self, table: str) -> str:
        """Host, port and database, as libpq finds them, schema and table; this machine has many names."""
        found = {option.keyword.decode(): option for option in psycopg.pq.Conninfo.get_defaults()}

        def said(name: str, otherwise: str) -> str:
            default = found[name].val
            return self.options.get(name) or (default.decode() if default else "") or otherwise

        host, port = said("host", said("hostaddr", "localhost")), said("port", "5432")
        here = "localhost" if host in {"127.0.0.1", "::1"} else host
        return f"postgresql://{here}:{port}/{said('dbname', said('user', ''))}?table={table}&schema={self.schema}"

    def check_source(self, side: str = "source") -> None:
        """Connecting will show it."""

    def check_target(self, source: Endpoint) -> None:
        """Connecting will show it; that the two are one table is reported when both names are known."""

    def shares_session(self, source: Endpoint) -> bool:
        """One connection sees all schemas of one database, with the rights of one user."""
        return isinstance(source, Server) and dict(source.options) == dict(self.options)

    def remove(self) -> None:
        """A database is never removed by a load."""

    def secrets(self) -> set[str]:
        """Return what must not be repeated to anybody."""
        password = self.options.get("password", "")
        return {password, quote(password, safe="")} - {""}


def locate(text: str) -> Server:
    """Read a URL such as `postgresql://user@host:5432/database?table=orders&schema=sales`.

    Every other option is libpq's own. A message about a URL does not repeat it: it may hold a password.
    """
    base, _, query = text.partition("?")
    named, others = {"schema": "public"}, []
    for part in filter(None, query.split("&")):
        name, _, value = part.partition("=")
        if name in {"table", "schema"}:
            if not value:
                raise Refused(f"the PostgreSQL URL names no {name}: write ?{name}=NAME, an & in a name as %26.")
            named[name] = unquote(value)
        else:
            others.append(part)
    _check_options(others)
    if "@" in base.partition("@")[2] or ("@" in base and "/" in base.partition("://")[2].partition("@")[0]):
        raise Refused(
            "the PostgreSQL URL holds an @ or a / in its password: write them percent-encoded, as %40 and %2F."
        )
    try:
        options = conninfo_to_dict(f"{base}?{'&'.join(others)}" if others else base)
    except (psycopg.Error, UnicodeError):
        raise Refused(
            "the PostgreSQL URL is not of the form postgresql://user@host:5432/database?table=NAME: "
            "write special characters percent-encoded, as %25 for %."
        ) from None
    return Server({name: str(value) for name, value in options.items()}, named["schema"], named.get("table"))


def _check_options(parts: Iterable[str]) -> None:
    """Refuse an option that libpq does not know; what has not the form of one is not repeated."""
    known = {option.keyword.decode() for option in psycopg.pq.Conninfo.get_defaults()} | {"table", "schema", "ssl"}
    for part in parts:
        name, equals, _ = part.partition("=")
        if not equals or not re.fullmatch("[a-z_]{1,30}", name):
            raise Refused("the PostgreSQL URL has an option that is not of the form name=value: write ?table=NAME.")
        if name not in known:
            raise unknown("URL option", name, known)


def connected(server: Server) -> psycopg.Connection[Row]:
    """Connect, with settings on which the meaning of values depends; refuse a server that accepts no connection."""
    usual = {"application_name": "incload"}
    if "PGCONNECT_TIMEOUT" not in os.environ:
        usual["connect_timeout"] = str(CONNECT_SECONDS)
    try:
        connection = psycopg.connect(
            make_conninfo("", **{**usual, **server.options, "client_encoding": "UTF8"}),
            autocommit=True,
            prepare_threshold=None,
        )
        connection.execute(_SETTINGS)
    except (psycopg.Error, UnicodeError) as error:  # a host is spelled for the resolver, as not every text can be
        said = reason(error)
        for secret in server.secrets():
            said = said.replace(secret, "***")
        raise Refused(f"the PostgreSQL database {server.shown} cannot be opened: {said}") from None
    return connection


class TableLock:
    """The advisory lock that a load holds on the table it writes."""

    def __init__(self, connection: psycopg.Connection[Row]) -> None:
        """Take the connection that is to hold it."""
        self._connection = connection
        self._number: int | None = None

    def take(self, schema: str, table: str) -> None:
        """Wait for the lock; refuse a table that another load does not leave in time."""
        self._number = lock_number(schema, table)
        try:
            self._connection.execute(f"SELECT pg_advisory_lock({self._number})".encode())
        except psycopg.errors.LockNotAvailable:
            self._number = None
            raise Refused(
                f"table {table!r} is being loaded by another process, which was not ready within {LOCK_SECONDS} "
                "seconds: load again when it has finished."
            ) from None

    def wait(self, schema: str, table: str) -> None:
        """Wait for whoever makes a table that several loads write; the end of the transaction gives way to the next."""
        self._connection.execute(f"SELECT pg_advisory_xact_lock({lock_number(schema, table)})".encode())

    def free(self) -> None:
        """Give the lock back, if it is held."""
        number, self._number = self._number, None
        if number is not None:
            with unless_lost(self._connection):
                self._connection.execute(f"SELECT pg_advisory_unlock({number})".encode())


@contextmanager
def unless_lost(connection: psycopg.Connection[Row]) -> Iterator[None]:
    """Let a lost connection be: with it the server ends its transaction and its locks."""
    try:
        yield
    except psycopg.OperationalError:
        if not connection.closed:
            raise
