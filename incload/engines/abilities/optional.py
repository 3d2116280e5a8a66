"""What an engine may do beyond the contract of a session: follow changes, load in parts, look at cursors and snapshots.

Each is a small object beside the session. The one here is right for an engine that can do nothing special; an engine
that can do more hands its own to the session.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

from incload.records import record

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from incload.cursor import Scale
    from incload.engines.abilities.change_log import Capture, ChangeLog
    from incload.engines.cursor_sql import CursorSql
    from incload.engines.sql import Place, Query, Row
    from incload.engines.stream import Stream
    from incload.strategy import Capability, Rows
    from incload.table import Column, Table


def passing_name(table: str) -> str:
    """Return the name under which a table is filled in parts."""
    return f"_incload_filling_{table}"


class Logs:
    """What a source keeps for strategies that ask for more than its rows."""

    def capture(self, capability: Capability, place: Place, table: str) -> Capture:
        """Return what a source keeps, or would keep, of a table for a strategy that asks; `cannot` was asked before."""
        return self.change_log(capability, place, table)

    def change_log(self, log: Capability, place: Place, table: str) -> ChangeLog:
        """Return the log of a table's changes, there or not; `cannot` was asked before."""
        raise AssertionError(f"no {log} of {table} at the {place}")

    def left_behind(self, place: Place) -> list[str]:  # noqa: ARG002 - a log goes with its table, where it is one
        """Return the tables of which a log is kept although they are gone."""
        return []

    def primary_key(self, place: Place, table: str) -> tuple[str, ...]:  # noqa: ARG002 - asked where a log can be kept
        """Return the columns of the primary key, in the key's own order; none without one."""
        return ()


class Parts:
    """Tables that are filled or read in parts, by an engine that cannot take any number of rows without holding them.

    Such a table is filled under a passing name: each part is a transaction of its own, and the one that makes the sync
    durable gives the table its name. Until then no reader sees the table, and a load that is killed leaves nothing but
    a passing table, which the next first load drops.
    """

    rows: int | None = None
    """How many rows the engine takes into a new table in one transaction; None for any number."""

    def of(self, relation: str) -> list[str]:
        """Return relations that together are a table, where an engine would keep in memory what it has read of one."""
        return [relation]

    def cut(self, table: str, key: tuple[str, ...], rows: int) -> list[str]:  # noqa: ARG002 - an engine may
        """Return relations of so many rows that together are a table of the source; none where it cannot be cut."""
        return []

    def streams(self, queries: Iterable[Query], columns: tuple[Column, ...]) -> Iterator[Stream]:
        """Run queries one after the other, all of one snapshot; each stream is over before the next is asked for."""
        raise AssertionError(f"this engine cuts no table: {queries}, {columns}")

    def fill(self, table: Table, parts: Iterable[Query], *, keyed: bool, origin: str) -> int:
        """Fill a new table under its passing name, outside of the sync's transaction; return how many rows it has."""
        raise AssertionError(f"this engine takes {table.name} at once, keyed={keyed}, from {origin}: {parts}")

    def adopt(self, table: str) -> None:
        """Give the table that was filled its name, within the sync's transaction."""

    def discard(self, table: str) -> None:
        """Drop what a load that was killed may have left under a table's passing name."""


class FileValues(NamedTuple):
    """What the values of a record file are.

    Attributes:
        from_text: Whether the file is one of text, whose values are kept as the file writes them.
        undecided: The columns without any value, which leave open what they hold.
        kept_as_text: The columns that hold numbers or truth values only, and are text as they are in the target.
        read_by: By which rule the values of a column are read where the file writes them in another way; by name.
    """

    from_text: bool = False
    undecided: frozenset[str] = frozenset()
    kept_as_text: frozenset[str] = frozenset()
    read_by: Mapping[str, str] = MappingProxyType({})


@record
class Survey:
    """What one pass over staged rows says of them.

    Attributes:
        rows: How many they are.
        lacks_key: Whether a row has a key that is null in one of its columns.
        repeats: Whether two rows may have one key; False only where none have.
        top: The largest position of the cursor, as the engine returns it; empty where that was not asked.
    """

    rows: int
    lacks_key: bool
    repeats: bool
    top: tuple[object, ...] = ()


