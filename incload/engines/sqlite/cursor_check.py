"""What a cursor column of SQLite holds: a look at all values, or at those on which the order of what is asked hangs.

SQLite's declared types promise nothing, and timestamps in text are compared as text, which is their order in time as
long as all have one shape. `scale` looks at every value. `confirm` looks at few, in a column that has an index and
whose largest value is of the shape that is remembered, and leaves nothing in doubt that a query depends on:

A query compares the column with a bound, a timestamp of the shape. Another value than such a timestamp, a foreign
value, does harm where it is read, or stands on one side of the bound as a text and on the other by the time that it
means.

1. Numbers, blobs and texts that do not begin with a day, `dddd-dd-dd`, have no place in time, or one that their text
   does not show (`01.02.2024`, `20240201`). They are found wherever they stand, by one step along the index for each
   day that there is: from a text that begins with a day to the first value that is not below that day with its tenth
   character raised by one. A text that is passed over lies between the two, which differ nowhere else and there by the
   least that two bytes can; so it begins with that day itself. BINARY, NOCASE and RTRIM agree about digits and dashes.
   In UTF-16 another character may lie between the two, so there everything is looked at.
2. A text that begins with a day, if it means a time, means one from 16 hours before the start of that day to 16 hours
   after its end, in whatever zone it is or was meant (incload.cursor says which there are). So does the bound. Where
   their days are three or more apart, the earlier one is over after 24 + 16 hours and the later one does not begin
   before 72 - 16: both stand in time as their days do, and as texts too, for the first ten characters decide.
3. That leaves the texts from two days before a lower bound to two days after the upper one, or to the end where there
   is none. They are looked at one by one, and all rows that are read are among them.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

from incload.cursor import IsoText, MixedText, Scale, scale_of_texts, shape_of
from incload.engines.sql import Query
from incload.engines.sqlite.catalog import smallest
from incload.errors import Refused
from incload.ordered_ids import ids_of, mixed_ids
from incload.records import record
from incload.strategy import Since

if TYPE_CHECKING:
    from collections.abc import Sequence

    from incload.engines.session import Session
    from incload.strategy import Position, Rows

_DAY = f"{'[0-9]' * 4}-{'[0-9]' * 2}-{'[0-9]' * 2}*"
"""The GLOB pattern of a text that begins with a day."""
_MARGIN = timedelta(days=2)
"""So far from the day of a bound a text may stand on the other side of it in time."""


@record
class CursorValues:
    """The values of a cursor column.

    Attributes:
        session: The session that reads them.
        relation: The qualified name of the table.
        column: The column's own name.
    """

    session: Session
    relation: str
    column: str

    def scale(self, per_second: int | None) -> Scale | None:
        """Look at all values; return what they mean, None without any, and refuse those without a certain order."""
        sample = self._one(f"{self._name} IS NOT NULL")
        if sample is None:
            return None
        if not isinstance(sample, str):
            return Scale(per_second)
        shape = shape_of(sample)
        if ids := ids_of(sample):
            other = self._one(f"typeof({self._name}) <> 'null' AND {_strange(self._name)}", ids.pattern)
            if other is not None:
                raise mixed_ids(self.column, sample, other)
            return ids
        if not isinstance(shape, IsoText):
            return scale_of_texts([sample], self.column)
        other = self._one(f"typeof({self._name}) <> 'null' AND {_strange(self._name)}", _glob(shape))
        if other is None:
            return shape
        if not isinstance(other, str):
            raise self._of_another_type(other, sample)
        mixed = scale_of_texts([sample, other], self.column)
        if isinstance(mixed, MixedText):
            raise Refused(
                f"cursor column {self.column!r} holds {sample!r} and {other!r}, and SQLite compares them "
                "as text: write all timestamps in one shape, or name another cursor."
            )
        return mixed

    def seem(self, scale: Scale) -> bool:
        """Return whether the largest value is a text of a remembered shape, in a column whose values an index has."""
        if not isinstance(scale, IsoText):
            return False
        largest = self._one(f"true ORDER BY {self._name} DESC")
        return isinstance(largest, str) and shape_of(largest) == scale

    def confirm(self, scale: Scale, asked: Sequence[Rows]) -> None:
        """Refuse foreign values that may do harm to what is asked, in the words of a look at everything."""
        assert isinstance(scale, IsoText)  # noqa: S101 - they seem to be of that shape
        if all(_is_bounded(each) for each in asked):
            parts = [_around(scale, each) for each in asked if isinstance(each, Since)]
            looks = [self._without_day(), *(self._strangers(_glob(scale), *part) for part in parts)]
            any_strange = f"SELECT {' OR '.join(f'EXISTS ({each.sql})' for each in looks)}"
            if self.session.rows(any_strange, [value for each in looks for value in each.params]) == [(0,)]:
                return
        if self.scale(None) == scale:
            return
        number = self._one(f"typeof({self._name}) NOT IN ('null', 'text')")
        if number is not None:  # it is the smallest, and so the sample of all
            raise self._of_another_type(number, scale.stored(0))
        raise Refused(f"cursor column {self.column!r} was rewritten while it was checked: load again.")

    def _of_another_type(self, value: object, text: object) -> Refused:
        return Refused(
            f"cursor column {self.column!r} holds {value!r} among texts such as {text!r}: "
            "its values must be of one type."
        )

    @property
    def _name(self) -> str:
        return self.session.quote(self.column)

    def _one(self, condition: str, *params: object) -> object:
        """Return one value that meets a condition, or None."""
        found = self.session.rows(f"SELECT {self._name} FROM {self.relation} WHERE {condition} LIMIT 1", params)
        return found[0][0] if found else None

    def _without_day(self) -> Query:
        """Return the query that goes from day to day and finds a value that does not begin with one."""
        next_day = "substr(met.value, 1, 9) || char(unicode(substr(met.value, 10)) + 1)"
        first, following = (smallest(self.relation, self._name, bound) for bound in ("IS NOT NULL", f">= {next_day}"))
        return Query(
            f"WITH RECURSIVE met(value) AS (SELECT ({first}) UNION ALL"
            f" SELECT ({following}) FROM met WHERE NOT {_strange('met.value')})"
            f" SELECT 1 FROM met WHERE met.value IS NOT NULL AND {_strange('met.value')} LIMIT 1",
            (_DAY, _DAY),
        )

    def _strangers(self, pattern: str, low: str, high: str | None) -> Query:
        """Return the query that looks one by one at the values from one text on and, if there is another, below it."""
        below, params = (f" AND {self._name} < ?", (low, high)) if high is not None else ("", (low,))
        strange = f"{self._name} >= ?{below} AND {_strange(self._name)}"
        return Query(f"SELECT 1 FROM {self.relation} WHERE {strange} LIMIT 1", (*params, pattern))


def _strange(value: str) -> str:
    """Return the condition that a value is no text of a pattern; a timestamp with anything after a NUL is one."""
    return f"NOT (typeof({value}) = 'text' AND {value} GLOB ?)"


def _glob(shape: IsoText) -> str:
    """Return the GLOB pattern of a shape; what it matches sorts as text exactly as it does in time."""
    template = shape.stored(0)
    assert isinstance(template, str)  # noqa: S101 - a text shape stores text
    body = template.removesuffix(shape.zone)
    return "".join("[0-9]" if char.isdigit() else char for char in body) + shape.zone


def _is_bounded(query: Rows) -> bool:
    """Return whether a query is for the rows behind a bound, whatever their keys, digests or place in a log."""
    return isinstance(query, Since) and query.position is not None


def _around(shape: IsoText, query: Since) -> tuple[str, str | None]:
    """Return where foreign values may harm a query: from one text on, and below another one if there is any."""
    assert query.position is not None  # noqa: S101 - the query is bounded
    low = _day(shape, query.position, -_MARGIN) or ""
    return low, None if query.until is None else _day(shape, query.until, _MARGIN + timedelta(days=1))


def _day(shape: IsoText, position: Position, later: timedelta) -> str | None:
    """Return the day of a timestamp, moved by some days, as a text; None beyond the calendar."""
    try:
        return str(date.fromisoformat(str(shape.stored(position))[:10]) + later)
    except OverflowError:
        return None
