"""Where a table is: a file of records, a table in a database file, or one on a server, named by a path or a URL."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote

from incload.engines.endpoint import Endpoint
from incload.engines.files.layout import RECORD_FILES, ending_of
from incload.engines.registry import SCHEMES, is_on_server, locate_on_server
from incload.errors import Refused, unknown
from incload.records import record

if TYPE_CHECKING:
    from collections.abc import Iterable

MAIN = "main"
"""The schema of a DuckDB file that is meant unless another is named."""


_DATE = re.compile(
    r"(?<!\d)(?:19|20)\d\d[-_.]?(?:0[1-9]|1[0-2])[-_.]?[0-3]\d(?:[-_.T ]?\d\d(?:[-_.:]?\d\d){0,2}Z?)?(?!\d)", re.ASCII
)
"""A date, or a date and a time, in the name of a file."""


@record
class Location(Endpoint):
    """A file that rows come from or go to.

    Attributes:
        engine: `sqlite`, `duckdb`, or `file` for a file of records.
        path: The file.
        table: The table named in the URL, or None.
        schema: The schema of a DuckDB file that holds the table.
    """

    engine: str
    path: Path
    table: str | None = None
    schema: str = MAIN

    @property
    def shown(self) -> str:
        """The path, and the schema if it is not the usual one."""
        return self._file if folded(self.schema) == MAIN else f"{self._file} (schema {self.schema!r})"

    @property
    def _file(self) -> str:
        return repr(str(self.path))

    @property
    def is_there(self) -> bool:
        """Whether there is a file."""
        return self.path.is_file()

    def identity(self) -> tuple[int, int]:
        """Distinguish the file from another one that has taken its place, or from none."""
        if not self.path.exists():
            return 0, 0
        found = self.path.stat()
        return found.st_dev, found.st_ino

    def origin(self, table: str) -> str:
        """The path, and of a database the table and its schema, which engines of files find under any case.

        A dated file of records is the state of its table on that day, so that its date distinguishes nothing.
        """
        path = os.path.abspath(self.path)  # noqa: PTH100 - links stay: what they point to may change with the day
        if self.engine == "file" and (self.path.is_dir() or is_pattern(self.path)):
            return f"{path}/several"  # which no file of records is called
        if self.engine == "file":
            folder, name = os.path.split(path)
            return os.path.join(folder, _DATE.sub("*", name))  # noqa: PTH118 - a text
        schema = folded(self.schema)
        return f"{self.engine}:///{path}?table={table.lower()}{'' if schema == MAIN else f'&schema={schema}'}"

    def check_source(self, side: str = "source") -> None:
        """Refuse what is no file; record files may be several."""
        if self.engine == "file" and (self.path.is_dir() or is_pattern(self.path)):
            return
        if self.path.is_dir():
            raise Refused(f"the {side} {self._file} is a folder: name a file in it.")
        if not self.path.is_file():
            raise Refused(f"there is no file {self._file} to read: check the path of the {side}.")

    def check_target(self, source: Endpoint) -> None:
        """A file that its owner marked read-only stays as it is, even for a user whom the system lets write it."""
        path = self.path
        if path.is_dir():
            raise Refused(f"the target {self._file} is a folder: name a file in it.")
        if not path.parent.is_dir():
            raise Refused(f"the target's folder {str(path.parent)!r} does not exist: create it first.")
        if path.name == ":memory:":
            raise Refused("a target in memory would be gone at once: name a file.")
        if not path.exists():
            if folded(self.schema) != MAIN:
                raise no_schema("target", self.schema, [MAIN])
            return
        if not path.is_file():
            raise Refused(f"the target {self._file} is a device, a pipe or a socket: name a file.")
        if (
            isinstance(source, Location)
            and source.path.exists()
            and path.samefile(source.path)
            and source.engine != self.engine
        ):
            raise Refused(f"source and target are both {self.shown}, as files of two engines: load into another file.")
        if not path.stat().st_mode & 0o222:
            raise Refused(f"the target {self._file} is read-only: make it writable, or name another.")

    def shares_session(self, source: Endpoint) -> bool:
        """A session of an engine can attach any file of that engine."""
        return source.engine == self.engine

    def remove(self) -> None:
        """Delete the file."""
        self.path.unlink()


def path_of(end: Endpoint | None) -> Path | None:
    """Return the file of an end that is one; None for no end."""
    assert end is None or isinstance(end, Location)  # noqa: S101 - an engine of files is handed files
    return end.path if end else None


def schema_of(end: Endpoint | None) -> str:
    """Return the schema of an end that is a file; the usual one for no end."""
    return end.schema if isinstance(end, Location) else MAIN


def folded(name: str) -> str:
    """Return what is common to the spellings under which DuckDB finds a schema: case matters beyond ASCII alone."""
    return "".join(char.lower() if char.isascii() else char for char in name)


def no_schema(place: str, name: str, known: Iterable[str]) -> Refused:
    """Build the refusal of a schema that a file does not have."""
    remedy = " A load makes no schema: make it first, or name another." if place == "target" else ""
    return Refused(f"{unknown(f'{place} schema', name, known)}{remedy}")


def locate(text: str) -> Endpoint:
    """Read a path or URL.

    `sqlite:///orders.db?table=orders` is a path relative to the working folder, `sqlite:////data/orders.db` an absolute
    one; both may be percent-encoded, and a `?` in a path has to be. `duckdb:///shop.duckdb?table=orders&schema=sales`
    is in a schema of its file, `postgresql://user@host/database?table=orders` on a server. Anything without a scheme is
    a file of records. Raises `Refused`.
    """
    if "://" not in text:
        return _record_file(text)
    engine, _, rest = text.partition("://")
    if engine not in SCHEMES:
        raise unknown("engine", engine, SCHEMES)
    if is_on_server(SCHEMES[engine]):
        return locate_on_server(engine, text)
    place, _, query = rest.partition("?")
    if not place.startswith("/") or place == "/":
        raise Refused(f"{text!r} names no file: write {engine}:///path/to/file, with three slashes before the path.")
    named = _named(text, query, ("table", "schema") if engine == "duckdb" else ("table",))
    return Location(engine, _usable(unquote(place[1:])), named.get("table"), named.get("schema", MAIN))


def _usable(text: str) -> Path:
    """Return a path that the system can be asked about, whether there is anything or not."""
    if "\0" in text:
        raise Refused(f"the path {text!r} holds a NUL character, which no name of a file does: leave it out.")
    path = at_home(text)
    try:
        text.encode()
        path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return path
    except UnicodeError:
        raise Refused(f"the path {text!r} is not UTF-8 text, as databases want it: rename it, or link to it.") from None
    except OSError as error:
        raise Refused(f"the path {text!r} cannot be used ({error.strerror}): name another.") from None
    return path


def _named(text: str, query: str, options: tuple[str, ...]) -> dict[str, str]:
    """Return what a URL's query names; refuse any other option."""
    named: dict[str, str] = {}
    for part in query.split("&") if query else ():
        option, equals, value = part.partition("=")
        if option not in options and (equals or not named):
            raise unknown("URL option", option, options)
        if not value or option in named:
            what = option if option in options else "table"
            raise Refused(f"{text!r} names no {what} or several: write ?{what}=NAME once, an & in a name as %26.")
        named[option] = unquote(value)
    return named


