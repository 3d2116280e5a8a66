"""The collations of SQLite, of which a unique index may have another than its column."""

from __future__ import annotations

from typing import TYPE_CHECKING

from incload.engines.columns.equality import Equality
from incload.errors import Refused

if TYPE_CHECKING:
    from collections.abc import Iterable

    from incload.engines.sqlite.catalog import Index

COLLATIONS: dict[Equality | None, str] = {Equality.NOCASE: "NOCASE", Equality.RTRIM: "RTRIM"}
"""The collation for each equality that SQLite has one for."""
_EQUALITIES = {"NOCASE": Equality.NOCASE, "RTRIM": Equality.RTRIM}


def collations(indexes: Iterable[Index], key: tuple[str, ...]) -> dict[str, tuple[Equality, str]]:
    """Return the collation of each key column whose unique index does not compare bytes; the strictest index counts.

    Raises:
        Refused: When it is one that an application brings along, which no other can compare by.
    """
    found: list[dict[str, tuple[Equality, str]]] = []
    for index in indexes:
        used = index.columns if index.is_unique and not index.is_partial else {}
        if set(used) == set(key):
            found.append({name: (_known(name, each), each) for name, each in used.items() if each != "BINARY"})
    return min(found, key=len, default={})


def _known(name: str, collation: str) -> Equality:
    if collation not in _EQUALITIES:
        raise Refused(
            f"key column {name!r} has the collation {collation}, which only the application that made it can compare "
            f'by: load from a view that selects "{name}" COLLATE BINARY.'
        )
    return _EQUALITIES[collation]
