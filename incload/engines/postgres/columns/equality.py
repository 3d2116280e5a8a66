"""What PostgreSQL's catalogue says of a unique index whose keys are one although they are written otherwise."""

from __future__ import annotations

from typing import TYPE_CHECKING

from incload.engines.columns.equality import Equality

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from incload.engines.sql import Row

_KNOWN = {"numeric": Equality.NUMERIC, "citext": Equality.NOCASE}
_FLOATS = {"float4", "float8"}
"""Of floats only zero is written in two ways, and every engine takes both for one."""


def key_equalities(
    rows: Callable[[str, Sequence[object]], list[Row]], relation: str, key: tuple[str, ...]
) -> dict[str, tuple[Equality, str]]:
    """Return how a unique index over the key takes values for one that are not the same; the strictest index counts.

    The server itself says of each type and collation whether what is equal is the same to the last bit: that is the
    fourth support function of its B-trees. A collation is named as a statement names it.
    """
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
        if set(columns) == set(key)
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
