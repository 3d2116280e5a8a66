"""A plan: a history in the making, in plain Python over the few rows that change, so that flaws can bend it.

The base stays in Arrow however large it is; a tick in the making is a dictionary of rows by key. Stamps are whole
microseconds since 1970-01-01 UTC. A plan is a function of dataset, rows and seed alone, and each part of a recipe draws
from a stream of its own, so that a flaw more in a scenario changes nothing that the other flaws draw.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from itertools import count
from typing import TYPE_CHECKING

from incload.errors import Refused
from incload.history import datasets
from incload.history.datasets import CURSOR, KEY, STARTED, Dataset
from incload.history.draws import Draws
from incload.history.history import History, Tick

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    import pyarrow as pa

Value = int | float | str | bool | None
Row = dict[str, Value]
"""The content of one row by column; a stamp is a whole number."""

FEWEST_ROWS = 100
"""A smaller base runs out of rows that a flaw can take without meeting another change."""

_CHANGED_SHARE = 0.02
_FEWEST_CHANGES = 6
_ELSEWHERE = 1 << 40
"""A position that no row of a base or of an insert reaches; the content of updates comes from there on."""
_SUPPLY = 256
_HONEST_EVERY = 5


@dataclass(slots=True)
class Draft:
    """A tick in the making.

    Attributes:
        at: What the source's clock shows when the tick is visible.
        upserts: The rows as they then are, by key.
        deletes: The keys that disappear.
    """

    at: int
    upserts: dict[int, Row] = field(default_factory=dict)
    deletes: set[int] = field(default_factory=set)


class Base:
    """The base content, looked into one row at a time. To change it, give the plan another."""

    def __init__(self, rows: pa.Table) -> None:
        """Wrap rows whose keys are unique, in any order."""
        self.rows = rows
        self._columns = {name: _plain(rows.column(name).combine_chunks()) for name in rows.column_names}
        self.keys: list[int] = self._columns[KEY].to_pylist()
        self._places = {key: place for place, key in enumerate(self.keys)}

    def __contains__(self, key: int) -> bool:
        """Whether there is a row of that key."""
        return key in self._places

    def row(self, key: int) -> Row | None:
        """Return the content of a row, or None when there is none of that key."""
        place = self._places.get(key)
        return None if place is None else {name: values[place].as_py() for name, values in self._columns.items()}

    def newest_first(self) -> Iterator[tuple[int, int]]:
        """Yield key and cursor value of the rows that have one, the largest value first."""
        keys, stamps = self._columns[KEY], self._columns[CURSOR]
        for place in self._descending[: len(stamps) - stamps.null_count]:
            yield keys[place.as_py()].as_py(), stamps[place.as_py()].as_py()

    def stamps(self) -> set[int]:
        """Return all cursor values."""
        return set(self._columns[CURSOR].drop_null().to_pylist())

    @cached_property
    def _descending(self) -> pa.Array:
        import pyarrow.compute as pc

        return pc.array_sort_indices(self._columns[CURSOR], order="descending", null_placement="at_end")


class Plan:
    """A history in the making: a base, the ticks, and the questions that a flaw has about them.

    Ticks count from 0. "Before tick n" means what is visible at the sync between tick n - 1 and tick n.

    Attributes:
        dataset: What kind of table it is.
        seed: What everything is drawn from.
        started: When the base is visible.
        base: The base content.
        ticks: The ticks so far, to be edited at will.
        changes: How many rows an honest tick changes: two in a hundred of the base, at least six.
        few: How many rows of a tick a flaw takes; a tick has more honest inserts, so the watermark always moves on.
    """

    def __init__(self, dataset: Dataset, rows: int, seed: int) -> None:
        """Make the base; there are no ticks yet."""
        if rows < FEWEST_ROWS:
            raise Refused(f"a history of {rows} rows is too short of rows to change: ask for {FEWEST_ROWS} or more.")
        self.dataset = dataset
        self.seed = seed
        self.started = STARTED
        self.base = Base(datasets.rows(dataset, 0, rows, seed))
        self.ticks: list[Draft] = []
        self.changes = max(_FEWEST_CHANGES, round(rows * _CHANGED_SHARE))
        self.few = max(2, self.changes // 5)
        self._new = _supply(dataset, rows, seed)
        self._other = _supply(dataset, _ELSEWHERE, seed)

    def draws(self, name: str) -> Draws:
        """Return the choices of one part of a recipe; equal names give equal choices."""
        return Draws(self.seed, f"plan {name}")

    def new_row(self) -> Row:
        """Return a row that is nowhere yet, under a key above those of the base and of earlier new rows."""
        return next(self._new)

    def changed(self, row: Row) -> Row:
        """Return a copy that differs in something that an update may change; key and cursor are as they were."""
        while True:
            other = next(self._other)
            copy = row | {name: other[name] for name in self.dataset.changing}
            if copy != row:
                return copy

    def row(self, key: int, number: int) -> Row | None:
        """Return the content of a row before a tick, or None when it is not visible then."""
        for tick in reversed(self.ticks[:number]):
            if key in tick.upserts:
                return tick.upserts[key]
            if key in tick.deletes:
                return None
        return self.base.row(key)

    def inserts(self, number: int) -> list[int]:
        """Return the keys of the rows that a tick brings in, in ascending order."""
        return [key for key in sorted(self.ticks[number].upserts) if self.row(key, number) is None]

    def watermark(self, number: int) -> int:
        """Return the largest cursor value that is visible before a tick."""
        return max(stamp for _, stamp in self._newest(number))

    def holders(self, number: int) -> list[int]:
        """Return the keys of the rows that have the largest cursor value before a tick."""
        newest = self._newest(number)
        watermark = max(stamp for _, stamp in newest)
        return [key for key, stamp in newest if stamp == watermark]

    def settled(self, number: int, draws: Draws, below: int | None = None) -> Iterator[Row]:
        """Yield, in random order, rows visible before a tick that neither it nor any later tick touches.

        Args:
            number: The tick.
            draws: What makes the order.
            below: Leave out the rows whose cursor value is null or not below this one.
        """
        changed = self._changed(number)
        touched = {key for tick in self.ticks[number:] for key in (*tick.upserts, *tick.deletes)}
        base = self.base.keys
        born = [key for key in changed if key not in self.base]
        for place in draws.order(len(base) + len(born)):
            key = base[place] if place < len(base) else born[place - len(base)]
            row = changed[key] if key in changed else self.base.row(key)
            if row is not None and key not in touched and (below is None or _is_below(row, below)):
                yield row

    def struck(self) -> Iterator[tuple[int, Draft]]:
        """Yield the ticks that a flaw bends, with their numbers: all but every fifth, which stays honest."""
        return ((number, tick) for number, tick in enumerate(self.ticks) if (number + 1) % _HONEST_EVERY)

    def keys(self) -> set[int]:
        """Return every key that is visible at any time."""
        return set(self.base.keys).union(*(tick.upserts for tick in self.ticks))

    def stamps(self) -> set[int]:
        """Return every cursor value that is visible at any time."""
        stamps = (stamp_of(row) for tick in self.ticks for row in tick.upserts.values())
        return self.base.stamps().union(stamp for stamp in stamps if stamp is not None)

    def freeze(self) -> History:
        """Return the history; inside a tick the rows stand in ascending order of their keys."""
        ticks = tuple(_frozen(tick, self.base.rows.schema) for tick in self.ticks)
        return History(self.dataset.table, self.started, self.base.rows, ticks)

    def _changed(self, number: int) -> dict[int, Row | None]:
        """Return the content before a tick of every row changed so far, by key; None for a deleted one."""
        changed: dict[int, Row | None] = {}
        for tick in self.ticks[:number]:
            changed.update(dict.fromkeys(sorted(tick.deletes)))
            changed.update(tick.upserts)
        return changed

    def _newest(self, number: int) -> list[tuple[int, int]]:
        """Return key and cursor value of all rows that can hold the watermark before a tick.

        Those are the rows changed so far, and of the rows that are still as in the base the newest.
        """
        changed = self._changed(number)
        visible = ((key, stamp_of(row)) for key, row in changed.items() if row is not None)
        newest = [(key, stamp) for key, stamp in visible if stamp is not None]
        top: int | None = None
        for key, stamp in self.base.newest_first():
            if top is not None and stamp < top:
                break
            if key not in changed:
                top = stamp
                newest.append((key, stamp))
        return newest


def stamp_of(row: Row) -> int | None:
    """Return the cursor value of a row."""
    stamp = row[CURSOR]
    return stamp if isinstance(stamp, int) else None


def key_of(row: Row) -> int:
    """Return the key of a row."""
    key = row[KEY]
    assert isinstance(key, int)  # noqa: S101 - the keys of every dataset are whole numbers
    return key


def _is_below(row: Row, bound: int) -> bool:
    stamp = stamp_of(row)
    return stamp is not None and stamp < bound


def _supply(dataset: Dataset, start: int, seed: int) -> Iterator[Row]:
    """Yield the rows of a dataset from a position on, made in blocks."""
    for block in count(start, _SUPPLY):
        made = datasets.rows(dataset, block, _SUPPLY, seed)
        columns = [_plain(made.column(name).combine_chunks()).to_pylist() for name in made.column_names]
        for values in zip(*columns, strict=True):
            yield dict(zip(made.column_names, values, strict=True))


def _plain(column: pa.Array) -> pa.Array:
    """Return stamps as whole numbers, and anything else as it is."""
    import pyarrow as pa

    return column.cast(pa.int64()) if pa.types.is_timestamp(column.type) else column


def _frozen(tick: Draft, schema: pa.Schema) -> Tick:
    upserts = _arrow((tick.upserts[key] for key in sorted(tick.upserts)), schema)
    deletes = _arrow(({KEY: key} for key in sorted(tick.deletes)), schema.empty_table().select([KEY]).schema)
    return Tick(tick.at, upserts, deletes)


def _arrow(rows: Iterable[Row], schema: pa.Schema) -> pa.Table:
    import pyarrow as pa

    held = list(rows)
    columns = [pa.array([row[column.name] for row in held], column.type) for column in schema]
    return pa.Table.from_arrays(columns, schema=schema)
