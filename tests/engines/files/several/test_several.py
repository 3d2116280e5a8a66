"""Several files of records as one source: what one file of all their records would be, or a refusal."""

from __future__ import annotations

import io
import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import duckdb
import pytest

import incload
from incload.cli import main
from incload.errors import Refused

ENGINES = ("sqlite", "duckdb")


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Enter a folder with a folder for the files."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "exports").mkdir()
    return tmp_path


def written(name: str, text: str) -> None:
    """Write a file of text."""
    with open(f"exports/{name}", "w", encoding="utf-8") as file:  # noqa: PTH123 - the folder is entered
        file.write(text)


def parquet(name: str, sql: str) -> None:
    """Write a Parquet file."""
    duckdb.sql(f"COPY ({sql}) TO 'exports/{name}' (FORMAT parquet)")


def loaded(source: str, engine: str = "duckdb", **options: Any) -> incload.LoadSummary:  # noqa: ANN401 - as given
    """Load a source into an engine's file."""
    usual = {"table": "t", "key": "id", "strategy": "snapshot_diff"}
    return incload.load(source, f"{engine}:///copy.{engine}", **{**usual, **options})


def rows(engine: str = "duckdb") -> list[tuple[object, ...]]:
    """Return the rows of the copy."""
    with closing(sqlite3.connect("copy.sqlite") if engine == "sqlite" else duckdb.connect("copy.duckdb")) as connection:
        return connection.execute("SELECT * FROM t ORDER BY id").fetchall()


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("source", ["exports", "exports/*.json", "exp*/day-?.json"])
def test_all_files_are_one_table(source: str, engine: str) -> None:
    """A folder or a pattern, and the next load finds what has changed in any of them."""
    written("day-1.json", '[{"id": 1, "v": "a"}]')
    written("day-2.json", '[{"id": 2, "v": "b", "more": 5}]')

    assert loaded(source, engine).loaded == 2
    assert rows(engine) == [(1, "a", None), (2, "b", 5)]
    written("day-2.json", '[{"id": 2, "v": "c", "more": 5}]')
    assert loaded(source, engine).loaded == 1
    assert rows(engine) == [(1, "a", None), (2, "c", 5)]


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize(
    "values",
    [("1", "2"), ("1", "2.5"), ('"x"', "1"), ("9007199254740993", "0.5"), ("null", "7"), ("true", "1"), ('"01"', "1")],
)
def test_the_kind_of_a_column_is_that_of_one_file_of_all_records(values: tuple[str, str], engine: str) -> None:
    """Values of all files decide it together, as the values of one file do."""
    records = [f'{{"id": {number}, "v": {value}}}' for number, value in enumerate(values)]
    with open("whole.ndjson", "w", encoding="utf-8") as file:  # noqa: PTH123 - the folder is entered
        file.write("\n".join(records))
    for number, record in enumerate(records):
        written(f"{number}.ndjson", record)
    loaded("whole.ndjson", engine, table="whole")
    loaded("exports", engine)
    with closing(sqlite3.connect("copy.sqlite") if engine == "sqlite" else duckdb.connect("copy.duckdb")) as connection:
        both = [
            connection.execute(f"SELECT *, typeof(v) FROM {name} ORDER BY id").fetchall() for name in ("whole", "t")
        ]

    assert both[0] == both[1]


def test_csv_files_may_have_their_columns_in_another_order() -> None:
    """A column that some files lack is null in their rows, and a sentence says so."""
    written("1.csv", "id,v\n1,a\n")
    written("2.csv", "w;id;v\n5;2;b\n")
    summary = loaded("exports")

    assert rows() == [(1, "a", None), (2, "b", 5)]
    assert summary.warnings == ("column 'w' is in 1 of 2 files of 'exports', and null in the rows of the others.",)


@pytest.mark.parametrize("engine", ENGINES)
def test_folders_of_partitions_are_columns(engine: str) -> None:
    """Of text, as the path writes it; the mark of no value is null, and a column of the file itself stands."""
    for number, name in enumerate(("year=2026/part=01", "year=2026/part=__HIVE_DEFAULT_PARTITION__")):
        (folder_of := Path("exports", name)).mkdir(parents=True)
        parquet(f"{name}/a.parquet", f"SELECT {number} AS id, 'v' AS v, 1999 AS year")
        (folder_of / "_SUCCESS").touch()
    loaded("exports", engine)

    assert rows(engine) == [(0, "v", 1999, "01"), (1, "v", 1999, None)]


def test_a_partition_may_be_part_of_the_key() -> None:
    """Where a number is used once in each."""
    for day in ("a%20b", "c"):
        Path("exports", f"day={day}").mkdir()
        parquet(f"day={day}/x.parquet", "SELECT 1 AS id")

    assert loaded("exports", key=["id", "day"]).loaded == 2
    assert sorted(rows()) == [(1, "a b"), (1, "c")]


def test_a_new_column_of_parquet_is_null_before() -> None:
    """And reported."""
    parquet("1.parquet", "SELECT 1 AS id")
    parquet("2.parquet", "SELECT 2 AS id, 1.5::DECIMAL(5,2) AS price")

    assert loaded("exports/*.parquet").warnings[0].startswith("column 'price' is in 1 of 2 files")
    assert [str(price) for _, price in rows()] == ["None", "1.50"]


