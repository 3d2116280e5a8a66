"""The collations of SQLite, of which a unique index may have another than its column."""

from __future__ import annotations

from typing import TYPE_CHECKING

from incload.engines.dialect import Dialect
from incload.engines.equality import Equality
from incload.errors import Refused

if TYPE_CHECKING:
    from collections.abc import Callable

    from incload.engines.sql import Row

COLLATIONS: dict[Equality | None, str] = {Equality.NOCASE: "NOCASE", Equality.RTRIM: "RTRIM"}
"""The collation for each equality that SQLite has one for."""
_EQUALITIES = {"NOCASE": Equality.NOCASE, "RTRIM": Equality.RTRIM}


def collations(
    rows: Callable[[str], list[Row]], schema: str, table: str, key: tuple[str, ...]
) -> dict[str, tuple[Equality, str]]:
    """Return the collation of each key column whose unique index does not compare bytes; the strictest index counts.

    Raises:
        Refused: When it is one that an application brings along, which no other can compare by.
    """
    found: list[dict[str, tuple[Equality, str]]] = []
    for _, index, unique, _, partial in rows(f"PRAGMA {schema}.index_list({Dialect.quote(table)})"):
        info = rows(f"PRAGMA {schema}.index_xinfo({Dialect.quote(str(index))})") if unique and not partial else []
        used = {str(name): str(collation).upper() for _, _, name, _, collation, is_key in info if is_key}
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