def is_pattern(path: Path) -> bool:
    """Return whether a path that leads to no file is a pattern that may match some."""
    return any(sign in str(path) for sign in "*?[") and not os.path.exists(path)  # noqa: PTH110 - a name that is too long is not there


def record_format(path: Path) -> str | None:
    """Return what a file of records holds, as its ending says, packed or not; None for another file."""
    ending = ending_of(path.name)
    return RECORD_FILES[ending] if ending else None


def with_home(text: str) -> str:
    """Return a text that begins with `~` with the user's folder for it, and any other as it is."""
    return str(at_home(text)) if text.startswith("~") else text


def at_home(text: str | Path) -> Path:
    """Return a path, in which `~` is the user's folder; a shell has not expanded it within quotes or a URL."""
    path = Path(text)
    try:
        return path.expanduser()
    except RuntimeError:  # there is no such user, and so it is a name
        return path


_MAGIC = (("sqlite", 0, b"SQLite format 3\0"), ("duckdb", 8, b"DUCK"))
"""How the files of each engine begin: where, and with what."""
_ENDINGS = {"sqlite": ("db", "sqlite", "sqlite3", "db3"), "duckdb": ("duckdb", "ddb")}


def database_at(path: Path) -> str:
    """Return the engine of a database's file, by what it holds, or else by its name; empty for another file."""
    try:
        with path.open("rb") as file:
            start = file.read(16)
    except OSError:
        start = b""
    for engine, place, magic in _MAGIC:
        if start[place:].startswith(magic):
            return engine
    ending = path.suffix.lower().removeprefix(".")
    return "" if start else next((engine for engine, known in _ENDINGS.items() if ending in known), "")


def _record_file(text: str) -> Location:
    path = at_home(text)
    is_folder = os.path.isdir(path)  # noqa: PTH112 - a name that is too long is not one
    if record_format(path) is None and not is_folder and not is_pattern(path):
        if engine := database_at(at_home(text)):
            raise Refused(f"{text!r} is a database: write its URL, {engine}:///{quote(text, safe='/:@')}.")
        said = "what was named" if "@" in text or "password" in text.lower() else repr(text)  # may hold a password
        raise Refused(
            f"{said} is neither a file of records ({', '.join(RECORD_FILES)}) nor a database URL "
            "such as sqlite:///path.db?table=orders."
        )
    return Location("file", _usable(text))
