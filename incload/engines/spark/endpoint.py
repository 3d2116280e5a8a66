"""Where an Iceberg table is: a warehouse folder, the catalog that keeps it, and the Spark that reads it."""

from __future__ import annotations

import os
import re
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote

from incload.engines.endpoint import Endpoint
from incload.errors import Refused, masked, unknown

if TYPE_CHECKING:
    from collections.abc import Mapping

LOCAL = "local[2]"
"""The master of a session in this process, unless the URL names another as `spark.master`."""
MODES = ("merge-on-read", "copy-on-write")
"""How a table that a load creates is changed: the first is the one meant unless the URL says otherwise."""
_OPTIONS = ("table", "mode", "staging")
_CATALOG, _SPARK = "catalog.", "spark."
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+://")
_FORM = "iceberg:///path/to/warehouse?table=db.orders or iceberg+spark://host:7077/path/to/warehouse?table=db.orders"


@dataclass(frozen=True, slots=True)
class Lake(Endpoint):
    """A warehouse of Iceberg tables, and a table in it if the URL names one.

    Attributes:
        warehouse: The folder or the URI of the warehouse; empty for a catalog that knows its own.
        master: Where Spark runs: in this process, or on a cluster.
        table: The table named in the URL, with its namespace in front, or None.
        catalog: The options of the catalog; never shown, as they may hold a password or a token.
        spark: Settings of the session; never shown either.
        mode: How a table that a load creates is changed: see `MODES`.
        staging: The folder in which rows wait on their way; the system's for temporary files if empty.
        engine: Always `iceberg`.
    """

    warehouse: str
    master: str = LOCAL
    table: str | None = None
    catalog: Mapping[str, str] = field(default_factory=dict, repr=False)
    spark: Mapping[str, str] = field(default_factory=dict, repr=False)
    mode: str = MODES[0]
    staging: str = ""
    engine: str = "iceberg"

    @property
    def shown(self) -> str:
        """The warehouse, or the address of its catalog without what may be secret."""
        if self.warehouse:
            return repr(self._named_warehouse)
        return repr(f"the {self.catalog.get('type', 'hadoop')} catalog")

    @property
    def folder(self) -> Path | None:
        """The folder of the warehouse, where it is one of this machine."""
        return None if not self.warehouse or _SCHEME.match(self.warehouse) else Path(self.warehouse)

    @property
    def is_there(self) -> bool:
        """Whether there is a folder; what is elsewhere is never created by a load."""
        return self.folder is None or self.folder.is_dir()

    def identity(self) -> str:
        """Each commit looks at the table itself."""
        return self.shown

    def origin(self, table: str) -> str:
        """The warehouse or the catalog, and the table; it is written down, so without what may be secret."""
        if self.warehouse:
            return f"iceberg:///{self._named_warehouse}?table={table}"
        return f"iceberg:///?table={table}&catalog.uri={_address(self.catalog.get('uri', ''))}"

    @property
    def _named_warehouse(self) -> str:
        return masked(self.warehouse) if self.folder is None else self.warehouse

    def check_source(self, side: str = "source") -> None:
        """Refuse a warehouse that is no folder."""
        self._check_folder(side)
        if self.folder is not None and not self.folder.exists():
            raise Refused(f"there is no warehouse {self.shown} to read: check the path of the {side}.")

    def check_target(self, source: Endpoint) -> None:  # noqa: ARG002 - that the two are one is seen when both are open
        """Refuse a warehouse that is no folder, or that would stand in none."""
        self._check_folder("target")
        folder = self.folder
        if folder is None:
            return
        if not folder.parent.is_dir():
            raise Refused(f"the warehouse's folder {str(folder.parent)!r} does not exist: create it first.")
        if not os.access(folder if folder.exists() else folder.parent, os.W_OK):
            raise Refused(f"the warehouse {self.shown} is read-only: make it writable, or name another.")

    def _check_folder(self, place: str) -> None:
        if self.folder is not None and self.folder.exists() and not self.folder.is_dir():
            raise Refused(f"the {place} {self.shown} is a file, and a warehouse is a folder: name the folder.")
        if self.staging and not Path(self.staging).is_dir():
            raise Refused(f"the folder {self.staging!r} in which rows are to wait is not there: create it first.")

    def shares_session(self, source: Endpoint) -> bool:
        """One session reads any number of catalogs, by the same Spark."""
        return isinstance(source, Lake) and source.master == self.master

    def remove(self) -> None:
        """Remove the folders of a warehouse that holds nothing."""
        if self.folder is None:
            return
        for each in sorted(self.folder.rglob("*"), reverse=True):
            with suppress(OSError):  # one that holds something stays
                each.rmdir()
        with suppress(OSError):
            self.folder.rmdir()


