"""What SQLite's catalogue says of tables, asked in one statement for all of them and remembered for a sync."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from incload.engines.columns.traits import Trait
from incload.engines.dialect import Dialect
from incload.engines.sql import Query
from incload.engines.sqlite.declared import declared_kind
from incload.table import Column, Kind

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from incload.engines.sql import Place, Row

_AT = (
    "SELECT ? AS at, 'column' AS what, name, type, \"notnull\", dflt_value IS NOT NULL, pk, hidden, ''"
    " FROM pragma_table_xinfo(?, ?)"
    " UNION ALL SELECT ?, 'index', l.name, l.origin, l.\"unique\", l.partial, x.seqno, x.key,"
    " coalesce(x.name, '') || '/' || x.coll"
    " FROM pragma_index_list(?, ?) AS l, pragma_index_xinfo(l.name, ?) AS x"
)
"""What is said of one table; the parts are in the order in which the pragmas give them."""
_ENCODING = "SELECT -1, encoding, '', '', 0, 0, 0, 0, '' FROM pragma_encoding"
"""What is said of the texts of the database, which are alike in every one that is attached."""
_AT_ONCE = 100
"""So many columns are looked at in one statement."""


class Declared(NamedTuple):
    """A column as it is declared."""

    name: str
    type: str
    not_null: bool
    filled: bool
    primary: int
    hidden: int


class Index(NamedTuple):
    """An index over a table: whether it is unique and over all rows, and the collation of each of its columns."""

    name: str
    origin: str
    is_unique: bool
    is_partial: bool
    columns: dict[str, str]


class Description:
    """What a table or view is; without columns there is none. What follows from it is worked out once."""

    def __init__(self, columns: tuple[Declared, ...], indexes: tuple[Index, ...]) -> None:
        """Take the columns and the indexes."""
        self.columns, self.indexes = columns, indexes

    @cached_property
    def key(self) -> tuple[str, ...]:
        """The columns of the primary key, in the key's own order."""
        return tuple(name for _, name in sorted((each.primary, each.name) for each in self.columns if each.primary))

    @cached_property
    def is_filled(self) -> bool:
        """Whether the primary key cannot be null: the number of the row, or declared so."""
        parts = [each for each in self.columns if each.primary]
        has_index = any(index.origin == "pk" for index in self.indexes)
        is_number = len(parts) == 1 and parts[0].type.upper() == "INTEGER" and not has_index
        return bool(parts) and (is_number or all(each.not_null for each in parts))

    @cached_property
    def traits(self) -> Mapping[str, Trait]:
        """What each column does by itself; a column of the whole key that is INTEGER is the row's number."""
        return {
            each.name: Trait(
                each.hidden in {2, 3}, filled=each.filled or bool(each.primary), nullable=not each.not_null
            )
            for each in self.columns
        }


