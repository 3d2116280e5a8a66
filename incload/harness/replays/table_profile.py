"""What one state of a table shows of how an incremental load will fare with it.

The table is read once, in the order of its keys; of each row only the position of its timestamp is kept, eight bytes.
What happened between two states cannot be seen, and nothing is guessed about it.
"""

from __future__ import annotations

from array import array
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from incload.cursor import UNITS, Timestamps, shape_of
from incload.engines.driver_errors import reason
from incload.engines.registry import fixture, session_type
from incload.errors import Refused, unknown
from incload.history.lag_profile import WINDOWS
from incload.history.recorded.evidence import counter
from incload.history.recorded.read_log import ReadLog
from incload.history.recorded.time_formats import check_format
from incload.history.recorded.timestamps import CALENDAR, CursorColumn
from incload.loading.columns.describing import no_table
from incload.loading.opening import open_source
from incload.report.replay.table_profile import Standing
from incload.table import Kind, Table

if TYPE_CHECKING:
    from collections.abc import Iterable

    import numpy as np

    from incload.cursor import Scale
    from incload.engines.endpoint import Endpoint
    from incload.engines.session import Session

Row = tuple[object, ...]

_COARSE = (("day", 86_400_000_000), ("hour", 3_600_000_000), ("minute", 60_000_000), ("second", 1_000_000))
"""Units of which all timestamps may be whole ones, in microseconds."""

_SHAPES_SHOWN = 10
"""How many forms of timestamps are reported."""


def profile_table(location: Endpoint, key: tuple[str, ...], cursor: str, unit: str | None, form: str = "") -> Standing:
    """Read a table and say what it shows.

    Args:
        location: The table in its database.
        key: Its key columns.
        cursor: The column that says when a row was changed.
        unit: What numbers in it count since 1970-01-01 UTC; None to go by their size.
        form: The form of its values, as of `strptime`; empty for those that need none.

    Raises:
        Refused: For a table or column that is not there, or a file that cannot be read.
    """
    if form:
        check_format(form)
    if location.table is None:
        raise Refused(f"{location.shown} holds tables: name one with ?table=NAME at the end of the URL.")
    try:
        return _profiled(location, Table(location.table, key, cursor, ()), unit, form)
    except session_type(location.engine).error as error:
        raise Refused(f"{location.shown} cannot be read: {reason(error)}") from error


def _profiled(location: Endpoint, named: Table, unit: str | None, form: str) -> Standing:
    session = open_source(location)
    try:
        table = _table(session, named.name, named.key, named.cursor or "")
        reading = _Reading(table, unit, form)
        for rows in fixture(session).ordered("source", table):
            reading.take(rows)
        scale, objection = _scale(session, table, unit)
        fine = isinstance(scale, Timestamps) and scale.per_second == UNITS["ns"]
        return reading.standing(location.engine, session.now(), unit, objection, nanoseconds=fine)
    finally:
        session.close()


def _table(session: Session, name: str, key: tuple[str, ...], cursor: str) -> Table:
    """Return the key and the cursor of a table as a table of their own; refuse names that it does not have."""
    columns = session.columns("source", name)
    if columns is None:
        raise no_table(session, name, "table")
    known = {column.name: column for column in columns}
    for wanted, role in ((cursor, "cursor"), *((part, "key") for part in key)):
        if wanted not in known:
            raise unknown(f"{role} column", wanted, known)
    return Table(name, key, cursor, tuple(known[each] for each in dict.fromkeys((*key, cursor))))


def _scale(session: Session, table: Table, unit: str | None) -> tuple[Scale | None, str]:
    """Return what the cursor's values mean to a load, and why it would refuse them; empty when it would not."""
    assert table.cursor is not None  # noqa: S101 - it was named
    try:
        return session.scale("source", table.name, table.column(table.cursor), UNITS[unit] if unit else None), ""
    except Refused as refusal:
        return None, str(refusal)


