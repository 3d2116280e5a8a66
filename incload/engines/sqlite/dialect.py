"""How SQLite spells what a load asks: cursors, digests, comparisons and types."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from incload.cursor import MixedText
from incload.engines.cursor_sql import CursorSql
from incload.engines.dialect import Dialect
from incload.engines.sqlite import digest as sqlite_digest
from incload.engines.sqlite.declared import is_alike, keeps_types
from incload.engines.sqlite.equality import COLLATIONS
from incload.engines.sqlite.limits import MOST_COLUMNS
from incload.errors import Refused
from incload.exact_numbers import RANK_WIDTH, ExactNumbers
from incload.table import Kind

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from incload.cursor import Scale
    from incload.engines.columns.equality import Equality
    from incload.table import Column

_MOST_IN_A_ROW = 100
"""How many conditions are joined at once: every one lies deeper than the one before, and 1,000 are too deep."""
_TYPES = {
    Kind.INTEGER: "INTEGER",
    Kind.REAL: "REAL",
    Kind.TEXT: "TEXT",
    Kind.BOOLEAN: "INTEGER",
    Kind.TIMESTAMP: "INTEGER",
    Kind.DECIMAL: "TEXT",
    Kind.BLOB: "BLOB",
    Kind.OTHER: "TEXT",
}


class SqliteDialect(Dialect):
    """What SQLite calls things."""

    engine: ClassVar[str] = "sqlite"

    def type_name(self, column: Column, origin: str) -> str:
        """Keep SQLite's own declaration; give columns of other engines a storage class."""
        return column.declared if origin == self.engine else _TYPES[column.kind]

    def collation(self, column: Column, origin: str) -> str:
        """Keep SQLite's own, and take the one that is nearest to another engine's."""
        return column.collation if origin == self.engine else COLLATIONS.get(self.equalities.get(column.name), "")

    def folded(self, expression: str, equality: Equality) -> str:
        """Name the collation, which an index may have."""
        collation = COLLATIONS.get(equality)
        return f"{expression} COLLATE {collation}" if collation else super().folded(expression, equality)

    def is_wider(self, there: str, wanted: str) -> bool:
        """Compare what SQLite makes of the words: it keeps values of any length under any name of a type."""
        return is_alike(there, wanted)

    def check_names(self, columns: Iterable[str]) -> None:
        """Refuse too many, and `true` and `false`: out of a subquery SQLite renames such a column, even when quoted."""
        names = list(columns)
        if len(names) > MOST_COLUMNS:
            raise Refused(
                f"the source has {len(names):,} columns, and a table of SQLite holds {MOST_COLUMNS:,}: "
                "leave some out, or load into DuckDB."
            )
        for name in names:
            if name.lower() in {"true", "false"}:
                raise Refused(f"SQLite cannot distinguish the column {name!r} from a truth value: rename it.")

    def cursor(self, column: str, scale: Scale, declared: str) -> CursorSql:
        """Compare the bare column: numbers as numbers, timestamps of one shape as text, of several by value."""
        name = self.quote(column)
        if isinstance(scale, ExactNumbers):
            ranked = self.exact(name, scale, declared)
            largest = f"substr(max({ranked} || {name}), {RANK_WIDTH + 1})"
            return CursorSql(ranked, "incload_rank(?)", name, largest)
        compared = self.meaning(name) if isinstance(scale, MixedText) else name
        return CursorSql(compared, "?", compared)

    def exact(self, value: str, scale: Scale, declared: str) -> str:  # noqa: ARG002 - all are texts
        """Call the function that the connection brings along: texts have another order than numbers."""
        return f"incload_rank({value})"

    def meaning(self, text: str) -> str:
        """Call the function that the connection brings along."""
        return f"incload_meaning({text})"

    def digest(self, columns: Iterable[str], alias: str) -> str:
        """Call the digest function that the connection brings along; of many columns, on digests of some of them."""
        names = list(columns)
        if len(names) <= sqlite_digest.MOST_ARGUMENTS:
            return f"incload_digest({self.listed(names, alias)})"
        parts = [
            names[at : at + sqlite_digest.MOST_ARGUMENTS] for at in range(0, len(names), sqlite_digest.MOST_ARGUMENTS)
        ]
        return f"incload_digest({', '.join(self.digest(part, alias) for part in parts)})"

    def table_digest(self, columns: Sequence[Column]) -> str:
        """Take the fast form where the kinds of the columns allow it."""
        return sqlite_digest.fast_digest(columns, self.digest((column.name for column in columns), ""))

    @property
    def digest_tag(self) -> str:
        """The digests are of one kind or the other; see there."""
        return sqlite_digest.TAG

    def differ(self, columns: Iterable[str], one: str, other: str) -> str:
        """Compare column by column; IS NOT takes nulls for values, and BINARY passes over a column's own collation."""
        names = [self.quote(name) for name in columns]
        return _any_of([f"{one}.{name} COLLATE BINARY IS NOT {other}.{name}" for name in names])

    def differ_in_form(self, columns: Sequence[Column], one: str, other: str) -> str:
        """Take 1 and 1.0 for two values where a column keeps them apart, which compare as equal."""
        mixed = [self.quote(column.name) for column in columns if keeps_types(column.declared)]
        types = [f"typeof({one}.{name}) <> typeof({other}.{name})" for name in mixed]
        return _any_of([self.differ([column.name for column in columns], one, other), *types])


def _any_of(conditions: Sequence[str]) -> str:
    """Return the condition that one of several holds, many of them joined in groups."""
    if len(conditions) <= _MOST_IN_A_ROW:
        return f"({' OR '.join(conditions) or 'false'})"
    groups = (conditions[at : at + _MOST_IN_A_ROW] for at in range(0, len(conditions), _MOST_IN_A_ROW))
    return _any_of([_any_of(group) for group in groups])
