"""A plan: a history in the making, in plain Python over the few rows that change, so that flaws can bend it.

The base stays in Arrow however large it is; a tick in the making is a dictionary of rows by key. Timestamps are whole
microseconds since 1970-01-01 UTC. A plan is a function of dataset, rows and seed alone, and each part of a recipe draws
from a stream of its own, so that a flaw more in a scenario changes nothing that the other flaws draw.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import chain, count
from typing import TYPE_CHECKING

from incload.errors import Refused
from incload.history.history import History, Tick
from incload.history.synthetic import datasets
from incload.history.synthetic.base_table import Base, key_of, plain, timestamp_of
from incload.history.synthetic.datasets import KEY, KEY_STEP, STARTED, Dataset
from incload.history.synthetic.random_streams import Draws
from incload.table import Kind

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    import pyarrow as pa

    from incload.history.synthetic.base_table import Row, Value
    from incload.table import Column

FEWEST_ROWS = 100
"""A smaller base runs out of rows that a flaw can take without meeting another change."""

_CHANGED_SHARE = 0.02
_FEWEST_CHANGES = 6
_ELSEWHERE = 1 << 40
"""A position that no row of a base or of an insert reaches; the content of updates comes from there on."""
_SUPPLY = 256
_HONEST_EVERY = 5
_ARROW = {
    Kind.INTEGER: "int64",
    Kind.REAL: "float64",
    Kind.TEXT: "string",
    Kind.BOOLEAN: "bool",
    Kind.TIMESTAMP: "timestamp[us]",
}


@dataclass(slots=True)
class Draft:
    """A tick in the making.

    Attributes:
        at: What the source's clock shows when the tick is visible.
        upserts: The rows as they then are, by key.
        deletes: The keys that disappear.
        adds: Columns that appear, each with the value that every row present then gets.
        widens: Columns whose type becomes the one given.
    """

    at: int
    upserts: dict[int, Row] = field(default_factory=dict)
    deletes: set[int] = field(default_factory=set)
    adds: list[tuple[Column, Value]] = field(default_factory=list)
    widens: list[Column] = field(default_factory=list)


class Plan:
    """A history in the making: a base, the ticks, and and what a flaw asks about them.

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

    def __init__(self, dataset: Dataset, rows: int, seed: int, started: int = STARTED) -> None:
        """Make the base, its timestamps moved to lie as far before the start as ever; there are no ticks yet."""
        if rows < FEWEST_ROWS:
            raise Refused(f"a history of {rows} rows is too short of rows to change: ask for {FEWEST_ROWS} or more.")
        self.dataset = dataset
        self.seed = seed
        self.started = started
        self.base = Base(datasets.rows(dataset, 0, rows, seed))
        if started != STARTED:
            self.base = self.base.with_timestamps(lambda timestamps: _later(timestamps, started - STARTED))
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

    def insert(self, number: int, count: int) -> list[Row]:
        """Add new rows to a tick, timestamps to be set, under keys between those of that tick and of the later ones.

        Whatever comes under a larger key in a later tick moves up, so that keys stay in the order of the ticks.
        """
        last = self.largest_key(number + 1)
        rows = [self.new_row() | {KEY: last + place * KEY_STEP} for place in range(1, count + 1)]
        for tick in self.ticks[number + 1 :]:
            moved = {key: key + count * KEY_STEP if key > last else key for key in (*tick.upserts, *tick.deletes)}
            tick.upserts = {moved[key]: row | {KEY: moved[key]} for key, row in tick.upserts.items()}
            tick.deletes = {moved[key] for key in tick.deletes}
        self.ticks[number].upserts |= {key_of(row): row for row in rows}
        return rows

    def before(self, number: int) -> int:
        """Return what the source's clock shows before a tick."""
        return self.ticks[number - 1].at if number else self.started

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

    def updates(self, number: int) -> list[int]:
        """Return the keys of the rows that a tick changes, in ascending order."""
        return [key for key in sorted(self.ticks[number].upserts) if self.row(key, number) is not None]

    def visible(self, number: int) -> dict[int, Row]:
        """Return the content of all rows visible before a tick, by key."""
        changed: dict[int, Row | None] = {key: self.base.row(key) for key in self.base.keys}
        changed |= self._changed(number)
        return {key: row for key, row in changed.items() if row is not None}

    def touched(self, number: int) -> set[int]:
        """Return the keys that a tick or any later one touches."""
        return {key for tick in self.ticks[number:] for key in (*tick.upserts, *tick.deletes)}

    def largest_key(self, number: int) -> int:
        """Return the largest key ever visible before a tick."""
        return max(chain(self.base.keys, *(tick.upserts for tick in self.ticks[:number])))

    def watermark(self, number: int) -> int:
        """Return the largest cursor value that is visible before a tick."""
        return max(timestamp for _, timestamp in self._newest(number))

    def holders(self, number: int) -> list[int]:
        """Return the keys of the rows that have the largest cursor value before a tick."""
        newest = self._newest(number)
        watermark = max(timestamp for _, timestamp in newest)
        return [key for key, timestamp in newest if timestamp == watermark]

    def settled(self, number: int, draws: Draws, below: int | None = None) -> Iterator[Row]:
        """Yield, in random order, rows visible before a tick that neither it nor any later tick touches.

        Args:
            number: The tick.
            draws: What makes the order.
            below: Leave out the rows whose cursor value is null or not below this one.
        """
        changed = self._changed(number)
        touched = self.touched(number)
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

    def timestamps(self) -> set[int]:
        """Return every cursor value that is visible at any time."""
        timestamps = (timestamp_of(row) for tick in self.ticks for row in tick.upserts.values())
        return self.base.timestamps().union(timestamp for timestamp in timestamps if timestamp is not None)

    def freeze(self) -> History:
        """Return the history; inside a tick the rows stand in ascending order of their keys."""
        schema = self.base.rows.schema
        ticks = []
        for tick in self.ticks:
            schema = _evolved(schema, tick)
            ticks.append(_frozen(tick, schema))
        return History(self.dataset.table, self.started, self.base.rows, tuple(ticks))

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
        visible = ((key, timestamp_of(row)) for key, row in changed.items() if row is not None)
        newest = [(key, timestamp) for key, timestamp in visible if timestamp is not None]
        top: int | None = None
        for key, timestamp in self.base.newest_first():
            if top is not None and timestamp < top:
                break
            if key not in changed:
                top = timestamp
                newest.append((key, timestamp))
        return newest


