"""URLs of Iceberg tables: which warehouse, which table, by which Spark; read without pyspark."""

from __future__ import annotations

from pathlib import Path

import pytest

from incload.engines.endpoints import locate
from incload.engines.spark.endpoint import Lake
from incload.engines.spark.failures import failed
from incload.errors import Refused, masked

HERE = str(Path.cwd())


@pytest.mark.parametrize(
    ("text", "lake"),
    [
        ("iceberg:///lake?table=db.orders", Lake(f"{HERE}/lake", table="db.orders")),
        ("iceberg:////data/lake?table=orders", Lake("/data/lake", table="orders")),
        ("iceberg:////data/my%20lake", Lake("/data/my lake")),
        ("iceberg+spark://host:7077/data/lake?table=db.t", Lake("/data/lake", "spark://host:7077", "db.t")),
        ("iceberg:////lake?mode=copy-on-write", Lake("/lake", mode="copy-on-write")),
        ("iceberg:////lake?spark.master=local[1]", Lake("/lake", "local[1]")),
        ("iceberg:////lake?spark.driver.memory=2g", Lake("/lake", spark={"spark.driver.memory": "2g"})),
        (
            "iceberg:///?catalog.type=rest&catalog.uri=http://c:8181",
            Lake("", catalog={"type": "rest", "uri": "http://c:8181"}),
        ),
        ("iceberg:///s3://bucket/lake?table=a.b.c", Lake("s3://bucket/lake", table="a.b.c")),
        ("iceberg:///?catalog.warehouse=s3://b/l", Lake("s3://b/l")),
    ],
)
def test_a_warehouse_is_read_to_the_letter(text: str, lake: Lake) -> None:
    """A path is relative behind three slashes and absolute behind four, as for other engines in files."""
    assert locate(text) == lake


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("iceberg:///", "names no warehouse: write iceberg:///path/to/warehouse"),
        ("iceberg://", "names no warehouse"),
        ("iceberg://host/lake", "names the host 'host' and no cluster: write .* iceberg[+]spark://"),
        ("iceberg+spark://host/lake", "names no master as host:port"),
        ("iceberg+spark:///lake", "names no master as host:port"),
        ("iceberg+spark://host:7077", "names no warehouse"),
        ("iceberg:///lake?tabel=t", "unknown URL option 'tabel': did you mean table"),
        ("iceberg:///lake?table=", "names no table or several: write table=VALUE once"),
        ("iceberg:///lake?table=a&table=b", "names no table or several"),
        ("iceberg:///lake?table=db..t", "the table 'db..t' has an empty part"),
        ("iceberg:///lake?mode=merge", "unknown mode of an Iceberg table 'merge': did you mean merge-on-read"),
        ("iceberg:///a%00b", "holds a NUL character"),
        ("iceberg:///?catalog.type=hadoop", "names no warehouse"),
    ],
)
def test_a_url_that_names_none_is_refused(text: str, said: str) -> None:
    """The sentence says what would name one."""
    with pytest.raises(Refused, match=said):
        locate(text)


def test_a_warehouse_that_is_a_file_is_refused(tmp_path: Path) -> None:
    """On either end, before Spark is started."""
    (tmp_path / "lake").touch()
    lake = Lake(str(tmp_path / "lake"))

    with pytest.raises(Refused, match=r"the source '.*lake' is a file, and a warehouse is a folder"):
        lake.check_source()
    with pytest.raises(Refused, match=r"the target '.*lake' is a file, and a warehouse is a folder"):
        lake.check_target(lake)


def test_a_warehouse_that_is_nowhere_is_refused(tmp_path: Path) -> None:
    """A source has to be there, a target needs a folder around it, and rows on their way one that is there."""
    lake = Lake(str(tmp_path / "a" / "lake"))

    with pytest.raises(Refused, match=r"there is no warehouse '.*lake' to read"):
        lake.check_source()
    with pytest.raises(Refused, match=r"the warehouse's folder '.*a' does not exist: create it first"):
        lake.check_target(lake)
    with pytest.raises(Refused, match="the folder '/nowhere' in which rows are to wait is not there"):
        Lake(str(tmp_path), staging="/nowhere").check_target(lake)


