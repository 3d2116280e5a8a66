"""How PostgreSQL spells what a load asks: cursors, keys, digests and comparisons."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from incload.cursor import UNITS, ZONE_AT_END, MixedText, Scale, Timestamps
from incload.engines.columns.equality import Equality
from incload.engines.columns.traits import is_wider
from incload.engines.cursor_sql import CursorSql, TextWords
from incload.engines.dialect import Dialect
from incload.engines.postgres.columns import shared_types
from incload.engines.postgres.sql import (
    AS_GIVEN,
    LADDERS,
    LENGTHS,
    NAME_BYTES,
    hashed,
    key_timestamp,
    microseconds,
    ticks,
    timestamp,
)
from incload.engines.sql import Query
from incload.errors import Refused
from incload.exact_numbers import ExactNumbers
from incload.ordered_ids import OrderedIds
from incload.table import Column, Kind, Table

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


_CAST_KEYS = {Kind.OTHER, Kind.DECIMAL, Kind.BOOLEAN}
"""Kinds of keys that another engine may have given back in another type: as texts, or as 0 and 1."""


class PostgresDialect(Dialect):
    """What PostgreSQL calls things."""

    engine: ClassVar[str] = "postgres"
    text_words = TextWords(zone=lambda text: f"substring({text} from '{ZONE_AT_END}')", integer="bigint")

    @staticmethod
    def bytes_literal(digits: str) -> str:
        """Read the digits, as X'..' would be bits."""
        return f"decode('{digits}', 'hex')"

    def cursor(self, column: str, scale: Scale, declared: str) -> CursorSql:
        """Compare timestamps as timestamps and texts of one shape as text; take several shapes for what they mean."""
        name = self.quote(column)
        if declared == "xid8":
            return CursorSql(name, "(?::text)::xid8", f"{name}::text::bigint")
        if isinstance(scale, MixedText):
            return CursorSql(self.meaning(name), "?", self.meaning(name))
        if isinstance(scale, OrderedIds | ExactNumbers):
            return self._of_texts(name, scale, declared)
        if isinstance(scale, Timestamps):
            per_second = scale.per_second or UNITS["us"]
            bound = timestamp(declared, per_second)
            return CursorSql(name, bound, ticks(name, per_second), ticks(f"max({name})", per_second))
        if declared == "real":  # which the driver would read as the shortest number that is another float of 8 bytes
            return CursorSql(name, "?", f"{name}::float8")
        return CursorSql(name, "?", name)

    def _of_texts(self, name: str, scale: Scale, declared: str) -> CursorSql:
        """Return a cursor whose values are bound and read as texts."""
        if isinstance(scale, ExactNumbers):
            value = self.exact(name, scale, declared)
            return CursorSql(value, "CAST(? AS numeric)", f"{name}::text", f"max({value})::text")
        is_id = declared == "uuid"
        return CursorSql(name, "CAST(? AS uuid)", f"CAST({name} AS text)") if is_id else CursorSql(name, "?", name)

    def is_wider(self, there: str, wanted: str) -> bool:
        """Know the types of numbers and of texts; a float of another width shows other digits."""
        return is_wider(there, wanted, LADDERS, LENGTHS)

    def check_names(self, columns: Iterable[str]) -> None:
        """Refuse a name that PostgreSQL would cut off."""
        for name in columns:
            if len(name.encode()) > NAME_BYTES:
                raise Refused(f"PostgreSQL keeps {NAME_BYTES} bytes of the column name {name!r}: shorten it.")

    def upsert(self, table: Table, target: str, incoming: str) -> str:
        """Return the statement that writes the rows of a relation over those with their keys."""
        columns = self.contents(table.names, table.key)
        sets = ", ".join(f"{self.quote(name)} = excluded.{self.quote(name)}" for name in columns)
        names = self.listed(table.names)
        return (
            f"INSERT INTO {target} AS held ({names}) {AS_GIVEN} SELECT {names} FROM {incoming} AS incoming"
            f" ON CONFLICT ({self.listed(table.key)}) DO {f'UPDATE SET {sets}' if sets else 'NOTHING'}"
        )

    def exact(self, value: str, scale: Scale, declared: str) -> str:  # noqa: ARG002 - a numeric has any scale
        """Cast what an earlier load has kept as text."""
        return f"{value}::numeric" if declared == "text" else value

    def matches(self, text: str, pattern: str) -> str:
        """The whole text has to, letter by letter."""
        return f"({text}) COLLATE \"C\" ~ '^{pattern}$'"

    def meaning(self, text: str) -> str:
        """Cast to a timestamp; the session's zone is UTC."""
        return microseconds(f"({text})::timestamptz")

    def key_value(self, column: Column) -> str:
        """Read timestamps as microseconds and PostgreSQL's own types as text: a state holds neither."""
        name = self.quote(column.name)
        if column.kind is Kind.TIMESTAMP:
            return ticks(name, column.per_second)
        if column.declared == "real":
            return f"{name}::float8"
        return f"{name}::text" if column.kind in {Kind.OTHER, Kind.DECIMAL} else name

    def key_order(self, column: Column) -> str:
        """Order texts by their bytes, as every engine can."""
        return f'{self.quote(column.name)} COLLATE "C"' if column.kind is Kind.TEXT else self.quote(column.name)

    def key_bound(self, column: Column) -> str:
        """Turn what `key_value` reads back into the column's type."""
        if column.kind is Kind.TIMESTAMP:
            return key_timestamp(column.declared)
        return f"CAST(? AS {column.declared})" if column.kind in _CAST_KEYS else "?"

    def digest(self, columns: Iterable[str], alias: str) -> str:
        """Hash the text of the row, which distinguishes nulls, positions and every digit."""
        return f"hashtextextended(ROW({self.listed(columns, alias)})::text, 0)"

    def table_digest(self, columns: Sequence[Column]) -> str:
        """Hash the values themselves, twice as fast; as text those that can be equal and yet look different."""
        parts = ", ".join(hashed(self.quote(column.name), column.kind) for column in columns)
        return f"hash_record_extended(ROW({parts}), 0)"

    def shared_type(self, column: Column) -> str:
        """Know uuid, time, interval, JSON and arrays."""
        return shared_types.shared_type(column)

    def has_shared(self, shared: str) -> bool:
        """Know all of them."""
        return bool(shared_types.declared_as(shared))

    def is_deep(self, name: str) -> str:
        """The type of an array does not say how many dimensions its values have."""
        return shared_types.is_deep(name)

    def folded(self, expression: str, equality: Equality) -> str:
        """Leave decimals to the server, which compares them as numbers; only from it do they come as such."""
        return expression if equality is Equality.NUMERIC else super().folded(expression, equality)

    def once(self, names: Sequence[str], relation: str) -> Query:
        """Compare the text of the rows: some types have no equality, and others take 1.0 for 1.00."""
        listed = self.listed(names)
        return Query(f"SELECT DISTINCT ON (ROW({listed})::text) {listed} FROM {relation}")

    def differ(self, columns: Iterable[str], one: str, other: str) -> str:
        """Compare the rows byte by byte, nulls as values: an equality of types would let 1.0 pass for 1.00."""
        names = list(columns)
        if not names:
            return "false"
        return f"(ROW({self.listed(names, one)})::record *<> ROW({self.listed(names, other)})::record)"

    def settled(self, cursor: Column) -> str:
        """Compare with the horizon of the snapshot that reads; refuse a column that holds no transaction numbers."""
        if cursor.declared != "xid8":
            raise Refused(
                f"cursor column {cursor.name!r} is of type {cursor.declared} and holds no transaction numbers: "
                "name one of type xid8, such as `incload capture install --kind horizon` adds."
            )
        return f"{self.quote(cursor.name)} < pg_snapshot_xmin(pg_current_snapshot())"