def locate(text: str) -> Lake:
    """Read a URL such as `iceberg:///warehouse?table=db.orders`.

    As for other engines in files a path behind three slashes is relative to the working folder, one behind four slashes
    is absolute; `iceberg+spark://host:7077/path` names a standalone cluster, and an absolute path. `catalog.*` options
    are those of the catalog, `spark.*` options those of the session. Messages do not repeat their values.
    """
    scheme, _, rest = text.partition("://")
    place, _, query = rest.partition("?")
    host, slash, path = place.partition("/")
    options = _options(query)
    catalog, spark = _under(_CATALOG, options), _under(_SPARK, options, keep=True)
    master = _master(scheme, host, spark)
    if not slash or not (path or "warehouse" in catalog or catalog.get("type", "hadoop") != "hadoop"):
        raise Refused(f"the Iceberg URL names no warehouse: write {_FORM}.")
    mode = options.get("mode", MODES[0])
    if mode not in MODES:
        raise unknown("mode of an Iceberg table", mode, MODES)
    return Lake(
        _warehouse(unquote(path), is_local=scheme == "iceberg") or catalog.pop("warehouse", ""),
        master,
        _table(options.get("table")),
        catalog,
        spark,
        mode,
        os.path.expanduser(options.get("staging", "")),  # noqa: PTH111 - an empty one stays empty
    )


def _options(query: str) -> dict[str, str]:
    """Return what a URL's query names; refuse any other option, and one that says nothing or is there twice."""
    named: dict[str, str] = {}
    for part in filter(None, query.split("&")):
        name, _, value = part.partition("=")
        if name not in _OPTIONS and not name.startswith((_CATALOG, _SPARK)):
            raise unknown("URL option", name, (*_OPTIONS, "catalog.type", "catalog.uri", "spark.master"))
        if not value or name in named:
            raise Refused(f"the Iceberg URL names no {name} or several: write {name}=VALUE once, an & in it as %26.")
        named[name] = unquote(value)
    return named


def _under(prefix: str, options: Mapping[str, str], *, keep: bool = False) -> dict[str, str]:
    """Return the options whose names begin with a prefix, without it unless it is to be kept."""
    return {
        name if keep else name.removeprefix(prefix): value for name, value in options.items() if name.startswith(prefix)
    }


def _master(scheme: str, host: str, spark: dict[str, str]) -> str:
    """Return where Spark runs; refuse an address that is none."""
    if scheme == "iceberg":
        if host:
            raise Refused(f"the Iceberg URL names the host {host!r} and no cluster: write {_FORM}.")
        return spark.pop("spark.master", LOCAL)
    if not re.fullmatch(r"[\w.-]+:\d{1,5}|\[[0-9a-fA-F:]+\]:\d{1,5}", host):
        raise Refused(f"the Iceberg URL names no master as host:port: write {_FORM}.")
    return f"spark://{host}"


def _warehouse(path: str, *, is_local: bool) -> str:
    """Return a path as it is given to Spark: absolute; a URI stays one."""
    if not path or _SCHEME.match(path):
        return path
    if "\0" in path:
        raise Refused(f"the path {path!r} holds a NUL character, which no name of a file does: leave it out.")
    text = path if is_local else f"/{path.lstrip(chr(47))}"
    return os.path.abspath(os.path.expanduser(text))  # noqa: PTH100, PTH111 - links stay: a catalog writes paths down


def _address(uri: str) -> str:
    """Return the address of a catalog without a user, a password and options."""
    return re.sub(r"//.*@", "//", re.split(r"[?#;]", uri)[0])


def _table(name: str | None) -> str | None:
    """Return a table's name; refuse one with an empty part."""
    if name is not None and not all(name.split(".")):
        raise Refused(f"the table {name!r} has an empty part: write NAMESPACE.NAME, or NAME alone.")
    return name
