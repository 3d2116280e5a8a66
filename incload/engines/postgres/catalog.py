"""What PostgreSQL's catalogue says of tables: their columns, keys and indexes."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from enum import IntEnum
from typing import TYPE_CHECKING

from incload.engines.abilities.optional import CursorLooks
from incload.engines.columns.traits import Trait
from incload.engines.endpoints import no_schema
from incload.table import Column, Kind

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from incload.engines.session import Row, Session
    from incload.engines.sql import Place

_KINDS = {
    **dict.fromkeys(("int2", "int4", "int8", "xid8"), Kind.INTEGER),
    **dict.fromkeys(("float4", "float8"), Kind.REAL),
    **dict.fromkeys(("text", "varchar", "bpchar"), Kind.TEXT),
    **dict.fromkeys(("timestamp", "timestamptz", "date"), Kind.TIMESTAMP),
    "bool": Kind.BOOLEAN,
    "bytea": Kind.BLOB,
}
USUAL = "public"
"""The schema that is meant unless another is named."""
_FIRST_OWN = 16_384
"""The first number of a type that the server has not brought along."""
_DIGITS = 38
"""How many digits a decimal has at most in Arrow and in DuckDB."""
_DESCRIBED = (
    "SELECT r.at, a.attnum, a.attname, a.attnotnull, a.attgenerated, a.attidentity, a.atthasdef,"
    " format_type(t.oid, a.atttypmod), t.typname, t.typtype, t.oid, i.found"
    " FROM unnest(?::text[]) WITH ORDINALITY AS r (named, at) JOIN pg_class AS c ON c.oid = to_regclass(r.named)"
    " LEFT JOIN LATERAL (SELECT array_agg(ARRAY[indkey::text, indnkeyatts::text, indisprimary::text,"
    " (indisunique AND indimmediate)::text]) AS found FROM pg_index"
    " WHERE indrelid = c.oid AND indisvalid AND indpred IS NULL AND indexprs IS NULL) AS i ON true"
    " JOIN pg_attribute AS a ON a.attrelid = c.oid JOIN pg_type AS t ON t.oid = a.atttypid"
    " WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND a.attnum > 0 AND NOT a.attisdropped ORDER BY r.at, a.attnum"
)
"""The columns of tables, and beside each the indexes over plain columns of all rows of its table."""


class Holds(IntEnum):
    """What an index over plain columns of all rows says of them; each says what those before it say."""

    ROWS = 0
    UNIQUE = 1
    KEY = 2


@dataclass(frozen=True, slots=True)
class _Index:
    """A valid index over plain columns of all rows."""

    holds: Holds
    columns: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Described:
    """What a relation is; empty for none.

    Attributes:
        columns: Its columns, in order.
        named: Each column's name by its number.
        filled: The numbers of those that are never null.
        traits: What each column does by itself.
    """

    columns: tuple[Column, ...]
    named: dict[int, str]
    filled: set[int]
    traits: dict[str, Trait]


class Catalogue:
    """The catalogue as one connection sees it; answers are remembered until it may have changed.

    Tables are named as statements name them: qualified and quoted.
    """

    def __init__(self, rows: Callable[..., list[Row]], schemas: Mapping[Place, str], *, keeps_domains: bool) -> None:
        """Take what runs a query with its parameters, and the schemas that are named.

        `keeps_domains` says whether a domain is kept or taken for what it is made of.
        """
        self._rows, self._unchecked = rows, {place: name for place, name in schemas.items() if name not in {"", USUAL}}
        self._keeps_domains = keeps_domains
        self._described: dict[str, _Described] = {}
        self._indexes: dict[str, list[_Index]] = {}
        self._types: dict[str, bool] = {}

    def forget(self) -> None:
        """Ask again from now on."""
        self._described.clear()
        self._indexes.clear()
        self._types.clear()

    def columns(self, relation: str) -> tuple[Column, ...] | None:
        """Return the columns of a table or view, or None when there is none of that name."""
        return self._described_as(relation).columns or None

    def traits(self, relation: str) -> dict[str, Trait]:
        """Return what each column of a table does by itself."""
        return self._described_as(relation).traits

    def describe(self, *relations: str) -> None:
        """Ask about several tables in one statement, where they are not known."""
        asked = [each for each in dict.fromkeys(relations) if each not in self._described]
        if not asked:
            return
        rows = self._rows(_DESCRIBED, (asked,))
        below = self._below([oid for *_, typtype, oid, _ in rows if typtype == "d"])
        for at, relation in enumerate(asked, 1):
            found = [row[1:] for row in rows if row[0] == at]
            if not found:
                self._check_schemas()
            self._described[relation] = self._read([row[:-1] for row in found], below)
            indexes: list[list[str]] = found[0][-1] or [] if found else []  # type: ignore[assignment]  # as it is built
            self._indexes[relation] = [self._index(relation, *each) for each in indexes]

    def _described_as(self, relation: str) -> _Described:
        self.describe(relation)
        return self._described[relation]

    def _read(self, found: Sequence[Row], below: Mapping[object, tuple[object, ...]]) -> _Described:
        columns = []
        for _, name, _, _, _, _, declared, *type_, oid in found:
            column = _column(str(name), *below.get(oid, (declared, *type_, oid)))
            is_kept = self._keeps_domains and oid in below
            columns.append(replace(column, declared=str(declared)) if is_kept else column)
        return _Described(
            tuple(columns),
            {int(str(number)): str(name) for number, name, *_ in found},
            {int(str(number)) for number, _, filled, *_ in found if filled},
            {str(name): _trait(*said) for _, name, *said, _, _, _, _ in found},
        )

    def _below(self, domains: list[object]) -> dict[object, tuple[object, ...]]:
        """Return what each domain is made of, in the end: its declaration, its name, its sort and its number."""
        if not domains:
            return {}
        found = self._rows(
            "WITH RECURSIVE below AS ("
            "SELECT d.oid AS domain, d.typbasetype AS base, d.typtypmod AS digits FROM pg_type AS d"
            " WHERE d.oid = ANY (?::oid[])"
            " UNION ALL SELECT b.domain, d.typbasetype, d.typtypmod FROM below AS b JOIN pg_type AS d ON d.oid = b.base"
            " WHERE d.typtype = 'd') "
            "SELECT b.domain, format_type(t.oid, b.digits), t.typname, t.typtype, t.oid"
            " FROM below AS b JOIN pg_type AS t ON t.oid = b.base WHERE t.typtype <> 'd'",
            (domains,),
        )
        return {domain: type_ for domain, *type_ in found}  # type: ignore[misc]  # a list is as good as a tuple

    def knows(self, declared: str) -> bool:
        """Return whether there is a type of that name."""
        if declared not in self._types:
            self._types[declared] = bool(self._rows("SELECT to_regtype(?) IS NOT NULL", (declared,))[0][0])
        return self._types[declared]

    def volatile(self, functions: Sequence[str]) -> list[str]:
        """Return which functions may change something, or answer otherwise at every call."""
        found = self._rows(
            "SELECT DISTINCT proname FROM pg_proc WHERE provolatile = 'v' AND proname = ANY (?) ORDER BY proname",
            ([name.lower() for name in functions],),
        )
        return [str(name) for (name,) in found]

    def _check_schemas(self) -> None:
        """Refuse a schema that the database does not have, with those that it has; asked where a table is not there."""
        if not self._unchecked:
            return
        there = [str(name) for (name,) in self._rows("SELECT nspname FROM pg_namespace")]
        for place, schema in self._unchecked.items():
            if schema not in there:
                raise no_schema(place, schema, (name for name in there if not name.startswith(("pg_", "information_"))))
        self._unchecked.clear()

    def schemas_with(self, table: str) -> list[str]:
        """Return the schemas that have a table or view of a name, but for the server's own."""
        found = self._rows(
            "SELECT n.nspname FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace"
            " WHERE c.relname = ? AND c.relkind IN ('r', 'p', 'v', 'm', 'f')"
            " AND n.nspname !~ '^(pg_|information_schema)' ORDER BY n.nspname",
            (table,),
        )
        return [str(name) for (name,) in found]

    def tables(self, schema: str) -> list[str]:
        """Return the names of the tables and views of a schema."""
        found = self._rows(
            "SELECT c.relname FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace"
            " WHERE n.nspname = ? AND c.relkind IN ('r', 'p', 'v', 'm', 'f') ORDER BY c.relname",
            (schema,),
        )
        if not found:
            self._check_schemas()
        return [str(name) for (name,) in found]

    def indexed(self, relation: str, key: tuple[str, ...], kind: Holds) -> bool:
        """Return whether a valid index over exactly the key columns is of a kind, or of a stronger one."""
        return any(index.holds >= kind and set(index.columns) == set(key) for index in self._indexes_of(relation))

    def primary_key(self, relation: str) -> tuple[str, ...]:
        """Return the columns of the primary key; nothing where there is none."""
        return next((index.columns for index in self._indexes_of(relation) if index.holds is Holds.KEY), ())

    def starts_index(self, relation: str, column: str) -> bool:
        """Return whether an index over all rows starts with a column."""
        return any(index.holds >= Holds.ROWS and index.columns[0] == column for index in self._indexes_of(relation))

    def _indexes_of(self, relation: str) -> list[_Index]:
        self.describe(relation)
        return self._indexes[relation]

    def _index(self, relation: str, key: str, size: str, primary: str, unique: str) -> _Index:
        table = self._described_as(relation)
        numbers = [int(number) for number in key.split()][: int(size)]
        holds = Holds.UNIQUE if unique == "true" and table.filled.issuperset(numbers) else Holds.ROWS
        return _Index(
            Holds.KEY if primary == "true" else holds, tuple(table.named.get(number, "") for number in numbers)
        )


