"""Rows between Spark and another engine: a folder that not all machines see is refused; without Spark."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest

pa = pytest.importorskip("pyarrow", reason="n/a: pyarrow is not installed (pip install 'incload[spark]')")

from incload.engines.spark.transfer import SparkTransfer, _read, _spark  # noqa: E402 - it needs pyarrow
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
