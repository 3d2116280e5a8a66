"""What a table is: its name, its key, its cursor column and its columns.

Types are declared here once and cast at the edges of the engines; nothing in this module knows a database.
"""

from __future__ import annotations

import re
from enum import StrEnum

from incload.records import record

NANO, NANO_UTC = "timestamp_ns", "timestamptz_ns"
"""What DuckDB calls timestamps of nanoseconds, without a zone and with one."""
SPARK_UTC = "timestamp_ltz"
"""What Spark calls points in time that are the same in every zone."""


class Kind(StrEnum):
    """What the values of a column are, whatever a database calls it."""

    INTEGER = "integer"
    REAL = "real"
    TEXT = "text"
    BOOLEAN = "boolean"
    TIMESTAMP = "timestamp"
    """A point in time at microsecond precision, without a zone: UTC."""
    DECIMAL = "decimal"
    """An exact number of so many digits, so many of them behind the point, as the declared type says."""
    BLOB = "blob"
    OTHER = "other"
    """A type of one engine only; it can be copied inside that engine and nowhere else."""


@record
class Column:
    """One column.

    Attributes:
        name: As the source spells it.
        kind: What its values are.
        declared: The source engine's own name of the type, kept word for word when source and target share an engine;
            empty for a column that no engine has declared yet.
        collation: How the engine calls the collation of a key column by which the source takes two values for one;
            empty where keys are one only when they are the same.
        own: The name of a type that a user has created in the source's database and others may not have:
            `enum`, `row` for a composite one, or `type` for all else; empty for a type that the engine brings along.
        stays: Whether its values go to a column of the same engine, so that a text of that engine's own will do.
        shared: The type that source and target both have where `kind` has no name for it, as standard SQL calls it;
            empty where the values become text in another engine.
    """

    name: str
    kind: Kind
    declared: str = ""
    own: str = ""
    stays: bool = False
    collation: str = ""
    shared: str = ""

    @property
    def zoned(self) -> bool:
        """Whether it holds points in time that are the same in every zone."""
        declared = self.declared.lower()
        return declared in {NANO_UTC, SPARK_UTC} or "with time zone" in declared

    @property
    def per_second(self) -> int:
        """How many ticks per second its timestamps are counted in, wherever they go: microseconds unless finer."""
        return 1_000_000_000 if self.declared.lower() in {NANO, NANO_UTC} else 1_000_000

    @property
    def dated(self) -> bool:
        """Whether it holds whole days."""
        return self.declared.lower() == "date"

    @property
    def digits(self) -> tuple[int, int]:
        """How many digits a decimal column has, and how many of them behind the point."""
        found = re.search(r"\((\d+),\s*(\d+)\)", self.declared)
        return (int(found[1]), int(found[2])) if found else (38, 9)


class _Named:
    """Holds the names of a table's columns once they were asked for, which is often."""

    __slots__ = ("_names",)
    _names: tuple[str, ...]


@record
class Table(_Named):
    """A table with a key and, for strategies that need one, a cursor column.

    Attributes:
        name: The table's name, any text.
        key: The key columns, in order; together they identify a row.
        cursor: The column that orders changes, or None.
        columns: All columns in the source's order, key and cursor among them.
    """

    name: str
    key: tuple[str, ...]
    cursor: str | None
    columns: tuple[Column, ...]

    def column(self, name: str) -> Column:
        """Return the column of that name; raise KeyError when there is none."""
        for column in self.columns:
            if column.name == name:
                return column
        raise KeyError(name)

    @property
    def names(self) -> tuple[str, ...]:
        """All column names, in order."""
        try:
            return self._names
        except AttributeError:
            object.__setattr__(self, "_names", tuple([column.name for column in self.columns]))
            return self._names

    @property
    def payload(self) -> tuple[str, ...]:
        """The names of the columns that are not part of the key, in order; the cursor is one of them."""
        return tuple(name for name in self.names if name not in self.key)
