"""The datasets: what they look like, that a row never depends on how it was made, and that nothing moves by itself."""

from __future__ import annotations

import subprocess
import sys
from datetime import datetime, timedelta
from hashlib import sha256
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from incload.errors import Refused
from incload.history.history import History
from incload.history.synthetic.datasets import (
    CUSTOMERS,
    DATASETS,
    ORDERS,
    ORDERS_NARROW,
    SENSOR_EVENTS,
    STARTED,
    Dataset,
    blocks,
    dataset,
    rows,
    write_parquet,
)
from incload.table import Kind

if TYPE_CHECKING:
    from pathlib import Path

every_dataset = pytest.mark.parametrize("made", DATASETS, ids=lambda made: made.id)

ARROW = {
    Kind.INTEGER: pa.int64(),
    Kind.REAL: pa.float64(),
    Kind.TEXT: pa.string(),
    Kind.BOOLEAN: pa.bool_(),
    Kind.TIMESTAMP: pa.timestamp("us"),
}
STARTS = datetime(2026, 1, 1)  # noqa: DTZ001 - timestamps carry no zone, and are UTC


@pytest.mark.parametrize(
    ("made", "digest"),
    [
        (ORDERS, "4ed8d619a145a883"),
        (ORDERS_NARROW, "3a330d5a7cbc977d"),
        (CUSTOMERS, "369ffde1da836146"),
        (SENSOR_EVENTS, "70f8a87a0d3492be"),
    ],
    ids=lambda value: value.id if isinstance(value, Dataset) else "",
)
def test_rows_are_the_same_everywhere(made: Dataset, digest: str) -> None:
    """Seed 42 makes these rows, on every platform and Python."""
    assert History(made.table, STARTED, rows(made, 0, 1_000, 42), ()).digest() == digest


def test_no_timestamp_key_or_number_comes_from_faker() -> None:
    """What is not a word of a pool stays the same whatever Faker says."""
    text = {"customer", "note", "name", "email", "sensor", "site"}
    ours = [
        rows(made, 0, 1_000, 42).drop_columns([name for name in made.table.names if name in text]).to_pylist()
        for made in DATASETS
    ]

    assert sha256(repr(ours).encode()).hexdigest()[:16] == "ad046fe9c1255be6"


def test_the_first_orders() -> None:
    """A reader can see what a row is like."""
    first = rows(ORDERS, 0, 2, 42).drop_columns(["customer", "note"]).to_pylist()

    assert first == [
        {
            "id": 10,
            "status": "packed",
            "items": 7,
            "amount_cents": 132356,
            "express": True,
            "modified_at": datetime(2025, 12, 19, 22, 18, 16, 373727),  # noqa: DTZ001 - as above
        },
        {
            "id": 20,
            "status": "packed",
            "items": 5,
            "amount_cents": 15317,
            "express": False,
            "modified_at": datetime(2025, 12, 23, 8, 47, 56, 167679),  # noqa: DTZ001 - as above
        },
    ]


@every_dataset
@given(start=st.integers(0, 2**40), counts=st.lists(st.integers(0, 40), max_size=4), seed=st.integers(0, 2**32))
def test_a_row_does_not_depend_on_its_block(made: Dataset, start: int, counts: list[int], seed: int) -> None:
    """Rows made piece by piece, the last piece first, are the rows made at once."""
    whole = rows(made, start, sum(counts), seed)
    firsts = [start + sum(counts[:number]) for number in range(len(counts))]
    pieces = [rows(made, first, count, seed) for first, count in reversed(list(zip(firsts, counts, strict=True)))]

    assert pa.concat_tables([whole.slice(0, 0), *reversed(pieces)]) == whole


@every_dataset
@pytest.mark.parametrize("block", [1, 7, 100, 1 << 20])
def test_blocks_are_the_rows_in_order(made: Dataset, block: int) -> None:
    """A stream of blocks holds the same rows, no block longer than asked."""
    stream = list(blocks(made, 100, 3, block))

    assert max(batch.num_rows for batch in stream) == min(block, 100)
    assert pa.Table.from_batches(stream).combine_chunks() == rows(made, 0, 100, 3)


@every_dataset
def test_the_columns_are_what_the_table_says(made: Dataset) -> None:
    """Names, order and types of the rows are those of the table."""
    schema = rows(made, 0, 5, 1).schema

    assert schema.names == list(made.table.names)
    assert schema.types == [ARROW[column.kind] for column in made.table.columns]


@every_dataset
def test_the_table_has_key_and_cursor(made: Dataset) -> None:
    """Every dataset is keyed by `id` and moved by `modified_at`."""
    assert made.table.key == ("id",)
    assert made.table.cursor == "modified_at"
    assert made.table.column("modified_at").kind is Kind.TIMESTAMP