class IndexLooks(CursorLooks):
    """Knows the indexes: one that starts with a column finds its largest value, and the rows beyond a value."""

    def __init__(self, session: Session, catalogue: Catalogue) -> None:
        """Take the session that reads the tables, and what its catalogue says."""
        super().__init__(session.rows, session.relation)
        self._name, self._catalogue = session.name, catalogue

    def rereads(self, place: Place, table: str, column: str) -> bool:
        """Ask the catalogue."""
        return self._catalogue.starts_index(self._name(place, table), column)


def _column(name: str, declared: object, typname: object, typtype: object, oid: object) -> Column:
    """Return a column of a type that is no domain."""
    made_here = int(str(oid)) >= _FIRST_OWN
    own = {"e": "enum", "c": "row"}.get(str(typtype), "type") if made_here else ""
    return Column(name, Kind.OTHER if own else _kind(str(typname), str(declared)), str(declared), own)


def _trait(not_null: object, generated: object, identity: object, has_default: object) -> Trait:
    """Read the catalogue's letters: a column is generated or an identity where there is one."""
    filled = bool(has_default) or identity not in {"", None}
    return Trait(generated not in {"", None}, identity == "a", filled, not not_null)


def _kind(base: str, full: str) -> Kind:
    """Return the kind of a type by its own name."""
    digits = re.fullmatch(r"numeric\((\d+),(\d+)\)", full)
    if digits:  # a scale below zero, or more digits than other engines have, can only travel as text
        return Kind.DECIMAL if int(digits[2]) <= int(digits[1]) <= _DIGITS else Kind.OTHER
    return _KINDS.get(base, Kind.OTHER)
