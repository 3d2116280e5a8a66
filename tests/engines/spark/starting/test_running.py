"""The one Spark of a process: what a later URL may ask of it; without Spark."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest

from incload.engines.spark.endpoint import Lake
from incload.engines.spark.starting import running
from incload.engines.spark.starting.running import Running, spark_for
from incload.errors import Refused

if TYPE_CHECKING:
    from pathlib import Path

    from incload.engines.temporary.dirs import Scratch


@pytest.fixture
def started(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> object:
    """Pretend that Spark runs with 1 GB; return its session."""
    spark = object()
    folder: Scratch = SimpleNamespace(folder=tmp_path)  # type: ignore[assignment]
    settings = {"spark.driver.memory": "1g", "spark.jars.ivy": "/a"}
    monkeypatch.setattr(running, "_RUNNING", [Running(spark, "local[2]", folder, settings)])
    monkeypatch.setattr(running, "_lives", lambda _: True)
    monkeypatch.delenv("PYSPARK_PIN_THREAD", raising=False)
    return spark


@pytest.mark.parametrize(
    "settings", [{}, {"spark.driver.memory": "1g"}, {"spark.sql.shuffle.partitions": "7"}, {"spark.jars.ivy": "/a"}]
)
def test_a_url_that_asks_for_nothing_else_takes_the_spark_there(started: object, settings: dict[str, str]) -> None:
    """Settings that each session has for itself may differ."""
    assert spark_for(Lake("/lake", spark=settings)) is started


@pytest.mark.parametrize("name", ["spark.driver.memory", "spark.jars.ivy", "spark.hadoop.x", "spark.sql.extensions"])
@pytest.mark.usefixtures("started")
def test_a_setting_that_comes_too_late_is_refused(name: str) -> None:
    """What Spark takes at its start alone would be ignored; the value is not repeated."""
    with pytest.raises(
        Refused, match=f"runs without the setting {name} of the URL, .* load in another process"
    ) as said:
        spark_for(Lake("/lake", spark={name: "other"}))

    assert "other " not in str(said.value).replace("another ", "")


@pytest.mark.usefixtures("started")
def test_threads_that_are_not_pinned_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """Iceberg keeps the properties of a commit by thread, and without them the state is lost."""
    monkeypatch.setenv("PYSPARK_PIN_THREAD", "false")
    with pytest.raises(Refused, match="PYSPARK_PIN_THREAD keeps pyspark from pinning threads"):
        spark_for(Lake("/lake"))
