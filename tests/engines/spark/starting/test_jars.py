"""Where the jar of Iceberg comes from, and which jars are refused."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from incload.engines.spark.starting import jars
from incload.engines.spark.starting.jars import COORDINATE, Jars, find_jars
from incload.errors import Refused

if TYPE_CHECKING:
    from pathlib import Path

RIGHT = "iceberg-spark-runtime-3.5_2.12-1.10.2.jar"


def made(folder: Path, *names: str) -> str:
    """Make files and return their list."""
    for name in names:
        (folder / name).touch()
    return ",".join(str(folder / name) for name in names)


def test_the_variable_comes_first(tmp_path: Path) -> None:
    """It may name others beside the one of Iceberg."""
    named = made(tmp_path, RIGHT, "postgresql.jar")

    assert find_jars({jars.VARIABLE: named}) == Jars((str(tmp_path / RIGHT), str(tmp_path / "postgresql.jar")))


@pytest.mark.parametrize(
    ("names", "said"),
    [
        (["iceberg-spark-runtime-3.5_2.13-1.10.2.jar"], "is for Scala 2.13, and the Spark of pyspark is built with"),
        (["iceberg-spark-runtime-3.4_2.12-1.10.2.jar"], "is for Spark 3.4 and not 3.5"),
        ([RIGHT, "iceberg-spark-runtime-3.5_2.13-1.10.2.jar"], "is for Scala 2.13"),
        ([RIGHT, "iceberg-spark-runtime-3.5_2.12-1.9.2.jar"], "names several of the jars"),
        (["postgresql.jar"], "names none of the jars"),
    ],
)
def test_jars_that_do_not_fit_are_refused(tmp_path: Path, names: list[str], said: str) -> None:
    """For another Spark, for another Scala, or without Iceberg."""
    with pytest.raises(Refused, match=said):
        find_jars({jars.VARIABLE: made(tmp_path, *names)})


def test_a_jar_that_is_not_there_is_refused(tmp_path: Path) -> None:
    """The sentence names the variable."""
    with pytest.raises(Refused, match=r"INCLOAD_SPARK_JARS names '.*none.jar', and there is no such file"):
        find_jars({jars.VARIABLE: f"{tmp_path}/none.jar"})


def make_package(folder: Path, monkeypatch: pytest.MonkeyPatch, version: str, *names: str) -> None:
    """Install a package that brings jars."""
    package = folder / "snowpark_connect_deps_iceberg"
    (package / "jars").mkdir(parents=True)
    (package / "__init__.py").touch()
    made(package / "jars", *names)
    described = folder / f"snowpark_connect_deps_iceberg-{version}.dist-info"
    described.mkdir()
    (described / "METADATA").write_text(f"Name: snowpark-connect-deps-iceberg\nVersion: {version}\n", encoding="utf-8")
    monkeypatch.setattr(sys, "path", [str(folder), *sys.path])


def test_the_package_comes_next(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of the jars that it holds the one for this Spark and Scala is taken."""
    make_package(tmp_path, monkeypatch, "1.0.2", "iceberg-spark-runtime-3.5_2.13-1.10.2.jar", RIGHT)

    assert find_jars({}) == Jars((str(tmp_path / "snowpark_connect_deps_iceberg" / "jars" / RIGHT),))


@pytest.mark.parametrize(
    ("version", "names", "said"),
    [
        ("1.0.3", [RIGHT], "1.0.3 brings no whole jar: install version 1.0.2"),
        ("1.0.2", [], "holds no jar for Spark 3.5"),
    ],
)
def test_a_package_without_the_jar_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, version: str, names: list[str], said: str
) -> None:
    """One of another version holds a jar in which classes are missing."""
    make_package(tmp_path, monkeypatch, version, *names)

    with pytest.raises(Refused, match=said):
        find_jars({})


def test_without_either_spark_fetches_the_jar(monkeypatch: pytest.MonkeyPatch) -> None:
    """As users of Spark do."""
    monkeypatch.setattr(jars, "find_spec", lambda _: None)

    assert find_jars({}) == Jars((), COORDINATE)
