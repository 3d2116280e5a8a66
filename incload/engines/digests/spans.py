"""What a table holds between two of its cursors: asked of its engine, where an index answers at once if there is one.

What must stay true: a query returns numbers alone, however many rows there are.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from incload.engines.digests.literals import literal

if TYPE_CHECKING:
    from incload.engines.digests.canonical import Digests


@dataclass(frozen=True, slots=True)
class Span:
    """The rows of a table whose cursor lies above one value, and at or below another.

    Attributes:
        table: The table.
        place: The place of the cursor among its columns.
        after: The canonical text of the first value; None for all that are smaller.
        until: That of the second.
        includes: Whether rows with the second value are among them.
    """

    table: Digests
    place: int
    after: str | None
    until: str
    includes: bool = True

    def is_empty(self) -> bool:
        """Return whether there is no row."""
        return not self._rows("1", " LIMIT 1")

    def count(self) -> int:
        """Return how many rows there are."""
        return _number(self._rows("count(*)"))

    def around(self, first: int, last: int) -> tuple[int, int, int]:
        """Return how many rows there are with smaller keys than two, between them or at them, and with larger ones."""
        key = self.table.quoted_key
        parts = (f"{key} < {first}", f"{key} >= {first} AND {key} <= {last}", f"{key} > {last}")
        ((below, within, above),) = self._rows(", ".join(f"count(CASE WHEN {each} THEN 1 END)" for each in parts))
        return int(str(below)), int(str(within)), int(str(above))

    def largest_key(self) -> int | None:
        """Return the largest key, of one column of whole numbers; None without rows."""
        ((found,),) = self._rows(f"max({self.table.quoted_key})")
        return None if found is None else int(str(found))

    def _rows(self, what: str, more: str = "") -> list[tuple[object, ...]]:
        session, held = self.table.session, self.table.held[self.place]
        name = session.quote(held.column.name)
        above = [] if self.after is None else [f"{name} > {literal(session, held, self.after)}"]
        below = f"{name} {'<=' if self.includes else '<'} {literal(session, held, self.until)}"
        conditions = " AND ".join([*above, below])
        return list(session.rows(f"SELECT {what} FROM {self.table.relation} WHERE {conditions}{more}"))


def keys_between(table: Digests, above: int | None, below: int) -> int:
    """Return how many keys, of one column of whole numbers, lie above one, if there is one, and below another."""
    key = table.quoted_key
    condition = f"{key} < {below}" + ("" if above is None else f" AND {key} > {above}")
    sql = f"SELECT count(*) FROM {table.relation} WHERE {condition}"
    return _number(list(table.session.rows(sql)))


def _number(rows: list[tuple[object, ...]]) -> int:
    ((number,),) = rows
    return int(str(number))
