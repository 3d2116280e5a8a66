"""Where source and target of a check are: engines, which get new files, or URLs of databases of the user's."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from incload.engines.endpoints import Location, locate
from incload.errors import Refused, unknown

if TYPE_CHECKING:
    from collections.abc import Iterator

ENGINES = ("sqlite", "duckdb", "postgres")


@dataclass(frozen=True, slots=True)
class Place:
    """One end of a check.

    Attributes:
        engine: Which.
        url: The database; empty for a new file, or a new schema of the server that `INCLOAD_PG_DSN` names.
    """

    engine: str
    url: str = ""


def place(text: str, what: str) -> Place:
    """Read `sqlite`, `duckdb`, `postgres`, or the URL of a database.

    Args:
        text: The engine or URL.
        what: `source` or `target`, for a refusal.

    Raises:
        Refused: It is neither, or names a table, or a file that is there already.
    """
    if "://" not in text:
        if text not in ENGINES:
            raise unknown(f"{what} engine", text, ENGINES)
        return Place(text)
    end = locate(text)
    if end.engine not in ENGINES:
        raise unknown(f"{what} engine", end.engine, ENGINES)
    if end.table is not None:
        raise Refused(f"{what}= names the table {end.table!r}: leave it out, table= names the table.")
    if isinstance(end, Location) and end.is_there:
        raise Refused(
            f"{what}= names {end.shown}, which is there already: name a file that a check may make and delete."
        )
    return Place(end.engine, text)


@contextmanager
def made(end: Place) -> Iterator[str]:
    """Give a place of its own on the database of a URL for the time of a block; empty where there is no URL."""
    if not end.url:
        yield ""
    elif end.engine == "postgres":
        from incload.engines.postgres.server import schema

        with schema(end.url) as url:
            yield url
    else:
        found = locate(end.url)
        try:
            yield end.url
        finally:
            if found.is_there:
                found.remove()
