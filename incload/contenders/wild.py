"""Loaders as people write them: the files of `bench/wild`, each with one function `sync`, run in this process.

A file says in its docstring what people write, and in constants what it needs (`NEEDS`), which causes of the failure
catalogue it shows (`CAUSES`), and on which pairs it runs (`PAIRS`, by default those of one engine). A file whose name
begins with an underscore is no loader. What must stay true: to add a file is all it takes.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from importlib import import_module
from pathlib import Path
from types import ModuleType

from incload.assumptions import Assumption, Need
from incload.contenders.contender import Capabilities, Contender, Counters, SyncRequest, SyncResult

FOLDER = Path(__file__).parents[2] / "bench" / "wild"
"""The loaders of this checkout; an installed package has none."""

ALL = "wild"
"""The name that stands for all of them."""

_PACKAGE = "incload_loaders_in_the_wild"
_PAIRS = ("sqlite-sqlite", "duckdb-duckdb", "postgres-postgres")
_USUAL = ("sqlite-sqlite",)
"""What a loader does wrong is the same everywhere, and SQLite shows it in the least time."""


@dataclass(frozen=True)
class WildContender(Contender):
    """A loader of the folder.

    Attributes:
        name: Its id, the name of its file.
        folder: Where the file is.
    """

    name: str
    folder: str = str(FOLDER)

    @property
    def id(self) -> str:
        """Its name."""
        return self.name

    @property
    def capabilities(self) -> Capabilities:
        """The harness can act between its steps."""
        return Capabilities(pairs=tuple(getattr(self._module, "PAIRS", _PAIRS)), steps=True, usual=_USUAL)

    @property
    def stated(self) -> frozenset[Need]:
        """What its file says that it needs; nothing for one that is wrong whatever the source does."""
        return frozenset(map(_need, self._module.NEEDS.split()))

    @property
    def is_wrong_anywhere(self) -> bool:
        """Whether its file says that no assumption makes it right."""
        return not self._module.NEEDS

    @property
    def causes(self) -> tuple[str, ...]:
        """The causes of the catalogue that it shows."""
        return tuple(self._module.CAUSES)

    @property
    def about(self) -> str:
        """The first sentence of its docstring."""
        return (self._module.__doc__ or "").partition("\n")[0]

    def check(self) -> None:
        """It is there: it was found in the folder."""

    def sync(self, request: SyncRequest) -> SyncResult:
        """Call its function, which may return how many rows it has read."""
        read = self._module.sync(request)
        return SyncResult(Counters(read=read))

    @property
    def _module(self) -> ModuleType:
        return _loaded(self.folder, self.name)


def _need(said: str) -> Need:
    """Return a need from its name, or from its name and the minutes up to which a break does no harm: `NAME=5`."""
    name, is_bounded, minutes = said.partition("=")
    return Need(Assumption[name], timedelta(minutes=float(minutes)) if is_bounded else None)


@cache
def _loaded(folder: str, name: str) -> ModuleType:
    """Import a file of a folder as a module of a package of its own, so that it can import its neighbours."""
    package = f"{_PACKAGE}_{abs(hash(folder))}"
    if package not in sys.modules:
        sys.modules[package] = ModuleType(package)
        sys.modules[package].__path__ = [folder]
    return import_module(f"{package}.{name}")


def loaders(folder: Path = FOLDER) -> tuple[WildContender, ...]:
    """Return every loader of a folder, in the order of their names."""
    files = sorted(each for each in folder.glob("*.py") if not each.name.startswith("_"))
    return tuple(WildContender(each.stem, str(folder)) for each in files)


def wild(folder: Path = FOLDER) -> dict[str, tuple[WildContender, ...]]:
    """Return the loaders by what names them: each its own, and one name for all of them."""
    found = loaders(folder)
    return {ALL: found, **{each.id: (each,) for each in found}} if found else {}
