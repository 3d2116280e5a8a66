"""Catalogs other than a folder, and a session that the program has opened itself."""

from __future__ import annotations

import subprocess
import sys
from contextlib import closing
from typing import TYPE_CHECKING

import incload
from tests.engines.spark.small import ON_SPARK, SMALL
from tests.engines.spark.test_loads import CHANGE, CHANGED, FIRST, Ends

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = ON_SPARK


class OtherEnds(Ends):
    """A warehouse whose catalog is named by its class, with an option of its own."""

    @property
    def target(self) -> str:
        """The URL of the warehouse and of its catalog."""
        catalog = "catalog.catalog-impl=org.apache.iceberg.hadoop.HadoopCatalog&catalog.table-default.note=ours"
        return f"iceberg:///?{SMALL}&catalog.warehouse={self.folder}/other&{catalog}"


def test_a_catalog_of_another_class_is_loaded_into(tmp_path: Path) -> None:
    """Its options go to Iceberg as they are; one session reads it beside a catalog of the usual kind."""
    ends = OtherEnds(tmp_path)
    first = ends.load()
    rows = ends.rows()
    ends.write(*CHANGE)
    changed, quiet = ends.load(), ends.load()
    usual = f"iceberg:///{tmp_path}/lake?{SMALL}"
    back = incload.load(f"{ends.target}&table=db.events", usual, table="db.back", key="id", strategy="log_cdc")
    with closing(ends.session()) as session:
        known = session.places.known("target", "db.events")
        note = str(known.table.properties().get("note"))

    assert (first.loaded, rows, changed.loaded, quiet.loaded, back.loaded) == (3, FIRST, 2, 0, 4)
    assert (ends.rows(), note) == (CHANGED, "ours")


GIVEN = """
import os, sys
from pyspark.sql import SparkSession
import incload
from incload.engines.spark.starting.jars import find_jars
from incload.engines.spark.starting.java import java_home

source, target = sys.argv[1:]
os.environ["JAVA_HOME"] = str(java_home(os.environ))
spark = (
    SparkSession.builder.master("local[1]").appName("theirs")
    .config("spark.jars", ",".join(find_jars(os.environ).files))
    .config("spark.sql.extensions", "org.apache.iceberg.spark.extensions.IcebergSparkSessionExtensions")
    .config("spark.sql.shuffle.partitions", "1").config("spark.ui.enabled", "false").getOrCreate()
)
before = {**dict(spark.sparkContext.getConf().getAll()), "zone": spark.conf.get("spark.sql.session.timeZone")}
loaded = incload.load(source, target, table="db.events", key="id", cursor="ts", strategy="timestamp_watermark").loaded
after = {**dict(spark.sparkContext.getConf().getAll()), "zone": spark.conf.get("spark.sql.session.timeZone")}
active = SparkSession.getActiveSession() is not None
print(loaded, spark.range(5).count(), before.items() <= after.items(), spark.sparkContext.appName, active)
"""


def test_a_session_that_the_program_has_opened_is_used(tmp_path: Path) -> None:
    """As it is: its settings stay, and it goes on after the load."""
    ends = Ends(tmp_path)
    target = f"iceberg:///{tmp_path}/lake"
    done = subprocess.run(
        [sys.executable, "-c", GIVEN, f"sqlite:///{tmp_path}/source.db?table=events", target],
        capture_output=True, text=True, check=False,
    )  # fmt: skip

    assert (done.returncode, done.stdout.split()) == (0, ["3", "5", "True", "theirs", "True"]), done.stderr
    assert ends.rows() == FIRST
