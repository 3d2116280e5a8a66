"""Columns that folders name, beside those of the files: alike for every format."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import duckdb
import pytest

import incload
from incload.engines.files.record_files import literal
from incload.errors import Refused

RECORDS = {
    "csv": "id,v\n{0},1.10\n",
    "json": '[{{"id": {0}, "v": 1.10}} ]',
    "ndjson": '{{"id": {0}, "v": 1.10}}  \n',
    "parquet": "",
}


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Enter an empty folder."""
    monkeypatch.chdir(tmp_path)


def written(name: str, text: str) -> None:
    """Write a file and its folders."""
    Path(name).parent.mkdir(parents=True, exist_ok=True)
    Path(name).write_text(text, encoding="utf-8")


def record(name: str, number: int) -> None:
    """Write a file of one record, in the format of its ending."""
    ending = name.rpartition(".")[2]
    written(name, RECORDS[ending].format(number))
    if ending == "parquet":
        duckdb.sql(f"COPY (SELECT {number} AS id, 1.10 AS v) TO {literal(name)} (FORMAT parquet)")


def loaded(source: str, key: str | list[str] = "id") -> tuple[list[tuple[object, ...]], tuple[str, ...]]:
    """Load a source; return the rows without the value of `v`, and what was reported."""
    summary = incload.load(source, "duckdb:///copy.duckdb", table="t", key=key, strategy="snapshot_diff")
    with closing(duckdb.connect("copy.duckdb")) as connection:
        return connection.execute("SELECT * EXCLUDE v FROM t ORDER BY ALL").fetchall(), summary.warnings


@pytest.mark.parametrize("ending", RECORDS)
def test_folders_are_columns_of_text(ending: str) -> None:
    """Numbers and the mark of no value too, and nothing is reported of them."""
    record(f"h/year=2026/part=01/a.{ending}", 1)
    record(f"h/year=2027/part=__HIVE_DEFAULT_PARTITION__/a.{ending}", 2)

    assert loaded("h") == ([(1, "2026", "01"), (2, "2027", None)], ())


@pytest.mark.parametrize("ending", RECORDS)
def test_a_folder_may_be_part_of_the_key(ending: str) -> None:
    """Where a number is used once in each."""
    for day in ("a%20b", "it's"):
        record(f"h/day={day}/x.{ending}", 1)

    assert loaded("h", ["id", "day"])[0] == [(1, "a b"), (1, "it's")]


@pytest.mark.parametrize("source", ["run=7/h", "run=7/h/*/*.csv", "run=7/h/year=*/*.csv"])
def test_folders_above_the_source_are_no_columns(source: str) -> None:
    """They say where it lies."""
    record("run=7/h/year=2026/a.csv", 1)

    assert loaded(source)[0] == [(1, "2026")]


def test_a_fixed_folder_of_a_pattern_is_no_column() -> None:
    """It is above what the pattern matches."""
    record("year=2026/a.csv", 1)

    assert loaded("year=2026/*.csv")[0] == [(1,)]


@pytest.mark.parametrize(
    ("name", "text"), [("x.json", '[{"id": 2, "v": 1, "year": 5}]'), ("x.csv", "id,v,year\n2,1,5\n")]
)
def test_a_column_of_the_file_itself_stands(name: str, text: str) -> None:
    """In its own rows."""
    record(f"h/year=1/{name}", 1)
    written(f"h/year=2/{name}", text)

    assert loaded("h")[0] == [(1, "1"), (2, "5")]


def test_a_record_without_fields_has_those_of_its_folders() -> None:
    """And the other columns are null in its row, which is reported."""
    written("h/id=a/x.json", "[{}]")
    written("h/id=b/x.json", '[{"v": 1}]')

    said = "column 'v' is in 1 of 2 files of 'h', and null in the rows of the others."
    assert loaded("h") == ([("a",), ("b",)], (said,))


def test_a_list_without_records_lacks_nothing() -> None:
    """It has no rows in which a column could be null."""
    written("h/a.json", "[]")
    record("h/b.json", 1)

    assert loaded("h") == ([(1,)], ())


@pytest.mark.parametrize("ending", RECORDS)
def test_names_that_are_one_to_a_database_are_refused(ending: str) -> None:
    """Of two files, in a sentence of our own."""
    record(f"h/a.{ending}", 1)
    record(f"h/b.{ending}", 2)
    if ending == "parquet":
        duckdb.sql(f"COPY (SELECT 2 AS id, 1.10 AS V) TO 'h/b.{ending}' (FORMAT parquet)")
    else:
        written(f"h/b.{ending}", RECORDS[ending].format(2).replace("v", "V"))
    with pytest.raises(Refused, match=r"^'h' has the columns 'v' and 'V', which are one to a database: rename one"):
        loaded("h")


def test_folders_whose_names_are_one_to_a_database_are_refused() -> None:
    """One below the other."""
    record("h/A=1/a=2/x.parquet", 1)
    with pytest.raises(Refused, match="'h' has the columns 'A' and 'a', which are one to a database"):
        loaded("h")
