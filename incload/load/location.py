"""Where a table is: a file of records, or a table in a database file, named by a path or a URL."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote

from incload.errors import Refused, unknown

ENGINES = ("sqlite", "duckdb")
"""The database engines, as a URL's scheme names them."""

RECORD_FILES = {
    ".json": "json",
    ".ndjson": "json",
    ".jsonl": "json",
    ".csv": "csv",
    ".parquet": "parquet",
}
"""The endings of files of records, and what each holds."""


@dataclass(frozen=True, slots=True)
class Location:
    """A place that rows come from or go to.

    Attributes:
        engine: `sqlite`, `duckdb`, or `file` for a file of records.
        path: The file.
        table: The table named in the URL, or None.
    """

    engine: str
    path: Path
    table: str | None = None


def locate(text: str) -> Location:
    """Read a path or URL.

    `sqlite:///orders.db?table=orders` is a path relative to the working folder, `sqlite:////data/orders.db` an absolute
    one; both may be percent-encoded, and a `?` in a path has to be. Anything without a scheme is a file of records.
    Raises `Refused`.
    """
    if "://" not in text:
        return _record_file(text)
    engine, _, rest = text.partition("://")
    if engine not in ENGINES:
        raise unknown("engine", engine, ENGINES)
    place, _, query = rest.partition("?")
    if not place.startswith("/") or place == "/":
        raise Refused(f"{text!r} names no file: write {engine}:///path/to/file, with three slashes before the path.")
    return Location(engine, Path(unquote(place[1:])), _table(text, query))


def _table(text: str, query: str) -> str | None:
    """Return the table that a URL's query names; refuse any other query."""
    if not query:
        return None
    option, _, table = query.partition("=")
    if option != "table":
        raise unknown("URL option", option, ["table"])
    if not table or "&" in table:
        raise Refused(f"{text!r} names no table or several: write ?table=NAME once, an & in a name as %26.")
    return unquote(table)


def _record_file(text: str) -> Location:
    path = Path(text)
    if path.suffix.lower() not in RECORD_FILES:
        raise Refused(
            f"{text!r} is neither a file of records ({', '.join(RECORD_FILES)}) nor a database URL "
            "such as sqlite:///path.db?table=orders."
        )
    return Location("file", path)
