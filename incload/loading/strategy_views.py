"""The two views that a strategy gets of a load: the source that answers its queries, and the rows that were read."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from incload.cursor import UNITS, Scale
from incload.engines.sql import Query
from incload.errors import Refused
from incload.records import record
from incload.strategy import AfterKey, Changed, Differing, Everything, KeyRanges, Logged, Position, Since, Vanished

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from incload.engines.cursor_sql import CursorSql
    from incload.engines.session import Session
    from incload.strategy import Capability
    from incload.strategy.answers import KeyValue
    from incload.table import Table


class AskedSource:
    """Answers a strategy's queries with descriptions of rows, and counts them."""

    __slots__ = ("clock", "queries", "scale")

    def __init__(self, scale: Scale | None, clock: Callable[[], int]) -> None:
        """Take what the cursor's values mean, and the source's clock in microseconds since 1970-01-01 UTC."""
        self.scale, self.clock, self.queries = scale, clock, 0

    def everything(self) -> Everything:
        """Ask for all rows."""
        self.queries += 1
        return Everything()

    def since(
        self,
        position: Position | None,
        *,
        inclusive: bool = False,
        until: Position | None = None,
        nulls: bool = False,
        but: tuple[str, ...] = (),
    ) -> Since:
        """Ask for the rows whose cursor lies above a position."""
        self.queries += 1
        return Since(position, inclusive=inclusive, until=until, nulls=nulls, but=but)

    def after(self, position: Position, key: KeyValue) -> Since:
        """Ask for the rows above (position, key)."""
        self.queries += 1
        return Since(position, key=key)

    def after_key(self, key: KeyValue) -> AfterKey:
        """Ask for the rows whose key is larger."""
        self.queries += 1
        return AfterKey(key)

    def in_ranges(self, ranges: Sequence[tuple[int, int]]) -> KeyRanges:
        """Ask for the rows whose key lies in one of some ranges."""
        self.queries += 1
        return KeyRanges(tuple(ranges))

    def changed(self) -> Changed:
        """Ask for the rows whose digest differs."""
        self.queries += 1
        return Changed()

    def differing(self) -> Differing:
        """Ask for what lies in blocks that differ."""
        self.queries += 1
        return Differing()

    def vanished(self) -> Vanished:
        """Ask for the keys that are gone."""
        self.queries += 1
        return Vanished()

    def settled(self, position: Position | None) -> Since:
        """Ask for the rows above a position that nothing can get in between any more."""
        self.queries += 1
        return Since(position, settled=True)

    def changes(self, log: Capability, after: str | None) -> Logged:
        """Ask for what a change log names."""
        self.queries += 1
        return Logged(log, after)

    def now(self) -> Position:
        """Read the source's clock in the cursor's ticks."""
        self.queries += 1
        scale = self._timed()
        return self.clock() * (scale.per_second or 1) // UNITS["us"]

    def time(self) -> int:
        """Read the source's clock in microseconds since 1970-01-01 UTC."""
        self.queries += 1
        return self.clock()

    def earlier(self, position: Position, by: timedelta) -> Position:
        """Return a position a span of time before another."""
        return position - self._timed().ticks(by)

    def _timed(self) -> Scale:
        if self.scale is None:
            raise Refused("this strategy needs a cursor column: name one with --cursor.")
        self.scale.ticks(timedelta(0))  # refuses a cursor of plain numbers
        return self.scale