def test_what_an_empty_load_has_made_is_removed(tmp_path: Path) -> None:
    """Folders that hold nothing go, and one that holds something stays."""
    empty, full = tmp_path / "empty", tmp_path / "full"
    for each in (empty, full):
        (each / "db").mkdir(parents=True)
    (full / "db" / "kept").touch()
    Lake(str(empty)).remove()
    Lake(str(full)).remove()

    assert (empty.exists(), (full / "db" / "kept").exists()) == (False, True)


def test_options_of_a_catalog_are_not_shown() -> None:
    """They may be a password or a token."""
    url = "iceberg:///?catalog.type=rest&catalog.uri=http://c&catalog.token=abc"

    assert "abc" not in repr(locate(url)) + locate(url).shown
    assert masked(f"load {url}") == "load iceberg:///?catalog.type=***&catalog.uri=***&catalog.token=***"


@pytest.mark.parametrize(
    ("one", "other", "shared"),
    [
        (Lake("/a"), Lake("/b"), True),
        (Lake("/a"), Lake("/a", "spark://h:7077"), False),
    ],
)
def test_one_spark_reads_every_warehouse(one: Lake, other: Lake, shared: object) -> None:
    """And another Spark has another session."""
    assert one.shares_session(other) is shared


@pytest.mark.parametrize(
    ("url", "origin"),
    [
        ("iceberg:////lake", "iceberg:////lake?table=t"),
        ("iceberg:////x:y@z", "iceberg:////x:y@z?table=t"),
        ("iceberg:///s3://key:secret@b/l", "iceberg:///s3://key:***@b/l?table=t"),
        ("iceberg:///abfss://c@account/l", "iceberg:///abfss://c@account/l?table=t"),
        (
            "iceberg:///?catalog.type=rest&catalog.uri=http://c:8181/v1",
            "iceberg:///?table=t&catalog.uri=http://c:8181/v1",
        ),
        (
            "iceberg:///?catalog.type=rest&catalog.uri=https://me:se/c@ret@c:8181/v1?token=secret",
            "iceberg:///?table=t&catalog.uri=https://c:8181/v1",
        ),
        (
            "iceberg:///?catalog.type=jdbc&catalog.uri=jdbc:postgresql://h/d?user=a@b%26password=secret",
            "iceberg:///?table=t&catalog.uri=jdbc:postgresql://h/d",
        ),
        (
            "iceberg:///?catalog.type=jdbc&catalog.uri=jdbc:sqlserver://h:1;password=secret",
            "iceberg:///?table=t&catalog.uri=jdbc:sqlserver://h:1",
        ),
    ],
)
def test_what_is_written_down_of_a_source_holds_no_secret(url: str, origin: str) -> None:
    """The state says where rows come from, and everyone who reads the target can read it."""
    assert locate(url).origin("t") == origin


def test_what_java_says_is_shown_without_passwords() -> None:
    """A driver quotes its address when it cannot connect."""
    error = RuntimeError("no answer from jdbc:postgresql://me:secret@h/d")

    assert str(failed(error)) == "no answer from jdbc:postgresql://me:***@h/d"


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        (
            "org.apache.spark.SparkException: Job aborted\njava.io.IOException: No space left on device",
            "there is no room left where Spark keeps rows on their way: make room, or name another folder in TMPDIR",
        ),
        (
            "[MERGE_CARDINALITY_VIOLATION] The ON search condition",
            "a key stands in several rows that are to be written: name a key that distinguishes them",
        ),
        ("java.lang.OutOfMemoryError: Java heap space", "Spark has run out of memory: give it more by spark.driver"),
    ],
)
def test_what_may_happen_to_anyone_is_said_in_plain_words(said: str, sentence: str) -> None:
    """And not in those of a stack of Java."""
    assert str(failed(RuntimeError(said))).startswith(sentence)


def test_a_home_in_staging_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """As in other paths of a URL, which no shell has expanded."""
    monkeypatch.setenv("HOME", "/somewhere/me")
    found = locate("iceberg:////lake?staging=~/x")

    assert isinstance(found, Lake)
    assert found.staging == "/somewhere/me/x"
