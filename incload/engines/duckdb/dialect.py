"""How DuckDB spells what a load asks: cursors, keys and types."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import duckdb

from incload.cursor import ZONE_AT_END, MixedText, Scale, Timestamps
from incload.engines.cursor_sql import CursorSql, TextWords
from incload.engines.dialect import Dialect
from incload.engines.duckdb import shared_types
from incload.engines.duckdb.sql import BOUND, CAST_KEYS, endless, key_timestamp, ticks, type_of
from incload.exact_numbers import ExactNumbers
from incload.ordered_ids import OrderedIds
from incload.table import Kind

if TYPE_CHECKING:
    from incload.table import Column


class DuckdbDialect(Dialect):
    """What DuckDB calls things."""

    engine: ClassVar[str] = "duckdb"
    text_words = TextWords("any_value", lambda text: f"regexp_extract({text}, '{ZONE_AT_END}', 1)")

    @staticmethod
    def bytes_literal(digits: str) -> str:
        """Read the digits, as DuckDB takes no other form of them."""
        return f"from_hex('{digits}')"

    def cursor(self, column: str, scale: Scale, declared: str) -> CursorSql:
        """Compare timestamps as timestamps and texts of one shape as text; take several shapes for what they mean."""
        name = self.quote(column)
        if isinstance(scale, MixedText):
            return CursorSql(self.meaning(name), "?", self.meaning(name))
        if isinstance(scale, OrderedIds) and declared == "UUID":
            return CursorSql(name, "CAST(? AS UUID)", f"CAST({name} AS VARCHAR)")
        if isinstance(scale, ExactNumbers):
            value, bound = self.exact(name, scale, declared), f"CAST(? AS {_widest(scale, declared)})"
            return CursorSql(value, bound, f"CAST({name} AS VARCHAR)", f"CAST(max({value}) AS VARCHAR)")
        if isinstance(scale, Timestamps):
            bound = BOUND.get(declared, "make_timestamp(?)")
            return CursorSql(name, bound, ticks(name, declared), endless(f"max({name})", declared))
        return CursorSql(name, "?", name)

    def exact(self, value: str, scale: Scale, declared: str) -> str:
        """Cast what an earlier load has kept as text."""
        return f"CAST({value} AS {_number(scale, declared)})" if declared == "VARCHAR" else value

    def matches(self, text: str, pattern: str) -> str:
        """The whole text has to."""
        return f"regexp_full_match({text}, '{pattern}')"

    def meaning(self, text: str) -> str:
        """Cast to a timestamp; the session's zone is UTC."""
        return f"epoch_us(CAST({text} AS TIMESTAMPTZ))"

    def key_value(self, column: Column) -> str:
        """Read timestamps as ticks and DuckDB's own types as text: a state holds neither."""
        name = self.quote(column.name)
        if column.kind is Kind.TIMESTAMP:
            return endless(name, column.declared)
        return f"{name}::VARCHAR" if column.kind in {Kind.OTHER, Kind.DECIMAL} else name

    def key_bound(self, column: Column) -> str:
        """Turn what `key_value` reads back into the column's type."""
        if column.kind is Kind.TIMESTAMP:
            return key_timestamp(column.declared)
        return f"CAST(? AS {column.declared})" if column.kind in CAST_KEYS else "?"

    @property
    def digest_tag(self) -> str:
        """The engine's hash is not promised across versions, so its version is part of the name."""
        return f"duckdb-hash/{duckdb.__version__}"

    def shared_type(self, column: Column) -> str:
        """Know uuid, time, interval, JSON, large whole numbers and lists."""
        return shared_types.shared_type(column)

    def has_shared(self, shared: str) -> bool:
        """Know what `shared_type` knows, but for large whole numbers: those of other engines are decimals."""
        return bool(shared_types.declared_as(shared))

    def type_name(self, column: Column, origin: str) -> str:
        """Keep DuckDB's own declaration; give columns of other engines the type of their kind."""
        return column.declared if origin == self.engine else type_of(column)


def _number(scale: Scale, declared: str) -> str:
    """Return the type in which exact numbers of a column are compared."""
    return f"DECIMAL(38,{scale.places})" if declared == "VARCHAR" and isinstance(scale, ExactNumbers) else declared


def _widest(scale: ExactNumbers, declared: str) -> str:
    """Return the type of a number that exact numbers are compared with, which may be beyond those of the column.

    DuckDB compares in the column's own type wherever the number fits it.
    """
    return "HUGEINT" if declared in {"UBIGINT", "HUGEINT"} else f"DECIMAL(38,{scale.places})"
