"""What PostgreSQL's catalogue says of a unique index whose keys are one although they are written otherwise."""

from __future__ import annotations

from typing import TYPE_CHECKING

import psycopg

from incload.engines.columns.equality import Equality
from incload.engines.dialect import Dialect
from incload.errors import Refused
from incload.table import Kind

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from incload.engines.sql import Row
    from incload.table import Column

_KNOWN = {"numeric": Equality.NUMERIC, "citext": Equality.NOCASE}
_FLOATS = {"float4", "float8"}
"""Of floats only zero is written in two ways, and every engine takes both for one."""


_SAME_IF_EQUAL = {Kind.INTEGER, Kind.REAL, Kind.BOOLEAN, Kind.TIMESTAMP, Kind.DECIMAL, Kind.BLOB}
"""Kinds of keys that are the same if they are equal, but for the two zeros of floats."""


def key_equalities(
    rows: Callable[[str, Sequence[object]], list[Row]], relation: str, key: Sequence[Column]
) -> dict[str, tuple[Equality, str]]:
    """Return how a unique index over the key takes values for one that are not the same; the strictest index counts.

    It is asked about types of which it is not known that what is equal is the same.
    The server itself says of each type and collation whether what is equal is the same to the last bit: that is the
    fourth support function of its B-trees. A collation is named as a statement names it.
    """
    if all(column.kind in _SAME_IF_EQUAL for column in key):
        return {}
    found = rows(
        "SELECT i.indexrelid::text, a.attname, t.typname, c.collisdeterministic,"
        " quote_ident(n.nspname) || '.' || quote_ident(c.collname),"
        " EXISTS (SELECT 1 FROM pg_amproc AS p WHERE p.amprocfamily = o.opcfamily AND p.amproclefttype = o.opcintype"
        " AND p.amprocrighttype = o.opcintype AND p.amprocnum = 4)"
        " FROM pg_index AS i CROSS JOIN unnest(i.indkey::int2[], i.indcollation::oid[], i.indclass::oid[])"
        " WITH ORDINALITY AS k(number, coll, class, place)"
        " JOIN pg_attribute AS a ON a.attrelid = i.indrelid AND a.attnum = k.number"
        " JOIN pg_opclass AS o ON o.oid = k.class JOIN pg_type AS t ON t.oid = o.opcintype"
        " LEFT JOIN pg_collation AS c ON c.oid = k.coll LEFT JOIN pg_namespace AS n ON n.oid = c.collnamespace"
        " WHERE i.indrelid = to_regclass(?) AND i.indisunique AND i.indisvalid AND i.indpred IS NULL"
        " AND i.indexprs IS NULL AND k.place <= i.indnkeyatts ORDER BY 1",
        (relation,),
    )
    indexes: dict[str, dict[str, tuple[Equality, str] | None]] = {}
    for index, name, *said in found:
        indexes.setdefault(str(index), {})[str(name)] = _equality(*said)
    fitting = [
        {name: each for name, each in columns.items() if each}
        for columns in indexes.values()
        if set(columns) == {column.name for column in key}
    ]
    return min(fitting, key=len, default={})


def _equality(
    type_: object, is_deterministic: object, collation: object, is_image: object
) -> tuple[Equality, str] | None:
    if is_deterministic is False:
        return Equality.OWN, str(collation)
    if is_image or type_ in _FLOATS:
        return None
    return _KNOWN.get(str(type_), Equality.OWN), ""


def check_equality(rows: Callable[[str], list[Row]], relation: str, key: Iterable[Column]) -> None:
    """Have the server plan a comparison, which it refuses for json, xml, points and what is made of them."""
    for column in key:
        try:
            rows(f"SELECT 1 FROM {relation} GROUP BY {Dialect.quote(column.name)} LIMIT 0")
        except psycopg.errors.UndefinedFunction:
            raise Refused(
                f"key column {column.name!r} is of type {column.declared}, which has no equality in PostgreSQL, so "
                "that rows could not be distinguished: name another key, or load from a view that casts it to text."
            ) from None


def check_collation(rows: Callable[[str, Sequence[object]], list[Row]], column: Column) -> None:
    """Refuse a collation of a key column that the database does not have."""
    if rows("SELECT to_regcollation(?) IS NULL", (column.collation,))[0][0]:
        raise Refused(
            f"key column {column.name!r} has the collation {column.collation}, which the target database does not "
            "have: create the collation there, or load from a view that casts the column to another."
        )
