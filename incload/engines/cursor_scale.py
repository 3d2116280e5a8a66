"""What the values of a cursor column mean where columns hold values of their types: by type, or by a look at them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from incload.cursor import Scale, Timestamps, scale_of_texts
from incload.engines.cursor_sql import shape
from incload.errors import Refused
from incload.exact_numbers import exact_numbers
from incload.ordered_ids import ids_of, mixed_ids
from incload.table import Kind

if TYPE_CHECKING:
    from incload.engines.cursor_sql import TextWords
    from incload.engines.sql import Row
    from incload.ordered_ids import OrderedIds
    from incload.table import Column


class Looks(Protocol):
    """What is asked of a session."""

    text_words: TextWords

    def rows(self, sql: str) -> list[Row]:
        """Run a query."""

    def quote(self, name: str) -> str:
        """Quote a name."""

    def matches(self, text: str, pattern: str) -> str:
        """Return the condition that a text matches a pattern."""


def declared_scale(column: Column, per_second: int | None) -> Scale | None:
    """Return what the values of a cursor column mean, where its declared type says so; None where only values can."""
    if column.kind is Kind.TIMESTAMP:
        return Timestamps(column.per_second)
    if column.kind in {Kind.INTEGER, Kind.REAL}:
        return Scale(per_second)
    return exact_numbers(column, per_second)


class TextCursor:
    """A cursor column whose values have to be looked at, in an engine in which a column holds values of its type."""

    def __init__(self, session: Looks, relation: str, column: Column) -> None:
        """Take what asks, the rows that are looked at, and the column."""
        self._session, self._relation, self._column = session, relation, column

    def scale(self) -> Scale | None:
        """Return what ids or texts mean; refuse other types, and values that have no certain order."""
        if ids := self._ids():
            return ids
        name, column, words = self._session.quote(self._column.name), self._column, self._session.text_words
        if column.declared.startswith("numeric"):
            raise Refused(
                f"cursor column {column.name!r} is of type {column.declared}, which names no number of digits and "
                "places that all engines have: give it digits, as numeric(38,9), or load from a view that casts it."
            )
        if column.kind is not Kind.TEXT:
            raise Refused(
                f"cursor column {column.name!r} is of type {column.declared}, which incload does not order by: "
                f"name a cursor of timestamps, of integers ({words.integer}), of floats or of ISO text."
            )
        texts = self._session.rows(
            f"SELECT {words.one_of}({name}) FROM {self._relation} AS r WHERE {name} IS NOT NULL"
            f" GROUP BY {shape(name, words.zone(name))} ORDER BY 1 LIMIT 1000"
        )
        return scale_of_texts([str(text) for (text,) in texts], column.name) if texts else None

    def _ids(self) -> OrderedIds | None:
        """Return the form of the ids, if the first value is one; refuse others beside it."""
        if self._column.kind is not Kind.TEXT and self._column.declared.lower() != "uuid":
            return None
        name, rows = self._session.quote(self._column.name), self._session.rows
        text, relation = f"CAST({name} AS VARCHAR)", f"{self._relation} AS r"
        first = rows(f"SELECT {text} FROM {relation} WHERE {name} IS NOT NULL LIMIT 1")
        ids = ids_of(str(first[0][0])) if first else None
        if ids is None:
            return None
        other = rows(f"SELECT {text} FROM {relation} WHERE NOT ({self._session.matches(text, ids.pattern)}) LIMIT 1")
        if other:
            raise mixed_ids(self._column.name, first[0][0], other[0][0])
        return ids
