"""The datasets: three tables that a data engineer recognises, made of Faker's words and our own numbers.

The value of a row depends on the dataset, the seed and the row's position, and on nothing else: rows made in blocks of
any size, in any order, are the same rows. Everything is made in Arrow columns, a block at a time.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from incload.errors import unknown
from incload.history.synthetic.faker_pools import SIZE, pool
from incload.history.synthetic.random_streams import stream
from incload.table import Column, Kind, Table

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import numpy as np
    import pyarrow as pa

STARTED = 1_767_225_600_000_000
"""When every history starts, 2026-01-01 00:00 UTC, in microseconds since 1970-01-01 UTC."""
KEY, CURSOR = "id", "modified_at"
"""The key column and the cursor column of every dataset."""
KEY_STEP = 10
"""The keys of a dataset are the multiples of this number, so that there are unused keys between any two."""
BLOCK = 1 << 20
"""Rows in a block by default."""

_SLOT_BITS = 41


@dataclass(frozen=True, slots=True)
class Span:
    """A run of rows of one dataset: those at the positions from `start` on.

    Attributes:
        seed: What all values are drawn from.
        start: The position of the first row.
        count: How many rows.
    """

    seed: int
    start: int
    count: int

    def doubles(self, name: str) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
        """Return one double in [0, 1) for each row, from the stream of that name."""
        return stream(self.seed, name, self.start).random(self.count)

    def below(self, name: str, bound: int) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
        """Return a whole number from 0 to `bound` - 1 for each row."""
        return (self.doubles(name) * bound).astype("int64")


Maker = Callable[[Span, str], "pa.Array"]
"""Makes the values of one column, given the rows and the column's name."""


@dataclass(frozen=True, slots=True)
class Field:
    """One column of a dataset and how its values are made.

    Attributes:
        name: The column's name, and that of its stream.
        kind: What its values are.
        make: Makes them.
        changes: Whether an update of a row may change it.
    """

    name: str
    kind: Kind
    make: Maker
    changes: bool = False


@dataclass(frozen=True, slots=True)
class Dataset:
    """A table and how its rows are made. The key column is `id`, the cursor column `modified_at`.

    Attributes:
        id: Permanent, `[a-z0-9_]+`; also the name of the table.
        fields: The columns in order.
    """

    id: str
    fields: tuple[Field, ...]

    @property
    def table(self) -> Table:
        """What the table is."""
        return Table(self.id, (KEY,), CURSOR, tuple(Column(field.name, field.kind) for field in self.fields))

    @property
    def changing(self) -> tuple[str, ...]:
        """The names of the columns that an update may change; the cursor is not one of them."""
        return tuple(field.name for field in self.fields if field.changes)

    def batch(self, span: Span) -> pa.RecordBatch:
        """Make the rows of a span."""
        import pyarrow as pa

        return pa.RecordBatch.from_arrays(
            [field.make(span, field.name) for field in self.fields], names=[field.name for field in self.fields]
        )


def keys(span: Span, name: str) -> pa.Array:  # noqa: ARG001 - keys are not drawn
    """Make the keys of a dataset: the multiples of ten, in the order of the rows."""
    import numpy as np
    import pyarrow as pa

    return pa.array(np.arange(span.start + 1, span.start + span.count + 1, dtype=np.int64) * KEY_STEP)


