"""Where a table is: a file of records, a table in a database file, or one on a server, named by a path or a URL."""

from __future__ import annotations

import os
import re
from abc import ABC, abstractmethod
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote

from incload.errors import Refused, unknown
from incload.load.engines.catalog import SCHEMES, locate_on_server

ENGINES = ("sqlite", "duckdb")
"""The engines that keep a database in a file, as a URL's scheme names them."""

RECORD_FILES = {
    ".json": "json",
    ".ndjson": "json",
    ".jsonl": "json",
    ".csv": "csv",
    ".parquet": "parquet",
}
"""The endings of files of records, and what each holds."""

PACKED = ".gz"
"""What may follow them where the file is packed by gzip; Parquet packs itself."""


_DATE = re.compile(
    r"(?<!\d)(?:19|20)\d\d[-_.]?(?:0[1-9]|1[0-2])[-_.]?[0-3]\d(?:[-_.T ]?\d\d(?:[-_.:]?\d\d){0,2}Z?)?(?!\d)", re.ASCII
)
"""A date, or a date and a time, in the name of a file."""


class End(ABC):
    """One end of a load: a place that rows come from or go to."""

    engine: str
    """The engine that keeps it, or `file` for a file of records."""

    table: str | None
    """The table that its URL names, or None."""

    @property
    @abstractmethod
    def shown(self) -> str:
        """Its name in a sentence, quoted, and without anything secret."""

    @property
    @abstractmethod
    def is_there(self) -> bool:
        """Whether it can be opened without being created."""

    @abstractmethod
    def identity(self) -> object:
        """Return what tells it from another that has taken its place."""

    @abstractmethod
    def origin(self, table: str) -> str:
        """Return what tells a table of this source from others, for a memory: without user or password."""

    @abstractmethod
    def check_source(self) -> None:
        """Refuse a source that cannot be read."""

    @abstractmethod
    def check_target(self, source: End) -> None:
        """Refuse a target that cannot be written, or that is the source."""

    @abstractmethod
    def shares_session(self, source: End) -> bool:
        """Tell whether one session of this target's engine can name the source's table as well."""

    @abstractmethod
    def remove(self) -> None:
        """Remove a target that a load has created."""


@dataclass(frozen=True, slots=True)
class Location(End):
    """A file that rows come from or go to.

    Attributes:
        engine: `sqlite`, `duckdb`, or `file` for a file of records.
        path: The file.
        table: The table named in the URL, or None.
    """

    engine: str
    path: Path
    table: str | None = None

    @property
    def shown(self) -> str:
        """The path."""
        return repr(str(self.path))

    @property
    def is_there(self) -> bool:
        """Whether there is a file."""
        return self.path.is_file()

    def identity(self) -> tuple[int, int]:
        """Tell the file from another one that has taken its place, or from none."""
        if not self.path.exists():
            return 0, 0
        found = self.path.stat()
        return found.st_dev, found.st_ino

    def origin(self, table: str) -> str:
        """The path, and of a database the table, which engines of files find under any case.

        A dated file of records is the state of its table on that day, so that its date tells nothing apart.
        """
        path = os.path.abspath(self.path)  # noqa: PTH100 - links stay: what they point to may change with the day
        if self.engine == "file":
            folder, name = os.path.split(path)
            return os.path.join(folder, _DATE.sub("*", name))  # noqa: PTH118 - a text
        return f"{self.engine}:///{path}?table={table.lower()}"

    def check_source(self) -> None:
        """Refuse what is no file."""
        if self.path.is_dir():
            raise Refused(f"the source {self.shown} is a folder: name a file in it.")
        if not self.path.is_file():
            raise Refused(f"there is no file {self.shown} to read: check the path of the source.")

    def check_target(self, source: End) -> None:
        """A file that its owner marked read-only stays as it is, even for a user whom the system lets write it."""
        path = self.path
        if path.is_dir():
            raise Refused(f"the target {self.shown} is a folder: name a file in it.")
        if not path.parent.is_dir():
            raise Refused(f"the target's folder {str(path.parent)!r} does not exist: create it first.")
        if path.name == ":memory:":
            raise Refused("a target in memory would be gone at once: name a file.")
        if not path.exists():
            return
        if not path.is_file():
            raise Refused(f"the target {self.shown} is a device, a pipe or a socket: name a file.")
        if isinstance(source, Location) and path.samefile(source.path):
            raise Refused(f"source and target are both {self.shown}: load into a file of its own.")
        if not path.stat().st_mode & 0o222:
            raise Refused(f"the target {self.shown} is read-only: make it writable, or name another.")

    def shares_session(self, source: End) -> bool:
        """A session of an engine can attach any file of that engine."""
        return source.engine == self.engine

    def remove(self) -> None:
        """Delete the file."""
        self.path.unlink()


def path_of(end: End | None) -> Path | None:
    """Return the file of an end that is one; None for no end."""
    assert end is None or isinstance(end, Location)  # noqa: S101 - an engine of files is handed files
    return end.path if end else None


def locate(text: str) -> End:
    """Read a path or URL.

    `sqlite:///orders.db?table=orders` is a path relative to the working folder, `sqlite:////data/orders.db` an absolute
    one; both may be percent-encoded, and a `?` in a path has to be. `postgresql://user@host/database?table=orders` is a
    table on a server. Anything without a scheme is a file of records. Raises `Refused`.
    """
    if "://" not in text:
        return _record_file(text)
    engine, _, rest = text.partition("://")
    if engine not in SCHEMES:
        raise unknown("engine", engine, SCHEMES)
    if engine not in ENGINES:
        return locate_on_server(engine, text)
    place, _, query = rest.partition("?")
    if not place.startswith("/") or place == "/":
        raise Refused(f"{text!r} names no file: write {engine}:///path/to/file, with three slashes before the path.")
    return Location(engine, _usable(unquote(place[1:])), _table(text, query))


def _usable(text: str) -> Path:
    """Return a path that the system can be asked about, whether there is anything or not."""
    if "\0" in text:
        raise Refused(f"the path {text!r} holds a NUL character, which no name of a file does: leave it out.")
    path = Path(text)
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


def record_format(path: Path) -> str | None:
    """Return what a file of records holds, as its ending says, packed or not; None for another file."""
    name = path.name.lower()
    packed = name.endswith(PACKED)
    found = RECORD_FILES.get(Path(name.removesuffix(PACKED)).suffix)
    return None if packed and found == "parquet" else found


def _record_file(text: str) -> Location:
    if record_format(Path(text)) is None:
        said = "what was named" if "@" in text or "password" in text.lower() else repr(text)  # may hold a password
        raise Refused(
            f"{said} is neither a file of records ({', '.join(RECORD_FILES)}) nor a database URL "
            "such as sqlite:///path.db?table=orders."
        )
    return Location("file", _usable(text))