@pytest.mark.parametrize("made", [ORDERS, CUSTOMERS, SENSOR_EVENTS], ids=lambda made: made.id)
def test_a_dataset_holds_every_common_kind(made: Dataset) -> None:
    """Text, whole numbers, money in minor units, a boolean and a column with nulls are in each, in eight columns."""
    table = made.table
    holes = [column.null_count for column in rows(made, 0, 1_000, 1).columns]

    assert len(table.columns) == 8
    assert {Kind.TEXT, Kind.INTEGER, Kind.BOOLEAN, Kind.TIMESTAMP} <= {column.kind for column in table.columns}
    assert any(column.name.endswith("_cents") and column.kind is Kind.INTEGER for column in table.columns)
    assert len([count for count in holes if 50 < count < 950]) == 1
    assert len([count for count in holes if count == 0]) == 7


@every_dataset
def test_an_update_may_change_something_but_neither_key_nor_cursor(made: Dataset) -> None:
    """The columns that change are payload, and there is at least one without nulls among them."""
    changing = set(made.changing)

    assert changing <= set(made.table.payload) - {"modified_at"}
    assert any(rows(made, 0, 1_000, 1).column(name).null_count == 0 for name in changing)


def test_narrow_orders_are_orders() -> None:
    """The narrow table holds the same values in five columns."""
    names = ["id", "customer", "status", "amount_cents", "modified_at"]

    assert rows(ORDERS_NARROW, 50, 200, 9) == rows(ORDERS, 50, 200, 9).select(names)


@every_dataset
def test_keys_leave_gaps(made: Dataset) -> None:
    """Keys are ascending multiples of ten from ten on."""
    assert rows(made, 2, 4, 5).column("id").to_pylist() == [30, 40, 50, 60]


@given(seed=st.integers(0, 2**32), start=st.integers(0, 2**40))
def test_no_two_timestamps_are_alike(seed: int, start: int) -> None:
    """Timestamps are unique to the microsecond, less than thirty days old, and older than the start."""
    timestamps = rows(ORDERS_NARROW, start, 1_000, seed).column("modified_at")
    spread = pc.min_max(timestamps).as_py()

    assert len(timestamps.unique()) == 1_000
    assert STARTS - timedelta(days=30) < spread["min"] < spread["max"] < STARTS


def test_timestamps_stay_unique_over_a_million_rows() -> None:
    """A large base has no tie either."""
    timestamps = rows(ORDERS_NARROW, 0, 1_000_000, 42).column("modified_at")

    assert len(timestamps.unique()) == 1_000_000


def test_timestamps_fill_the_thirty_days_before_the_start() -> None:
    """The oldest is about thirty days old, the newest is younger than the start, and every day has its share."""
    timestamps = rows(ORDERS_NARROW, 0, 30_000, 42).column("modified_at")
    spread = pc.min_max(timestamps).as_py()
    days = pc.value_counts(pc.floor_temporal(timestamps, unit="day")).field("counts").to_pylist()

    assert timedelta(days=29) < STARTS - spread["min"] < timedelta(days=30)
    assert timedelta(0) < STARTS - spread["max"] < timedelta(minutes=30)
    assert min(days[1:]) > 500
    assert max(days) < 1_500


def test_addresses_are_unique() -> None:
    """No two customers share an address."""
    assert len(rows(CUSTOMERS, 0, 20_000, 1).column("email").unique()) == 20_000


def test_a_sensor_stays_where_it_is() -> None:
    """All events of a sensor come from one site."""
    pairs = rows(SENSOR_EVENTS, 0, 5_000, 1).select(["sensor", "site"]).to_pylist()
    sites = {
        pair["sensor"]: {other["site"] for other in pairs if other["sensor"] == pair["sensor"]} for pair in pairs[:50]
    }

    assert {len(found) for found in sites.values()} == {1}


def test_seeds_make_different_rows() -> None:
    """Another seed draws other payload and other timestamps under the same keys."""
    one, other = rows(ORDERS, 0, 500, 1), rows(ORDERS, 0, 500, 2)

    assert one.column("id") == other.column("id")
    assert one.column("amount_cents") != other.column("amount_cents")
    assert one.column("modified_at") != other.column("modified_at")


def test_a_parquet_file_holds_the_rows(tmp_path: Path) -> None:
    """The file holds exactly the rows, compressed with zstd, a row group for each block."""
    path = tmp_path / "orders.parquet"
    write_parquet(ORDERS, 1_000, 42, path, block=400)
    meta = pq.read_metadata(path)

    assert pq.read_table(path) == rows(ORDERS, 0, 1_000, 42)
    assert [meta.row_group(number).num_rows for number in range(meta.num_row_groups)] == [400, 400, 200]
    assert meta.row_group(0).column(0).compression == "ZSTD"


def test_a_dataset_is_found_by_its_id() -> None:
    """The id of each dataset leads to it."""
    assert [dataset(made.id) for made in DATASETS] == list(DATASETS)


def test_an_unknown_dataset_is_refused() -> None:
    """The refusal names the nearest known dataset."""
    with pytest.raises(Refused, match="unknown dataset 'order': did you mean orders"):
        dataset("order")


def test_nothing_heavy_is_imported_at_the_start() -> None:
    """Naming datasets and scenarios imports neither numpy nor Arrow nor Faker."""
    code = "import sys, incload.history.synthetic.scenarios\n"
    code += "sys.exit(bool({'numpy', 'pyarrow', 'faker'} & set(sys.modules)))"

    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
