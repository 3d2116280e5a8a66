"""How an engine spells what the load asks: the standard SQL that all share, and what each says in its own way.

Nothing here speaks to a database: a dialect returns expressions, conditions and queries as text, and a session runs
them. What differs between engines is abstract, or is overridden where an engine has a better way.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from types import MappingProxyType
from typing import TYPE_CHECKING, ClassVar

from incload.cursor import MixedText
from incload.engines.columns.equality import Equality, folded
from incload.engines.cursor_sql import CursorSql, TextWords
from incload.engines.sql import Place, Query, in_ranges, quoted
from incload.exact_numbers import ExactNumbers
from incload.ordered_ids import OrderedIds
from incload.strategy import AfterKey, Changed, Differing, Everything, KeyRanges, Logged, Since

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from incload.cursor import Scale
    from incload.strategy import Rows
    from incload.table import Column, Table


class Dialect(ABC):
    """What one engine calls things; see the module's docstring."""

    engine: ClassVar[str]

    text_words: TextWords = TextWords()
    """How a cursor of texts is looked at."""

    equalities: Mapping[str, Equality] = MappingProxyType({})
    """How a sync's source compares its key columns, where not by their bytes."""

    is_key_foreign: bool = False
    """Whether the target's own key compares keys otherwise than the source, so that it does not find them."""

    @abstractmethod
    def cursor(self, column: str, scale: Scale, declared: str) -> CursorSql:
        """Return how a cursor column is compared and read."""

    def exact(self, value: str, scale: Scale, declared: str) -> str:  # noqa: ARG002 - an engine may keep texts
        """Return the expression by which an exact number of a column of a type is compared with others."""
        return value

    def matches(self, text: str, pattern: str) -> str:
        """Return the condition that a text matches a pattern, which is a regular expression of classes alone."""
        raise AssertionError(f"{self.engine} looks at its cursors in its own way: {text}, {pattern}")

    @abstractmethod
    def meaning(self, text: str) -> str:
        """Return the expression of the microseconds that an ISO text means; the text is itself an expression."""

    def key_value(self, column: Column) -> str:
        """Return the expression by which the value of a key column is read into a state."""
        return self.quote(column.name)

    def key_order(self, column: Column) -> str:
        """Return the expression by which keys are ordered: numbers as numbers, texts by their bytes."""
        return self.quote(column.name)

    def key_bound(self, column: Column) -> str:  # noqa: ARG002 - a dialect may need it
        """Return the placeholder of a remembered key value."""
        return "?"

    @abstractmethod
    def digest(self, columns: Iterable[str], alias: str) -> str:
        """Return the expression of a row's digest, a 64-bit integer over all the given columns, nulls included."""

    def table_digest(self, columns: Sequence[Column]) -> str:
        """Return the expression of a row's digest for a comparison of whole tables, where speed is all."""
        return self.digest((column.name for column in columns), "")

    @property
    @abstractmethod
    def digest_tag(self) -> str:
        """Name the algorithms of the digests; digests under different tags are never compared."""

    def differ(self, columns: Iterable[str], one: str, other: str) -> str:
        """Return the condition that two rows differ in any of the columns, nulls compared as values."""
        pairs = [f"{self.compared(name, one)} IS DISTINCT FROM {self.compared(name, other)}" for name in columns]
        return f"({' OR '.join(pairs)})" if pairs else "false"

    def compared(self, name: str, alias: str) -> str:
        """Return the expression of a value that is compared to the last byte; a column's own equality may be laxer."""
        return f"{alias}.{self.quote(name)}"

    def differ_in_form(self, columns: Sequence[Column], one: str, other: str) -> str:
        """Return the condition that rows differ, in the type of a value too where columns keep it."""
        return self.differ([column.name for column in columns], one, other)

    @abstractmethod
    def type_name(self, column: Column, origin: str) -> str:
        """Return the type of a target column for a source column of the engine named."""

    def definition(self, column: Column, origin: str) -> str:
        """Return the definition of a target column for a source column of the engine named."""
        collation = self.collation(column, origin)
        collated = f" COLLATE {collation}" if collation else ""
        return f"{self.quote(column.name)} {self.type_name(column, origin)}".rstrip() + collated

    def collation(self, column: Column, origin: str) -> str:  # noqa: ARG002 - an engine may have it
        """Return the collation by which a target's column compares keys as the source does; empty without one."""
        return ""

    def is_wider(self, there: str, wanted: str) -> bool:  # noqa: ARG002 - types decide elsewhere
        """Return whether a target's column of a type holds every value of another type as it is."""
        return False

    def check_names(self, columns: Iterable[str]) -> None:  # noqa: B027 - most engines speak of any
        """Refuse column names that the engine cannot speak of."""

    def shared_type(self, column: Column) -> str:  # noqa: ARG002 - an engine may have some
        """Return what standard SQL calls the type of a column that is of no kind; empty where others do not have it."""
        return ""

    def has_shared(self, shared: str) -> bool:  # noqa: ARG002 - likewise
        """Return whether a column can have a shared type."""
        return False

    def is_deep(self, name: str) -> str:  # noqa: ARG002 - most engines declare it
        """Return the condition that a list holds lists, where its type does not say so; empty where it does."""
        return ""

    quote = staticmethod(quoted)
    """Quote an identifier, whatever it holds."""

    @staticmethod
    def bytes_literal(digits: str) -> str:
        """Return bytes that are given as hexadecimal digits."""
        return f"X'{digits}'"

    def listed(self, names: Iterable[str], alias: str = "") -> str:
        """Return quoted names as a list, each after an alias if one is given."""
        spelled = map(self.quote, names)
        return ", ".join([f"{alias}.{name}" for name in spelled] if alias else spelled)

    def temporary(self, name: str) -> str:
        """Return the qualified name of a temporary table."""
        return f"temp.{self.quote(name)}"

    def limited(self, table: str, relation: str, where: str) -> str:
        """Return the rows of a relation that meet a condition, which may call it by the table's name."""
        return f"(SELECT {self.all_columns(table)} FROM {relation} AS {self.quote(table)} WHERE ({where}))"

    def with_nulls(self, table: str, relation: str, types: Mapping[str, str]) -> str:
        """Return the rows of a relation with further columns of some types, all null."""
        nulls = "".join(f", CAST(NULL AS {declared}) AS {self.quote(name)}" for name, declared in types.items())
        return f"(SELECT {self.all_columns(table)}{nulls} FROM {relation} AS {self.quote(table)})"

    def all_columns(self, table: str) -> str:  # noqa: ARG002 - an engine may have more of them
        """Return what selects all columns of a source table."""
        return "*"

    def name(self, place: Place, table: str) -> str:
        """Return the fully qualified, quoted name of a table; here a place is a database of that name."""
        return f"{place}.{self.quote(table)}"

    def equal_keys(self, key: Iterable[str], one: str, other: str) -> str:
        """Return the condition that two relations agree in the key columns, as the source compares keys."""
        return " AND ".join(f"{self.keyed_by(name, one)} = {self.keyed_by(name, other)}" for name in key)

    def keyed_by(self, name: str, alias: str = "") -> str:
        """Return the expression of a key column by which keys are distinguished."""
        column = f"{alias}.{self.quote(name)}" if alias else self.quote(name)
        return self.folded(column, self.equalities[name]) if name in self.equalities else column

    def folded(self, expression: str, equality: Equality) -> str:
        """Return the expression of a value in which those that are one key are the same."""
        return folded(expression, equality)

    def select(self, table: Table, scale: Scale | None, query: Rows, relation: str) -> Query:
        """Return the SQL for the rows of a relation that match a query."""
        condition = self.condition(table, scale, query)
        where = f" WHERE {condition.sql}" if condition.sql else ""
        return Query(f"SELECT {self.listed(table.names)} FROM {relation} AS r{where}", condition.params)

    def select_any(self, table: Table, scale: Scale | None, queries: Sequence[Rows], relation: str) -> Query:
        """Return the SQL for the rows of a relation that match any of several queries, each row once.

        Every query leaves out what those before it have asked for. A union would compare whole rows instead, and
        some types have no equality.
        """
        parts, params, before = list[str](), list[object](), list[Query]()
        for query in queries:
            condition = self.condition(table, scale, query)
            wanted = [condition, *(Query(f"({each.sql or 'true'}) IS NOT TRUE", each.params) for each in before)]
            where = " AND ".join(f"({each.sql})" for each in wanted if each.sql)
            parts.append(f"SELECT {self.listed(table.names)} FROM {relation} AS r{f' WHERE {where}' if where else ''}")
            params += [value for each in wanted for value in each.params]
            before.append(condition)
        return Query(" UNION ALL ".join(parts), tuple(params))

    def once(self, names: Sequence[str], relation: str) -> Query:
        """Return the query for the rows of a relation, each once."""
        return Query(f"SELECT DISTINCT {self.listed(names)} FROM {relation}")

    def named(self, table: Table, keys: Query, relation: str) -> Query:
        """Return the query for rows whose keys a query names, each once, by the relation's own equality of keys."""
        names = self.listed(table.key, "s")
        key = names if len(table.key) == 1 else f"({names})"
        return Query(
            f"SELECT {self.listed(table.names, 's')} FROM {relation} AS s"
            f" WHERE {key} IN (SELECT {self.listed(table.key, 'k')} FROM ({keys.sql}) AS k)",
            keys.params,
        )

    def keys_missing(self, key: tuple[str, ...], relation: str, other: str, params: tuple[object, ...] = ()) -> Query:
        """Return the query for the keys of one relation, which may have parameters, that another does not have."""
        # As a join and not as NOT EXISTS, because SQLite makes itself an index for a join with what has none.
        return Query(
            f"SELECT {self.listed(key, 'k')} FROM {relation} AS k LEFT JOIN {other} AS o"
            f" ON {self.equal_keys(key, 'o', 'k')} WHERE o.{self.quote(key[0])} IS NULL",
            params,
        )

    def differing(self, names: tuple[str, ...], key: tuple[str, ...], relation: str, other: str) -> Query:
        """Return the query for the rows of one relation that another holds with other content, or not at all."""
        differs = f"t.{self.quote(key[0])} IS NULL OR {self.differ(self.contents(names, key), 's', 't')}"
        found = (
            f"SELECT {self.listed(names, 's')} FROM {relation} AS s LEFT JOIN {other} AS t"
            f" ON {self.equal_keys(key, 's', 't')} WHERE {differs}"
        )
        # Several rows of the other may be of one key, where an earlier load has compared bytes.
        return self.once(names, f"({found}) AS d") if self.equalities else Query(found)

    def deletion(self, key: tuple[str, ...], relation: str, keys: str) -> str:
        """Return the statement that deletes the rows of a relation whose keys stand in another."""
        if len(key) == 1:
            column = self.keyed_by(key[0])
            return f"DELETE FROM {relation} WHERE {column} IN (SELECT {column} FROM {keys} AS k)"
        # A row that deletes itself must be named in full: DELETE takes no alias everywhere.
        equal = self.equal_keys(key, "k", relation)
        return f"DELETE FROM {relation} WHERE EXISTS (SELECT 1 FROM {keys} AS k WHERE {equal})"

    def contents(self, names: Iterable[str], key: tuple[str, ...]) -> list[str]:
        """Return the columns that may differ in two rows of one key; its own spelling may, where the source lets it."""
        return [name for name in names if name not in key or name in self.equalities]

    def condition(self, table: Table, scale: Scale | None, query: Rows) -> Query:
        """Return the condition under which a row matches a query; empty for every row."""
        match query:
            case Everything():
                return Query("")
            case AfterKey(key):
                return self._beyond_key(table, key)
            case KeyRanges(ranges):
                column = table.column(table.key[0])
                return in_ranges(self.key_order(column), self.key_bound(column), ranges)
            case Since():
                assert table.cursor is not None and scale is not None  # noqa: S101, PT018 - set-up refuses otherwise
                cursor = self.cursor(table.cursor, scale, table.column(table.cursor).declared)
                return self._since(table, cursor, scale, query)
            case Changed() | Differing() | Logged():
                raise AssertionError("a comparison with digests or a log is a join and has no condition of its own")

    def _beyond_key(self, table: Table, key: tuple[object, ...]) -> Query:
        columns = [table.column(name) for name in table.key]
        ordered, bounds = ", ".join(map(self.key_order, columns)), ", ".join(map(self.key_bound, columns))
        return Query(f"{ordered} > {bounds}" if len(columns) == 1 else f"({ordered}) > ({bounds})", key)

    def _since(self, table: Table, cursor: CursorSql, scale: Scale, query: Since) -> Query:
        """Keep the bare column on the left of one range, so that an index on the cursor serves every form."""
        parts, params = list[str](), list[object]()
        if query.position is not None:
            value = self.bind(cursor, scale, query.position)
            closed = query.inclusive or query.key is not None
            parts.append(f"{cursor.compared} {'>=' if closed else '>'} {cursor.bound}")
            params.append(value)
            if query.key is not None:
                beyond = self._beyond_key(table, query.key)
                parts.append(f"({cursor.compared} > {cursor.bound} OR {beyond.sql})")
                params += [value, *beyond.params]
        if query.until is not None:
            parts.append(f"{cursor.compared} <= {cursor.bound}")
            params.append(self.bind(cursor, scale, query.until))
        if query.settled:
            parts.append(self.settled(table.column(table.cursor or "")))
        sql = " AND ".join(parts)
        if query.nulls and sql:
            sql = f"({sql}) OR {self.quote(table.cursor or '')} IS NULL"
        return Query(sql, tuple(params))

    def settled(self, cursor: Column) -> str:
        """Return the condition that a row's cursor lies below the horizon of the statement's own snapshot."""
        raise AssertionError(f"{self.engine} has no horizon for {cursor.name}")

    @staticmethod
    def bind(cursor: CursorSql, scale: Scale, position: float) -> object:
        """Return the value to bind: the stored one where the column itself is compared, else the position."""
        is_text = isinstance(scale, OrderedIds | ExactNumbers)
        is_computed = isinstance(scale, MixedText) or cursor.position != cursor.compared
        return position if is_computed and not is_text else scale.stored(position)
