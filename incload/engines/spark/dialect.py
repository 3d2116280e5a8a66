"""How Spark spells what a load asks: names, cursors, keys, comparisons and types."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from incload.cursor import MixedText, Scale, Timestamps
from incload.engines.columns.equality import Equality
from incload.engines.columns.traits import is_wider
from incload.engines.cursor_sql import CursorSql
from incload.engines.dialect import Dialect
from incload.engines.spark.sql import LADDERS, microseconds, quoted, timestamp, type_of
from incload.errors import Refused
from incload.exact_numbers import ExactNumbers
from incload.table import Kind

if TYPE_CHECKING:
    from collections.abc import Iterable

    from incload.table import Column


class SparkDialect(Dialect):
    """What Spark calls things."""

    engine: ClassVar[str] = "iceberg"

    @staticmethod
    def quote(name: str) -> str:
        """Quote by Spark's own sign, which no setting of a session changes."""
        if "\0" in name:
            raise Refused(f"the name {name!r} holds a NUL character, which no database can store: rename it.")
        return quoted(name)

    def temporary(self, name: str) -> str:
        """A view of the session stands in no schema."""
        return self.quote(name)

    def cursor(self, column: str, scale: Scale, declared: str) -> CursorSql:
        """Compare timestamps as timestamps and texts of one shape as text; take several shapes for what they mean."""
        name = self.quote(column)
        if isinstance(scale, MixedText):
            return CursorSql(self.meaning(name), "?", self.meaning(name))
        if isinstance(scale, ExactNumbers):
            value = self.exact(name, scale, declared)
            bound = f"CAST(? AS DECIMAL(38,{scale.places}))"
            return CursorSql(value, bound, f"CAST({name} AS STRING)", f"CAST(max({value}) AS STRING)")
        if isinstance(scale, Timestamps):
            return CursorSql(name, timestamp(declared), microseconds(name), microseconds(f"max({name})"))
        return CursorSql(name, "?", name)

    def exact(self, value: str, scale: Scale, declared: str) -> str:
        """Cast what an earlier load has kept as text."""
        is_text = declared == "string" and isinstance(scale, ExactNumbers)
        return f"CAST({value} AS DECIMAL(38,{scale.places}))" if is_text else value  # type: ignore[attr-defined]  # is_text says it

    def matches(self, text: str, pattern: str) -> str:
        """The whole text has to."""
        return f"{text} RLIKE '^(?:{pattern})$'"

    def meaning(self, text: str) -> str:
        """Cast to a timestamp; the session's zone is UTC."""
        return microseconds(text)

    def key_value(self, column: Column) -> str:
        """Read timestamps as microseconds, and what a state cannot hold as text."""
        name = self.quote(column.name)
        if column.kind is Kind.TIMESTAMP:
            return microseconds(name)
        return f"CAST({name} AS STRING)" if column.kind in {Kind.OTHER, Kind.DECIMAL} else name

    def key_bound(self, column: Column) -> str:
        """Turn what `key_value` reads back into the column's type."""
        if column.kind is Kind.TIMESTAMP:
            return timestamp(column.declared)
        return f"CAST(? AS {column.declared or type_of(column)})"

    def digest(self, columns: Iterable[str], alias: str) -> str:
        """Take half of the md5 of texts that say their length: the engine's own hash passes nulls over."""
        texts = (f"CAST({f'{alias}.' if alias else ''}{self.quote(name)} AS STRING)" for name in columns)
        parts = ", ".join(f"coalesce(concat(octet_length({each}), ':', {each}), '-')" for each in texts)
        return f"CAST(conv(substr(md5(concat({parts})), 1, 16), 16, -10) AS BIGINT)"

    @property
    def digest_tag(self) -> str:
        """The texts and the hash."""
        return "spark-md5/1"

    def folded(self, expression: str, equality: Equality) -> str:
        """Spell what Spark spells otherwise."""
        match equality:
            case Equality.RTRIM:
                return f"TRIM(TRAILING ' ' FROM {expression})"
            case Equality.NUMERIC:
                short = f"TRIM(TRAILING '.' FROM TRIM(TRAILING '0' FROM {expression}))"
                return f"(CASE WHEN {expression} LIKE '%.%' THEN {short} ELSE {expression} END)"
        return super().folded(expression, equality)

    def type_name(self, column: Column, origin: str) -> str:
        """Keep Spark's own declaration; give columns of other engines the type of their kind."""
        return column.declared if origin == self.engine else type_of(column)

    def is_wider(self, there: str, wanted: str) -> bool:
        """Know the types of whole numbers and of decimals; a float of another width shows other digits."""
        return is_wider(there, wanted, LADDERS, {"decimal": ""})
