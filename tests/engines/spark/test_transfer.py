"""Rows between Spark and another engine: a folder that not all machines see is refused; without Spark."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest

pa = pytest.importorskip("pyarrow", reason="n/a: pyarrow is not installed (pip install 'incload[spark]')")

from incload.engines.spark.transfer import Arrival, SparkTransfer, _read, _spark, _write  # noqa: E402 - it needs pyarrow
from incload.errors import Refused  # noqa: E402 - as above

if TYPE_CHECKING:
    from pathlib import Path


def _transfer(master: str, staging: str) -> SparkTransfer:
    spark = SimpleNamespace(sparkContext=SimpleNamespace(master=master))
    return SparkTransfer(spark, lambda *_: None, {}, staging)


def test_a_cluster_without_a_folder_for_rows_is_refused() -> None:
    """Its machines would write where no one looks, and a read would find no rows."""
    with pytest.raises(Refused, match=r"the Spark at spark://h:7077 may run on other machines, .*staging=FOLDER"):
        _transfer("spark://h:7077", "")._folder()


@pytest.mark.parametrize("master", ["local", "local[2]", "spark://h:7077"])
def test_a_folder_that_is_named_is_taken(master: str, tmp_path: Path) -> None:
    """By a cluster and by this process."""
    transfer = _transfer(master, str(tmp_path))
    folder = transfer._folder()
    transfer.release()

    assert folder.parent == tmp_path


def test_rows_of_which_there_is_no_file_are_no_empty_table(tmp_path: Path) -> None:
    """Spark writes a file for no rows too, so that none means that it stands elsewhere."""
    with pytest.raises(Refused, match=r"no file of them can be seen from here: name a folder .* staging=FOLDER"):
        list(_read(tmp_path, pa.schema([])))


@pytest.mark.parametrize(
    "kind", [pa.time64("us"), pa.decimal256(50, 2), pa.duration("s"), pa.uint64(), pa.float16()], ids=str
)
def test_a_type_that_iceberg_lacks_is_refused(kind: pa.DataType) -> None:
    """Before any row is written."""
    with pytest.raises(Refused, match=r"column 'a' has the type .*, which Iceberg does not have: cast it in a view"):
        _spark(pa.field("a", kind))


def test_what_comes_in_is_counted_and_its_largest_values_are_known(tmp_path: Path) -> None:
    """Of whole numbers and times, over all batches, nulls and times without end passed over."""
    schema = pa.schema([("id", pa.int64()), ("at", pa.timestamp("us")), ("name", pa.string())])
    batches = [
        pa.record_batch(
            [pa.array([3, -1], pa.int64()), pa.array([7, None], schema.field("at").type), ["a", "b"]], schema
        ),
        pa.record_batch(
            [pa.array([2, None]), pa.array([(1 << 63) - 1, 9], schema.field("at").type), ["c", "d"]], schema
        ),
    ]
    found = _write(tmp_path / "rows", pa.RecordBatchReader.from_batches(schema, batches), {})
    none = _write(tmp_path / "none", pa.RecordBatchReader.from_batches(schema, []), {})

    assert (found, none) == (Arrival(4, {"id": 3, "at": 9}), Arrival(0, {"id": None, "at": None}))


@pytest.mark.parametrize(
    ("sql", "plan", "known"),
    [
        ("SELECT `id` FROM `incload_stream_1` AS i", "Project [id#1L]\n+- Relation [id#1L,b#2] parquet\n", True),
        ("SELECT * FROM `incload_stream_1` AS i", "Relation [id#1L] parquet\n", True),
        ("SELECT * FROM `incload_stream_10` AS i", "Relation [id#1L] parquet\n", False),
        ("SELECT * FROM `incload_stream_1` WHERE id > 1", "Filter (id#1L > 1)\n+- Relation [id#1L] parquet\n", False),
        ("SELECT * FROM `incload_stream_1` LIMIT 1", "GlobalLimit 1\n+- Relation [id#1L] parquet\n", False),
        ("SELECT * FROM t", "RelationV2[id#1L] lake.t\n", False),
    ],
)
def test_only_all_rows_of_one_stream_are_known(sql: str, plan: str, known: bool) -> None:  # noqa: FBT001 - of a case
    """A query that leaves out rows, or reads another table, has other rows."""
    transfer = _transfer("local", "")
    transfer._arrivals["`incload_stream_1`"] = Arrival(4, {"id": 3})

    assert transfer.arrival(sql, plan) == (Arrival(4, {"id": 3}) if known else None)
