"""The shape of a user's table: its columns and their types, which values they get, and what may change."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from incload.errors import Refused
from incload.table import Column, Kind

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

TYPES = ("integer", "real", "text", "boolean", "timestamp", "date", "decimal")
"""The types that a column may have; `decimal(12,2)` says its digits, and `decimal` alone has as many."""

DIGITS = "decimal(12,2)"
"""What a decimal is that does not say its digits."""
_DECIMAL = re.compile(r"decimal\((\d{1,2}), ?(\d{1,2})\)")
_MOST_DIGITS = 18

KEY_TYPES, CURSOR_TYPES = ("integer", "text"), ("timestamp", "text")
"""The types that a key and a cursor may have: a text key is a number of ten digits, a text cursor ISO text."""


@dataclass(frozen=True, eq=False)
class Table:
    """The shape of a table whose pipeline is to be tested.

    A text column is filled by the Faker provider that has its name, such as `email` or `city`, and by catch phrases
    where there is none; `providers` names another.

    Attributes:
        name: The table's name.
        columns: The type of each column by its name, in order: `integer`, `real`, `text`, `boolean`, `timestamp`,
            `date`, or `decimal` with its digits, such as `decimal(12,2)`. SQLite holds dates and decimals as text.
        key: The key column, or the names of several, each of type `integer` or `text`.
        cursor: The column that changes are said to raise, a `timestamp`, or a `text` that holds ISO times in UTC.
        providers: Faker providers by column name.
        fixed: Columns that no update changes, besides key and cursor.
        nullable: Columns that are null in one row of five.

    Raises:
        Refused: The shape cannot be: a column that is not there, a type that is none of these, nothing that may change.
    """

    name: str
    columns: Mapping[str, str]
    key: str | Sequence[str] = "id"
    cursor: str = "updated_at"
    providers: Mapping[str, str] = field(default_factory=dict)
    fixed: Collection[str] = ()
    nullable: Collection[str] = ()

    def __post_init__(self) -> None:
        """Refuse a shape that cannot be."""
        if not self.name:
            raise Refused("table= has no name: give it the name that your sync reads.")
        self._check_types()
        named = {"providers": self.providers, "fixed": self.fixed, "nullable": self.nullable}
        for what, names in named.items():
            for each in names:
                self._check_there(what, each)
        for each in self.nullable:
            if each in {*self.keys, self.cursor}:
                raise Refused(f"table {self.name!r}: {each!r} cannot be nullable; the scenario null_cursor has nulls.")
        if not self.changing:
            raise Refused(f"table {self.name!r}: no column is left that an update may change; name fewer in fixed=.")

    def _check_types(self) -> None:
        for column, kind in self.columns.items():
            if kind not in TYPES and not _is_decimal(kind):
                raise Refused(
                    f"table {self.name!r}: column {column!r} cannot have the type {kind!r}; it is one of "
                    f"{', '.join(TYPES)}."
                )
        if not self.keys or len(set(self.keys)) < len(self.keys):
            raise Refused(f"table {self.name!r}: key= names no column, or one twice: {', '.join(self.keys) or 'none'}.")
        keys = [("key", each, KEY_TYPES) for each in self.keys]
        for what, column, kinds in (*keys, ("cursor", self.cursor, CURSOR_TYPES)):
            self._check_there(what, column)
            if self.columns[column] not in kinds:
                raise Refused(
                    f"table {self.name!r}: the {what} {column!r} cannot be {self.columns[column]}; it is "
                    f"{' or '.join(kinds)}."
                )
        if self.cursor in self.keys:
            raise Refused(f"table {self.name!r}: {self.cursor!r} cannot be both the key and the cursor.")

    def _check_there(self, what: str, column: str) -> None:
        if column not in self.columns:
            raise Refused(
                f"table {self.name!r} has no column {column!r}, which {what} names; it has {', '.join(self.columns)}."
            )

    @property
    def keys(self) -> tuple[str, ...]:
        """The key columns."""
        return (self.key,) if isinstance(self.key, str) else tuple(self.key)

    @property
    def changing(self) -> tuple[str, ...]:
        """The columns that an update may change."""
        kept = {*self.keys, self.cursor, *self.fixed}
        return tuple(name for name in self.columns if name not in kept)

    def kind(self, column: str) -> Kind:
        """Return what the values of a column are."""
        return self.column(column).kind

    def column(self, name: str) -> Column:
        """Return a column as an engine is to declare it that has such a type."""
        said = self.columns[name]
        if said == "date":
            return Column(name, Kind.TIMESTAMP, "date")
        if said.startswith("decimal"):
            return Column(name, Kind.DECIMAL, DIGITS if said == "decimal" else said)
        return Column(name, Kind(said))


def _is_decimal(kind: str) -> bool:
    """Return whether a type is a decimal of so many digits."""
    found = _DECIMAL.fullmatch(kind)
    return found is not None and int(found[2]) <= int(found[1]) <= _MOST_DIGITS and found[1] != "0"