def timestamps(span: Span, name: str) -> pa.Array:
    """Make timestamps of the thirty days before the start, to the microsecond, no two alike.

    Multiplying by an odd number and folding high bits into low ones are permutations of 2**41 slots, so different
    positions get different slots; stretching by 7/6 keeps them apart and makes 2**41 microseconds 29.7 days.
    """
    import numpy as np
    import pyarrow as pa

    mask = np.uint64((1 << _SLOT_BITS) - 1)
    slots = np.arange(span.start, span.start + span.count, dtype=np.uint64)
    slots ^= np.uint64(int(stream(span.seed, name).random() * (1 << _SLOT_BITS)))
    for factor in (0x9E3779B97F4A7C15, 0xD1342543DE82EF95):
        slots = (slots * np.uint64(factor)) & mask
        slots ^= slots >> np.uint64(_SLOT_BITS // 2)
    return pa.array(STARTED - 1 - slots.astype(np.int64) * 7 // 6).cast(pa.timestamp("us"))


def words_of(of: str, like: str = "") -> Maker:
    """Make words of a pool; columns made like the same one always show the same word beside the same word of it."""
    return lambda span, name: pool(of).take(arrow(span.below(like or name, SIZE)))


def _one_of(*words: str) -> Maker:
    def make(span: Span, name: str) -> pa.Array:
        import pyarrow as pa

        return pa.array(words).take(arrow(span.below(name, len(words))))

    return make


def whole_numbers(least: int, most: int) -> Maker:
    """Make whole numbers between two, both included."""
    return lambda span, name: arrow(span.below(name, most - least + 1) + least)


def hundredths(most: int) -> Maker:
    """Make reals of two decimals; one correctly rounded division, so the same bits everywhere."""
    return lambda span, name: arrow(span.below(name, most * 100) / 100)


def chance(share: float) -> Maker:
    """Make booleans that are true in a share of the rows."""
    return lambda span, name: arrow(span.doubles(name) < share)


def sometimes(share: float, make: Maker) -> Maker:
    """Make what another maker makes, and null in its place for the rest of the rows."""

    def nullable(span: Span, name: str) -> pa.Array:
        import pyarrow as pa
        import pyarrow.compute as pc

        values = make(span, name)
        present = arrow(span.doubles(f"{name} present") < share)
        return pc.if_else(present, values, pa.scalar(None, values.type))

    return nullable


def _email(span: Span, name: str) -> pa.Array:
    """Make addresses that are unique, because the key is in them, under a domain reserved for examples (RFC 2606)."""
    import pyarrow as pa
    import pyarrow.compute as pc

    users = words_of("user")(span, name)
    return pc.binary_join_element_wise(users, ".", keys(span, name).cast(pa.string()), "@example.org", "")


def arrow(values: np.ndarray[tuple[int], np.dtype[np.generic]]) -> pa.Array:
    """Return the values of NumPy as a column."""
    import pyarrow as pa

    return pa.array(values)


_STATUSES = ("new", "paid", "packed", "shipped", "delivered", "returned")

ORDERS = Dataset(
    "orders",
    (
        Field(KEY, Kind.INTEGER, keys),
        Field("customer", Kind.TEXT, words_of("name")),
        Field("status", Kind.TEXT, _one_of(*_STATUSES), changes=True),
        Field("items", Kind.INTEGER, whole_numbers(1, 12)),
        Field("amount_cents", Kind.INTEGER, whole_numbers(99, 250_000), changes=True),
        Field("express", Kind.BOOLEAN, chance(0.2)),
        Field("note", Kind.TEXT, sometimes(0.3, words_of("note")), changes=True),
        Field(CURSOR, Kind.TIMESTAMP, timestamps),
    ),
)
ORDERS_NARROW = Dataset(
    "orders_narrow",
    tuple(field for field in ORDERS.fields if field.name in {KEY, "customer", "status", "amount_cents", CURSOR}),
)
CUSTOMERS = Dataset(
    "customers",
    (
        Field(KEY, Kind.INTEGER, keys),
        Field("name", Kind.TEXT, words_of("name")),
        Field("email", Kind.TEXT, _email),
        Field("visits", Kind.INTEGER, whole_numbers(0, 5_000), changes=True),
        Field("balance_cents", Kind.INTEGER, whole_numbers(-50_000, 1_000_000), changes=True),
        Field("subscribed", Kind.BOOLEAN, chance(0.4), changes=True),
        Field("last_order_at", Kind.TIMESTAMP, sometimes(0.7, timestamps)),
        Field(CURSOR, Kind.TIMESTAMP, timestamps),
    ),
)
SENSOR_EVENTS = Dataset(
    "sensor_events",
    (
        Field(KEY, Kind.INTEGER, keys),
        Field("sensor", Kind.TEXT, words_of("sensor")),
        Field("site", Kind.TEXT, words_of("city", like="sensor")),
        Field("reading", Kind.REAL, hundredths(500), changes=True),
        Field("cost_cents", Kind.INTEGER, whole_numbers(0, 9_999), changes=True),
        Field("battery", Kind.INTEGER, sometimes(0.85, whole_numbers(0, 100)), changes=True),
        Field("alarm", Kind.BOOLEAN, chance(0.05)),
        Field(CURSOR, Kind.TIMESTAMP, timestamps),
    ),
)

DATASETS = (ORDERS, ORDERS_NARROW, CUSTOMERS, SENSOR_EVENTS)


def dataset(name: str) -> Dataset:
    """Return the dataset of that id; refuse an unknown one."""
    for known in DATASETS:
        if known.id == name:
            return known
    raise unknown("dataset", name, (known.id for known in DATASETS))


def rows(dataset: Dataset, start: int, count: int, seed: int) -> pa.Table:
    """Make the `count` rows at the positions from `start` on; the row at position p has the key 10 (p + 1)."""
    import pyarrow as pa

    return pa.Table.from_batches([dataset.batch(Span(seed, start, count))])


def blocks(dataset: Dataset, count: int, seed: int, block: int = BLOCK) -> Iterator[pa.RecordBatch]:
    """Make the first `count` rows in blocks, one at a time; no more than one block is held."""
    for start in range(0, count, block):
        yield dataset.batch(Span(seed, start, min(block, count - start)))


def write_parquet(dataset: Dataset, count: int, seed: int, path: Path, block: int = BLOCK) -> None:
    """Write the first `count` rows as a Parquet file, zstd, one row group for each block."""
    from pyarrow import parquet

    with parquet.ParquetWriter(path, dataset.batch(Span(seed, 0, 0)).schema, compression="zstd") as writer:
        for batch in blocks(dataset, count, seed, block):
            writer.write_batch(batch)
