"""One pass over staged rows that says all that a load wants to know of them: each job of Spark costs its own start.

Whether a key stands twice is found without a shuffle of all keys where the key is one whole number: each group holds 64
numbers in a row as the bits of one, so that keys which count up make few groups. Other keys are grouped by a hash: what
differs in it differs, and only where two hashes are the same the keys themselves are compared.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from incload.engines.abilities.optional import CursorLooks, Survey
from incload.table import Kind

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Protocol

    from incload.engines.cursor_sql import CursorSql
    from incload.engines.spark.transfer import Arrival
    from incload.engines.sql import Place, Row
    from incload.table import Column

    class Staging(Protocol):
        """What is asked of a session."""

        arrivals: dict[str, Arrival]

        def rows(self, sql: str, params: Sequence[object] = ()) -> list[Row]:
            """Run a query."""

        def relation(self, place: Place, table: str) -> str:
            """Name the rows of a table that are read."""

        def quote(self, name: str) -> str:
            """Quote a name."""

        def note_count(self, relation: str, rows: int) -> None:
            """Know how many rows a relation has."""


_HASHED = frozenset({Kind.INTEGER, Kind.TEXT, Kind.TIMESTAMP, Kind.DECIMAL, Kind.BOOLEAN})
"""Kinds of which values that are equal have one hash; floats have two zeros."""


class SparkLooks(CursorLooks):
    """Looks at what Spark has staged."""

    surveys = True

    def __init__(self, session: Staging) -> None:
        """Take the session."""
        super().__init__(session.rows, session.relation)
        self._session = session

    def survey(self, relation: str, key: Sequence[Column], cursor: tuple[Column, CursorSql] | None) -> Survey:
        """Group the rows by their keys, and add up what is known of each group."""
        if not key and (known := self._known(relation, cursor)):
            return known
        top = self._top(cursor)
        names = [self._session.quote(each.name) for each in key]
        lacking = " OR ".join(f"{name} IS NULL" for name in names) or "false"
        inner = ["count(*) AS incload_rows", f"count_if({lacking}) AS incload_lacking", *top[:1]]
        outer = ["COALESCE(sum(incload_rows), 0)", "COALESCE(sum(incload_lacking), 0)", "false", *top[1:]]
        by = ""
        if len(key) == 1 and key[0].kind is Kind.INTEGER:
            number = f"CAST({names[0]} AS BIGINT)"
            inner.append(f"bit_or(shiftleft(1L, CAST({number} & 63 AS INT))) AS incload_bits")
            outer[2] = "COALESCE(sum(incload_rows - incload_lacking) > sum(bit_count(incload_bits)), false)"
            by = f" GROUP BY shiftright({number}, 6)"
        elif key:
            outer[2] = "COALESCE(max(incload_rows) > 1, false)"
            listed, is_hashed = ", ".join(names), all(each.kind in _HASHED for each in key)
            by = f" GROUP BY {f'xxhash64({listed})' if is_hashed else listed}"
        groups = f"SELECT {', '.join(inner)} FROM {relation} AS r{by}"
        ((rows, lacks, repeats, *largest),) = self._session.rows(f"SELECT {', '.join(outer)} FROM ({groups}) AS g")
        self._session.note_count(relation, int(str(rows)))
        return Survey(int(str(rows)), bool(lacks), bool(repeats), tuple(largest))

    def _known(self, relation: str, cursor: tuple[Column, CursorSql] | None) -> Survey | None:
        """Say what was seen of a stream as it came in; None where that is not all that is asked."""
        came = self._session.arrivals.get(relation)
        if came is None or (cursor and cursor[0].name not in came.tops):
            return None
        self._session.note_count(relation, came.rows)
        return Survey(came.rows, False, False, (came.tops[cursor[0].name],) if cursor else ())  # noqa: FBT003 - no keys

    def _top(self, cursor: tuple[Column, CursorSql] | None) -> tuple[str, ...]:
        """Return the expressions of a group's largest cursor value and of the largest of all; none for texts.

        Spark would sort the rows to find the largest text of each group.
        """
        if cursor is None or cursor[0].kind is Kind.TEXT:
            return ()
        name = self._session.quote(cursor[0].name)
        return f"max({name}) AS {name}", cursor[1].maximum