class CursorLooks:
    """Looks at a cursor column: at once by an index, or put off until it is known what is asked.

    What a cursor's values mean is decided before a strategy has said what it asks for. An engine that would have to
    look at every value for it may, where the column `seems` to hold what it held at the sync before, put that off and
    look at what the order of the rows asked for hangs on.
    """

    looked_through: int = 100_000
    """How many rows a query may look through that is only asked to be on the safe side."""

    def __init__(self, rows: Callable[..., list[Row]], relation: Callable[[Place, str], str]) -> None:
        """Take what runs a query and what names the rows that are read."""
        self._rows, self._relation = rows, relation

    def finds_largest(self, place: Place, table: str, column: str) -> bool:
        """Return whether the largest value of a column is found at once; without an index, only a small table's is."""
        relation = self._relation(place, table)
        return self.rereads(place, table, column) or not self._rows(
            f"SELECT 1 FROM {relation} AS r LIMIT 1 OFFSET {self.looked_through}"
        )

    def rereads(self, place: Place, table: str, column: str) -> bool:  # noqa: ARG002 - an engine may know its indexes
        """Return whether an index finds the rows beyond a value of a column, so that asking twice costs nothing."""
        return False

    def seems(self, place: Place, table: str, column: Column, scale: Scale) -> bool:  # noqa: ARG002 - see above
        """Return whether a column seems to hold values of a scale still, so that `confirm` is to be asked about it."""
        return False

    def confirm(self, place: Place, table: str, column: Column, scale: Scale, asked: Sequence[Rows]) -> None:
        """Refuse values without a certain place beside what is asked, in a column that `seems` to hold none."""

    surveys = False
    """Whether staged rows are looked at in one pass, because each pass takes long; otherwise each look is its own."""

    def survey(self, relation: str, key: Sequence[Column], cursor: tuple[Column, CursorSql] | None) -> Survey:
        """Look at all staged rows in one pass; without columns of a key, keys are not looked at.

        The count is then known to the session.
        """
        raise AssertionError(f"one pass does not say all of {relation}: {key}, {cursor}")

    def form(self, *named: tuple[Place, str]) -> int | None:  # noqa: ARG002 - an engine may know
        """Return a number that is another one whenever one of these tables may have another form than before.

        None where that cannot be known, or where rows have a part in what is said of the columns.
        """
        return None

    def version(self, place: Place) -> int:  # noqa: ARG002 - as above
        """Return a number that changes when another connection writes, if `confirm` has to know."""
        return 0


@record
class Carried:
    """What one snapshot of a table carries.

    Attributes:
        number: Its number in the table; numbers count up.
        at: When it was committed, in microseconds since 1970-01-01 UTC.
        rows: How many rows it has added.
        by: The strategy whose state it has written, and who has written it; empty where that is not said.
        texts: The states, by strategy; an empty one is none.
    """

    number: int
    at: int
    rows: int
    by: str
    texts: Mapping[str, str]


@record
class Orphan:
    """A file of a table's folder that no snapshot names, as a load leaves it that is killed.

    Attributes:
        path: Where it is.
        bytes: Its size.
        at: When it was last written, in microseconds since 1970-01-01 UTC.
    """

    path: str
    bytes: int
    at: int


class Snapshots:
    """The snapshots of tables; the one here is of an engine that has none."""

    def carried(self, table: str) -> list[Carried]:
        """Return what the snapshots of a table carry, newest first, as far back as there are any."""
        raise AssertionError(f"no snapshot of {table} carries anything")

    can_reshape = False
    """Whether columns of a table can be added and widened in a step of their own, before the rows are committed."""

    def reshape(self, table: str, added: Mapping[str, str], widened: Mapping[str, str]) -> None:
        """Add columns and widen others, each name with its type, in one step of its own."""
        raise AssertionError(f"no step of its own changes {table}: {added}, {widened}")

    def undo_reshape(self, table: str) -> None:
        """Take away again what `reshape` has added, as the rows for it were not committed."""

    def orphans(self, table: str) -> list[Orphan] | None:
        """Return the files of a table that none of its snapshots names; None where the engine cannot list its files."""
        raise AssertionError(f"no snapshot of {table} names any file")

    def delete(self, table: str, orphans: Sequence[Orphan]) -> None:
        """Delete files that no snapshot of a table names."""
        raise AssertionError(f"no snapshot of {table} names any file: {orphans}")