def test_a_column_of_two_types_is_refused() -> None:
    """With both files, and nothing is loaded."""
    parquet("1.parquet", "SELECT 1 AS id, 1 AS v")
    parquet("2.parquet", "SELECT 2 AS id, '1' AS v")
    with pytest.raises(Refused, match=r"column 'v' is INTEGER in 'exports/1\.parquet' and VARCHAR in 'exports/2\.parq"):
        loaded("exports")
    assert not Path("copy.duckdb").exists()


@pytest.mark.parametrize(
    ("files", "source", "sentence"),
    [
        ({}, "exports", "'exports' holds no file of records"),
        ({}, "exports/*.json", r"'exports/\*\.json' holds no file of records"),
        ({"a.json": "[]", "b.csv": "id\n"}, "exports", "holds files of several formats, as 'exports/a.json' and"),
        (
            {"a.json": "[]", "b.txt": "x"},
            "exports/*",
            "'exports/b.txt', which 'exports/.' matches, is no file of records",
        ),
        ({"a.json": '[{"id": 1}]', "b.json": '[{"id": 1}]'}, "exports", "2 records of 'exports' have the key 'id' = 1"),
        ({"a.json": '[{"id": 1}]', "b.json": '[{"x": 1}]'}, "exports", "record 2 of 'exports' has no key 'id'"),
        ({"a.json": '[{"id": 1}]', "b.json": "<html>"}, "exports", "'exports/b.json' is a page of HTML"),
        ({"a.json": '[{"id": 1}]', "b.json": ""}, "exports", "'exports/b.json' is empty"),
    ],
)
def test_what_is_refused(files: dict[str, str], source: str, sentence: str) -> None:
    """In one sentence, and no target is left."""
    for name, text in files.items():
        written(name, text)
    with pytest.raises(Refused, match=sentence):
        loaded(source)
    assert not Path("copy.duckdb").exists()


def test_a_file_whose_name_looks_like_a_pattern_is_itself() -> None:
    """It is there, and so it is meant."""
    written("a[1].json", '[{"id": 1}]')
    written("a1.json", '[{"id": 2}]')

    loaded("exports/a[1].json")
    assert rows() == [(1,)]


def test_a_copy_of_several_files_is_audited() -> None:
    """By the same reading."""
    written("1.json", '[{"id": 1, "v": "a"}]')
    written("2.json", '[{"id": 2, "v": "b"}]')
    loaded("exports")
    written("2.json", '[{"id": 2, "v": "c"}]')

    found = incload.audit("exports", "duckdb:///copy.duckdb?table=t", key="id")
    assert (found.compared, found.stale) == (2, 1)


class Piped(io.TextIOWrapper):
    """A standard input that is no terminal."""

    def isatty(self) -> bool:
        """Say so."""
        return False


@pytest.mark.parametrize("engine", ENGINES)
def test_the_standard_input_is_a_source(
    engine: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Of newline-delimited JSON; a second one is the same source, whose watermark goes on."""
    command = ["load", "-", "--target", f"{engine}:///copy.{engine}", "--table", "t", "--key", "id", "--cursor", "at"]
    for records in ([{"id": 1, "at": 5}], [{"id": 1, "at": 5}, {"id": 2, "at": 6}]):
        text = "\n".join(map(json.dumps, records))
        monkeypatch.setattr("sys.stdin", Piped(io.BytesIO(text.encode())))
        assert main([*command, "--strategy", "timestamp_watermark"]) == 0

    assert rows(engine) == [(1, 5), (2, 6)]
    assert "Loaded 1 row into t." in capsys.readouterr().out


def test_a_terminal_is_no_source(monkeypatch: pytest.MonkeyPatch) -> None:
    """It would wait for what a user does not know to type."""
    monkeypatch.setattr(Piped, "isatty", lambda _: True)
    monkeypatch.setattr("sys.stdin", Piped(io.BytesIO(b"")))
    with pytest.raises(Refused, match="the source - is the standard input, and that is a terminal"):
        loaded("-")


def test_a_closed_standard_input_is_no_source(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is no terminal either."""
    monkeypatch.setattr("sys.stdin", None)
    with pytest.raises(Refused, match="the source - is the standard input, and that is closed: pipe NDJSON"):
        loaded("-")


def test_no_refusal_of_the_standard_input_names_its_file(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is gone by then, and has no name to change."""
    for text, sentence in {
        "id,v\n1,2\n": "the standard input is a table of text with commas between its fields: "
        "write it to a file whose name ends in .csv, and load that.",
        "": "the standard input is empty: a file of records holds at least an empty list.",
        '{"x": 1}': "the standard input has no key column 'id': its columns are x.",
    }.items():
        monkeypatch.setattr("sys.stdin", Piped(io.BytesIO(text.encode())))
        with pytest.raises(Refused) as refusal:
            loaded("-")
        assert str(refusal.value) == sentence


def test_nothing_that_is_reported_of_the_standard_input_names_its_file(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither does a warning."""
    text = '{"id": 1, "v": 0.1234567890123456789}'
    monkeypatch.setattr("sys.stdin", Piped(io.BytesIO(text.encode())))

    (warning,) = loaded("-").warnings
    assert "the standard input" in warning
    assert "/" not in warning
