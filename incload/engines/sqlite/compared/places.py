"""Where a table is that is read by connections of its own."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from incload.engines.sql import quoted

if TYPE_CHECKING:
    from incload.engines.digests.canonical import Digests
    from incload.engines.sqlite.session import SqliteSession

_PLAIN = re.compile(r'source\.("(?:[^"]|"")*") AS r')
"""How a table or view is read of which no part is left out."""


class Place(NamedTuple):
    """A table or view in a file.

    Attributes:
        file: The path of the file.
        table: The name.
    """

    file: str
    table: str

    @property
    def quoted(self) -> str:
        """The name in SQL."""
        return quoted(self.table)


def file_of(session: SqliteSession) -> str:
    """Return the file that a session reads and in which it has changed nothing; empty where there is none."""
    if session.driver.in_transaction:
        return ""
    files = {str(name): str(file or "") for _, name, file in session.rows("PRAGMA database_list")}
    return files.get("source", "")


def place_of(table: Digests) -> Place | None:
    """Return where the table is that is read whole; None where a part of it is read, or what one connection sees."""
    found = _PLAIN.fullmatch(table.relation)
    session: SqliteSession = table.session  # type: ignore[assignment]  # the engine's own
    file = file_of(session) if found else ""
    return Place(file, found[1][1:-1].replace('""', '"')) if found and file else None


def finds_keys(table: Digests) -> bool:
    """Return whether an index promises that the key, one column of whole numbers, is there and unique."""
    place = place_of(table) if len(table.key) == 1 else None
    name = table.held[table.key[0]].column.name
    return place is not None and table.session.unique("source", place.table, (name,))