@dataclass(slots=True)
class _Reading:
    """A table under way, row by row in the order of its keys."""

    table: Table
    unit: str | None
    form: str
    _account: ReadLog = field(default_factory=ReadLog)
    _positions: array[int] = field(default_factory=lambda: array("q"))
    _shapes: dict[str, tuple[str, int]] = field(default_factory=dict)
    _rows: int = 0
    _keys: Counter[str] = field(default_factory=Counter)
    _last: Row | None = None

    def __post_init__(self) -> None:
        """Settle the unit of numbers, where user or column say it; a column of timestamps counts microseconds."""
        self._account.cursor_unit = "us" if self._of_timestamps else self.unit or ""

    @property
    def _of_timestamps(self) -> bool:
        """Whether the cursor column is of the database's own type of timestamps."""
        return self.table.column(self.table.cursor or "").kind is Kind.TIMESTAMP

    @property
    def _no_times(self) -> str:
        """Why spans of time mean nothing to a load by this cursor; empty when they do."""
        if self._of_timestamps or "a number" not in self._shapes or self.unit or self.form:
            return ""
        if self._account.cursor_unit == CALENDAR:
            return "a load takes dates written as digits for plain numbers, to which no span of time applies"
        return counter(self._account, self.table.cursor or "")

    def take(self, rows: list[Row]) -> None:
        """Take in a chunk of rows."""
        key = [self.table.names.index(name) for name in self.table.key]
        values = [row[self.table.names.index(self.table.cursor or "")] for row in rows]
        self._rows += len(rows)
        for row in rows:
            self._see_key(tuple(row[place] for place in key))
        column = CursorColumn(self._account, "" if self._of_timestamps else self.form)
        column.settle(values)
        for value in values:
            position = column.read(value)
            if position is not None:
                self._positions.append(position)
                self._see_shape(value)

    def _see_key(self, key: Row) -> None:
        if None in key:
            self._keys["null"] += 1
        elif key == self._last:
            self._keys["again"] += 1
        self._last = key

    def _see_shape(self, value: object) -> None:
        """Count the shape of a timestamp that is a text; one that no ISO pattern fits goes by its digits alone."""
        if isinstance(value, str):
            shape = shape_of(value)
            named = str(shape.stored(0)) if shape else "".join("0" if sign.isdigit() else sign for sign in value)
        else:
            named = "a number"
        example, number = self._shapes.get(named, (str(value), 0))
        self._shapes[named] = (example, number + 1)

    def standing(self, engine: str, clock: int, unit: str | None, objection: str, *, nanoseconds: bool) -> Standing:
        """Return what all rows together show."""
        import numpy as np

        positions, account = np.frombuffer(self._positions, dtype=np.int64), self._account
        _, groups = np.unique(positions, return_counts=True)
        ahead = positions[positions > clock]
        texts = any(self.table.column(name).kind is Kind.TEXT for name in self.table.key)
        return Standing(
            table=self.table.name,
            engine=engine,
            key=self.table.key,
            cursor=self.table.cursor or "",
            rows=self._rows,
            null_keys=self._keys["null"],
            repeated_keys=self._keys["again"],
            null_timestamps=account.null_cursors,
            senseless_timestamps=account.unparsable_cursors,
            examples=tuple(account.cursor_examples),
            shapes=tuple(sorted(self._shapes.values(), key=lambda shape: -shape[1])[:_SHAPES_SHOWN]),
            naive_timestamps=account.naive_timestamps,
            finer_timestamps=account.finer_timestamps,
            nanoseconds=nanoseconds,
            unit=account.cursor_unit if "a number" in self._shapes and not self._of_timestamps else "",
            unit_guessed=unit is None,
            smallest=int(positions.min()) if len(positions) else None,
            largest=int(positions.max()) if len(positions) else None,
            tied_rows=int(groups[groups > 1].sum()),
            ties=int((groups > 1).sum()),
            largest_tie=int(groups.max(initial=0)),
            at_largest=int(groups[-1]) if len(groups) else 0,
            coarse=next((name for name, size in _COARSE if len(positions) and not (positions % size).any()), ""),
            ahead=len(ahead),
            furthest_ahead=int(ahead.max(initial=clock)) - clock,
            against_keys=None if texts else _against_order(positions),
            windows=() if self._no_times else tuple(_windows(positions)),
            no_times=self._no_times,
            objection=objection,
        )


def _against_order(positions: np.ndarray) -> int:
    """Count the positions that are smaller than one before them."""
    import numpy as np

    return int((positions < np.maximum.accumulate(positions)).sum()) if len(positions) else 0


def _windows(positions: np.ndarray) -> Iterable[tuple[float, int]]:
    """Yield for each window, in seconds, how many rows lie no further behind the largest timestamp."""
    for window in WINDOWS if len(positions) else ():
        seconds = window.total_seconds()
        yield seconds, int((positions >= positions.max() - int(seconds * 1_000_000)).sum())
