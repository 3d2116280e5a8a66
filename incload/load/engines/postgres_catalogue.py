"""What PostgreSQL's catalogue says of tables: their columns, keys and indexes."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from incload.table import Column, Kind

if TYPE_CHECKING:
    from collections.abc import Callable

    from incload.load.engines.base import Row

_KINDS = {
    **dict.fromkeys(("int2", "int4", "int8", "xid8"), Kind.INTEGER),
    **dict.fromkeys(("float4", "float8"), Kind.REAL),
    **dict.fromkeys(("text", "varchar", "bpchar"), Kind.TEXT),
    **dict.fromkeys(("timestamp", "timestamptz", "date"), Kind.TIMESTAMP),
    "bool": Kind.BOOLEAN,
    "bytea": Kind.BLOB,
}
_DIGITS = 38
"""How many digits a decimal has at most in Arrow and in DuckDB."""
PRIMARY = "i.indisprimary"
UNIQUE = "i.indisunique AND i.indimmediate AND i.indpred IS NULL AND i.indexprs IS NULL AND bool_and(a.attnotnull)"
"""What an index has to be, to be the table's own key, or as good as one."""


class Catalogue:
    """The catalogue as one connection sees it; answers are remembered until it may have changed.

    Tables are named as statements name them: qualified and quoted.
    """

    def __init__(self, rows: Callable[..., list[Row]]) -> None:
        """Take what runs a query with its parameters."""
        self._rows = rows
        self._columns: dict[str, tuple[Column, ...] | None] = {}
        self._indexes: dict[tuple[str, str, tuple[str, ...]], bool] = {}

    def forget(self) -> None:
        """Ask anew from now on."""
        self._columns.clear()
        self._indexes.clear()

    def columns(self, relation: str) -> tuple[Column, ...] | None:
        """Return the columns of a table or view, or None when there is none of that name."""
        if relation not in self._columns:
            found = self._rows(
                "SELECT a.attname, format_type(a.atttypid, a.atttypmod), coalesce(b.typname, t.typname),"
                " CASE WHEN b.oid IS NULL THEN format_type(a.atttypid, a.atttypmod) ELSE '' END"
                " FROM pg_class AS c JOIN pg_attribute AS a ON a.attrelid = c.oid"
                " JOIN pg_type AS t ON t.oid = a.atttypid LEFT JOIN pg_type AS b ON b.oid = t.typbasetype"
                " WHERE c.oid = to_regclass(?) AND c.relkind IN ('r', 'p', 'v', 'm', 'f')"
                " AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum",
                (relation,),
            )
            columns = [
                Column(str(name), _kind(str(base), str(full)), str(declared)) for name, declared, base, full in found
            ]
            self._columns[relation] = tuple(columns) or None
        return self._columns[relation]

    def tables(self, schema: str) -> list[str]:
        """Return the names of the tables and views of a schema."""
        found = self._rows(
            "SELECT c.relname FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace"
            " WHERE n.nspname = ? AND c.relkind IN ('r', 'p', 'v', 'm', 'f') ORDER BY c.relname",
            (schema,),
        )
        return [str(name) for (name,) in found]

    def indexed(self, relation: str, key: tuple[str, ...], kind: str) -> bool:
        """Tell whether there is a valid index of a kind over exactly the key columns."""
        asked = (relation, kind, key)
        if asked not in self._indexes:
            found = self._rows(
                "SELECT 1 FROM pg_index AS i JOIN pg_attribute AS a ON a.attrelid = i.indrelid"
                " AND a.attnum = ANY (i.indkey[0:i.indnkeyatts - 1])"
                " WHERE i.indrelid = to_regclass(?) AND i.indisvalid GROUP BY i.indexrelid"
                f' HAVING {kind} AND array_agg(a.attname::text ORDER BY a.attname::text COLLATE "C") = ?::text[]',
                (relation, sorted(key)),
            )
            self._indexes[asked] = bool(found)
        return self._indexes[asked]

    def starts_index(self, relation: str, column: str) -> bool:
        """Tell whether an index over all rows starts with a column."""
        return bool(
            self._rows(
                "SELECT 1 FROM pg_index AS i"
                " JOIN pg_attribute AS a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0]"
                " WHERE i.indrelid = to_regclass(?) AND i.indisvalid AND i.indpred IS NULL AND a.attname = ?",
                (relation, column),
            )
        )


def _kind(base: str, full: str) -> Kind:
    """Return the kind of a type by its own name, or for a domain by that of the type below."""
    digits = re.fullmatch(r"numeric\((\d+),(\d+)\)", full)
    if digits:  # a scale below zero, or more digits than other engines have, can only travel as text
        return Kind.DECIMAL if int(digits[2]) <= int(digits[1]) <= _DIGITS else Kind.OTHER
    return _KINDS.get(base, Kind.OTHER)
