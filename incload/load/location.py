"""Where a table is: a file of records, or a table in a database file, named by a path or a URL."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

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
    one; both may be percent-encoded. Anything without a scheme is a file of records. Raises `Refused`.
    """
    if "://" not in text:
        return _record_file(text)
    parts = urlsplit(text)
    if parts.scheme not in ENGINES:
        raise unknown("engine", parts.scheme, ENGINES)
    if parts.netloc or len(parts.path) < 2:
        raise Refused(
            f"{text!r} names no file: write {parts.scheme}:///path/to/file, with three slashes before the path."
        )
    options = parse_qs(parts.query, keep_blank_values=True)
    for option in options:
        if option != "table":
            raise unknown("URL option", option, ["table"])
    return Location(parts.scheme, Path(unquote(parts.path[1:])), options.get("table", [None])[0])


def _record_file(text: str) -> Location:
    path = Path(text)
    if path.suffix.lower() not in RECORD_FILES:
        raise Refused(
            f"{text!r} is neither a file of records ({', '.join(RECORD_FILES)}) nor a database URL "
            "such as sqlite:///path.db?table=orders."
        )
    return Location("file", path)