@record
class SeenRows:
    """Summarises the rows of one sync by asking the relation that holds them, when a strategy asks for it.

    Attributes:
        session: The session that can name the relation.
        relation: The rows that were read.
        table: What the table is.
        cursor: How its cursor is read in that session; None without a cursor.
        scale: What the cursor's values mean.
        started: What the source's clock showed when the sync began, in microseconds since 1970-01-01 UTC.
        position: Up to where a change log was read; None if none was, or what it says could not be carried out.
        none: Whether no row was read, so that there is nothing to ask.
        arrived: The same rows in the target's engine, whose digests the next sync will compare; None if these are they.
        held: What the target held before, as a relation of that session; None where it held no row.
        same: A query for rows of the target that were compared and are the source's as they are; None without.
        top: Their largest cursor value, as the session returns it; empty where it was not looked at.
    """

    session: Session
    relation: Query
    table: Table
    cursor: CursorSql | None
    scale: Scale | None
    started: int
    position: str | None = None
    none: bool = False
    arrived: SeenRows | None = None
    held: str | None = None
    same: str | None = None
    top: tuple[object, ...] = ()

    @property
    def count(self) -> int:
        """How many rows were read."""
        return 0 if self.none else self.session.count(f"({self.relation.sql}) AS r", self.relation.params)

    def reached(self) -> str | None:
        """Return up to where a change log was read."""
        return self.position

    def clock(self) -> Position:
        """Return what the source's clock showed when the sync began."""
        _, scale = self._cursor()
        scale.ticks(timedelta(0))  # refuses a cursor of plain numbers
        return self.started * (scale.per_second or 1) // UNITS["us"]

    def time(self) -> int:
        """Return what the source's clock showed when the sync began, in microseconds since 1970-01-01 UTC."""
        return self.started

    def largest(self, until: Position | None = None) -> Position | None:
        """Return the largest cursor value, of the rows that were read or compared."""
        self._cursor()
        relations = [self.relation, *([Query(self.same)] if self.same else [])] if not self.none else []
        found = [self._largest_of(relation, until) for relation in relations]
        return max((each for each in found if each is not None), default=None)

    def _largest_of(self, relation: Query, until: Position | None) -> Position | None:
        cursor, scale = self._cursor()
        if until is None and self.top and relation is self.relation:
            return None if self.top[0] is None else scale.position(self.top[0])
        where, params = "", relation.params
        if until is not None:
            where = f" WHERE {cursor.compared} <= {cursor.bound}"
            params = (*params, self.session.bind(cursor, scale, until))
        found = self.session.rows(f"SELECT {cursor.maximum} FROM ({relation.sql}) AS r{where}", params)
        return None if found[0][0] is None else scale.position(found[0][0])

    def largest_key(self, at: Position | None = None) -> KeyValue | None:
        """Return the largest key, of the rows at a cursor value if one is given; timestamps in it as ticks."""
        if self.none:
            return None
        where, params = self._at(at) if at is not None else ("", ())
        # Named otherwise than the columns: PostgreSQL would order by a text that has the name of its number.
        values = ", ".join(
            f"{self.session.key_value(self.table.column(name))} AS incload_key_{place}"
            for place, name in enumerate(self.table.key)
        )
        descending = ", ".join(f"{self.session.key_order(self.table.column(name))} DESC" for name in self.table.key)
        found = self.session.rows(
            f"SELECT {values} FROM ({self.relation.sql}) AS r{where} ORDER BY {descending} LIMIT 1",
            (*self.relation.params, *params),
        )
        return found[0] if found else None

    def digests_at(self, position: Position) -> tuple[str, ...]:
        """Return the digests of the rows at a cursor value."""
        if self.arrived is not None:
            return self.arrived.digests_at(position)
        where, params = self._at(position)
        digest = self.session.digest(self.table.names, "r")
        found = self.session.rows(
            f"SELECT {digest} AS d FROM ({self.relation.sql}) AS r{where} ORDER BY d", (*self.relation.params, *params)
        )
        return tuple(str(value) for (value,) in found)

    def lags(self, behind: Position, bounds: Sequence[timedelta]) -> tuple[int, ...]:
        """Return how many rows are news to the target, and how many of them lie further behind than each bound."""
        if self.none:
            return (0,) * (1 + len(bounds))
        _, scale = self._cursor()
        before = [behind - scale.ticks(bound) for bound in bounds]
        rows = self.relation.sql
        found = self._counted(rows, before)
        if self.held is None:
            return found
        session, table = self.session, self.table
        contents = session.contents(table.names, table.key)
        differ = session.differ(contents, "s", "t") if contents else "false"
        # Only rows that were read are looked up in the target, by its key.
        on = session.equal_keys(table.key, "s", "t")
        same = self._counted(f"SELECT s.* FROM ({rows}) AS s JOIN {self.held} AS t ON {on} WHERE NOT {differ}", before)
        return tuple(max(one - other, 0) for one, other in zip(found, same, strict=True))

    def _counted(self, rows: str, before: Sequence[Position]) -> tuple[int, ...]:
        """Return how many of some rows have a cursor, and how many have one below each position."""
        cursor, scale = self._cursor()
        below = [f"count(CASE WHEN {cursor.compared} < {cursor.bound} THEN 1 END)" for _ in before]
        params = [self.session.bind(cursor, scale, position) for position in before]
        counts = ", ".join([f"count({cursor.compared})", *below])
        found = self.session.rows(f"SELECT {counts} FROM ({rows}) AS r", (*params, *self.relation.params))
        return tuple(int(str(number)) for number in found[0])

    def unread(self, after: int, most: int) -> tuple[tuple[int, int], ...]:
        """Return the ranges of whole numbers above one that no row read has as a key, of many the lowest as one."""
        if self.none:
            return ()
        key = self.session.quote(self.table.key[0])
        keys = f"SELECT {key} AS incload_key FROM ({self.relation.sql}) AS r WHERE {key} > {after}"
        before = f"COALESCE(LAG(incload_key) OVER (ORDER BY incload_key), {after})"
        ranges = f"SELECT {before} + 1 AS incload_low, incload_key - 1 AS incload_high FROM ({keys}) AS k"
        found = self.session.rows(
            f"SELECT incload_low, incload_high FROM ({ranges}) AS g WHERE incload_low <= incload_high "
            f"ORDER BY incload_high DESC LIMIT {most + 1}",
            self.relation.params,
        )
        highest = [(int(str(low)), int(str(high))) for low, high in found[:most]]
        if len(found) > most:
            highest[-1] = (after + 1, highest[-1][1])
        return tuple(reversed(highest))

    def _at(self, position: Position) -> tuple[str, tuple[object, ...]]:
        cursor, scale = self._cursor()
        return f" WHERE {cursor.compared} = {cursor.bound}", (self.session.bind(cursor, scale, position),)

    def _cursor(self) -> tuple[CursorSql, Scale]:
        if self.cursor is None or self.scale is None:
            raise Refused("this strategy needs a cursor column: name one with --cursor.")
        return self.cursor, self.scale