class Catalogue:
    """The catalogue as one connection sees it.

    Between `remember` and `forget` the databases do not change but by this connection, and each answer is kept. Answers
    that depend on the schema alone outlast that: they hold as long as SQLite gives the schemas the same numbers, which
    every change of one, whoever makes it, moves on.
    """

    def __init__(self, rows: Callable[..., list[Row]], stands: Mapping[Place, str], own: str = "") -> None:
        """Take what runs a query with its parameters, in which database each place stands, and which has no name.

        A database without a name changes by its one connection alone, which says so.
        """
        self._rows, self._stands, self._own = rows, stands, own
        self._known: dict[tuple[Place, str], Description] = {}
        self._columns: dict[tuple[Place, str], tuple[Column, ...]] = {}
        self._looked: dict[tuple[Place, str], tuple[Column, ...]] = {}
        self._plans: dict[str, list[str]] = {}
        self._spaces: set[str] = set()
        self._numbers: dict[str, int] = {}
        self._encoding = ""
        self._remembers = False
        self._generation = 0

    def remember(self) -> None:
        """Keep what is said from now on: a transaction has begun, or a load that wants to see one state of a table."""
        self._check()
        self._remembers = True

    def forget(self) -> None:
        """Let go of what hangs on rows; they may change."""
        self._looked.clear()
        self._remembers = False

    def changed(self) -> None:
        """Let go of all that was said: this connection has changed a schema, or has undone what it had changed."""
        self._generation += 1
        self._numbers.clear()
        self._known.clear()
        self._columns.clear()
        self._looked.clear()
        self._plans.clear()

    @property
    def generation(self) -> int | None:
        """A number that is another one whenever a schema may have changed; None where not all are known."""
        return self._generation if self._spaces.issuperset(self._stands.values()) else None

    def _check(self) -> None:
        """Let go of what was said of schemas that have changed since."""
        numbers = {
            space: int(str(self._rows(f"PRAGMA {space}.schema_version")[0][0]))
            for space in self._spaces
            if space != self._own
        }
        if numbers != self._numbers:
            self.changed()
            self._numbers = numbers

    def description(self, place: Place, table: str) -> Description:
        """Return what one table is."""
        known = self._known.get((place, table)) if self._remembers else None
        return known or self.describe((place, table))[0]

    def describe(self, *named: tuple[Place, str]) -> list[Description]:
        """Return what tables are, each given by its place and name; all that is not known is asked in one statement."""
        if not self._remembers:
            if any(self._stands[place] != self._own for place, _ in named):
                self._check()
        elif all(map(self._known.__contains__, named)):
            return [self._known[each] for each in named]
        if asked := [each for each in dict.fromkeys(named) if each not in self._known]:
            self._known |= self._asked(asked)
        return [self._known[each] for each in named]

    def columns(self, named: tuple[Place, str]) -> tuple[Column, ...]:
        """Return the columns of a table, generated ones included; where declarations leave a kind open, rows say it."""
        known = self._columns.get(named)
        if known is not None and self._remembers:
            return known
        (found,) = self.describe(named)
        known = self._columns.get(named, self._looked.get(named))
        if known is not None:
            return known
        declared = {each.name: declared_kind(each.type) for each in found.columns}
        open_yet = [name for name, kind in declared.items() if kind is None]
        sampled = self.sampled(named, open_yet)
        columns = tuple(
            Column(name, declared[name] or sampled.get(name) or _usual(type_), type_)
            for name, type_, *_ in found.columns
        )
        if not open_yet:
            self._columns[named] = columns
        elif self._remembers and len(sampled) == len(open_yet):
            self._looked[named] = columns
        return columns

    def is_declared(self, named: tuple[Place, str]) -> bool:
        """Return whether the declarations of a table leave no kind of a column open."""
        return bool(self.columns(named)) and named in self._columns

    def _asked(self, asked: list[tuple[Place, str]]) -> dict[tuple[Place, str], Description]:
        params: list[object] = []
        for at, (place, table) in enumerate(asked):
            space = self._stands[place]
            self._spaces.add(space)
            params += [at, table, space, at, table, space, space]
        ((_, encoding, *_), *found) = self._rows(" UNION ALL ".join([_ENCODING, *(_AT for _ in asked)]), params)
        self._encoding = str(encoding)
        return {each: _read([row[1:] for row in found if row[0] == at]) for at, each in enumerate(asked)}

    def searches(self, relation: str, column: str) -> bool:
        """Ask the planner whether an index finds the smallest value of a column that is not below another."""
        query = Query(smallest(relation, Dialect.quote(column), ">= ?"), ("",))
        return all(step.startswith("SEARCH") for step in self._planned(query))

    def sorts(self, query: Query) -> bool:
        """Ask the planner whether a query needs anything sorted."""
        return any("TEMP B-TREE" in step for step in self._planned(query))

    def _planned(self, query: Query) -> list[str]:
        """Return the steps of a query's plan; of one on tables that last it is kept as what is said of them is."""
        if query.sql not in self._plans:
            plan = [str(step) for *_, step in self._rows(f"EXPLAIN QUERY PLAN {query.sql}", query.params)]
            if not self._remembers or "temp." in query.sql:
                return plan
            self._plans[query.sql] = plan
        return self._plans[query.sql]

    @property
    def compares_bytes(self) -> bool:
        """Whether texts are compared by the bytes of UTF-8; known once a table was described."""
        return self._encoding == "UTF-8"

    def sampled(self, named: tuple[Place, str], columns: Sequence[str]) -> dict[str, Kind]:
        """Return the storage class of the first value of each column that is not null; none of a column without."""
        relation = f"{self._stands[named[0]]}.{Dialect.quote(named[1])}"
        found: dict[str, Kind] = {}
        for at in range(0, len(columns), _AT_ONCE):
            part = columns[at : at + _AT_ONCE]
            names = map(Dialect.quote, part)
            looks = [f"(SELECT typeof({name}) FROM {relation} WHERE {name} IS NOT NULL LIMIT 1)" for name in names]
            (kinds,) = self._rows(f"SELECT {', '.join(looks)}")
            found |= {name: Kind(str(kind)) for name, kind in zip(part, kinds, strict=True) if kind is not None}
        return found


def _usual(declared: str) -> Kind:
    """Return the kind of a column whose declaration leaves it open and that has no value."""
    return Kind.INTEGER if "BOOL" in declared.upper() else Kind.TEXT


def smallest(relation: str, name: str, bound: str) -> str:
    """Return the query for the smallest value of a column within a bound."""
    return f"SELECT s.{name} FROM {relation} AS s WHERE s.{name} {bound} ORDER BY 1 LIMIT 1"


def _read(found: list[Row]) -> Description:
    columns = [Declared(*map(str, row[1:3]), *row[3:7]) for row in found if row[0] == "column" and row[6] != 1]  # type: ignore[arg-type]  # as the pragma says
    indexes: dict[str, Index] = {}
    for what, name, origin, unique, partial, _, is_key, column in found:
        if what == "index":
            index = indexes.setdefault(str(name), Index(str(name), str(origin), bool(unique), bool(partial), {}))
            named, _, collation = str(column).rpartition("/")
            if is_key:
                index.columns[named] = collation.upper()
    return Description(tuple(columns), tuple(indexes.values()))