def _is_below(row: Row, bound: int) -> bool:
    timestamp = timestamp_of(row)
    return timestamp is not None and timestamp < bound


def _supply(dataset: Dataset, start: int, seed: int) -> Iterator[Row]:
    """Yield the rows of a dataset from a position on, made in blocks."""
    for block in count(start, _SUPPLY):
        made = datasets.rows(dataset, block, _SUPPLY, seed)
        columns = [plain(made.column(name).combine_chunks()).to_pylist() for name in made.column_names]
        for values in zip(*columns, strict=True):
            yield dict(zip(made.column_names, values, strict=True))


def _later(timestamps: pa.Array, by: int) -> pa.Array:
    import pyarrow.compute as pc

    return pc.add(timestamps, by)


def _evolved(schema: pa.Schema, tick: Draft) -> pa.Schema:
    """Return the schema as a tick leaves it."""
    import pyarrow as pa

    for column, _ in tick.adds:
        schema = schema.append(pa.field(column.name, pa.type_for_alias(_ARROW[column.kind])))
    for column in tick.widens:
        place = schema.get_field_index(column.name)
        schema = schema.set(place, pa.field(column.name, pa.type_for_alias(_ARROW[column.kind])))
    return schema


def _frozen(tick: Draft, schema: pa.Schema) -> Tick:
    upserts = _arrow((tick.upserts[key] for key in sorted(tick.upserts)), schema)
    deletes = _arrow(({KEY: key} for key in sorted(tick.deletes)), schema.empty_table().select([KEY]).schema)
    return Tick(tick.at, upserts, deletes, tuple(tick.adds), tuple(tick.widens))


def _arrow(rows: Iterable[Row], schema: pa.Schema) -> pa.Table:
    import pyarrow as pa

    held = list(rows)
    columns = [pa.array([row[column.name] for row in held], column.type) for column in schema]
    return pa.Table.from_arrays(columns, schema=schema)
