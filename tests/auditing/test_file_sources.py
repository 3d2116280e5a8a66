"""Audits of files of text: every planted fault is found and nothing else, and what is read otherwise is a rule."""

from __future__ import annotations

import csv
import io
import itertools
import json
import sqlite3
import tempfile
from contextlib import closing
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from incload.api.audit import audit
from incload.engines.endpoints import locate
from incload.engines.registry import session_type
from incload.errors import Refused
from tests.effort import effort

if TYPE_CHECKING:
    from incload.auditing.result import AuditResult

BY_VALUE = "numbers of the file are read by their value: zeros at the end of a fraction do not count"
AS_LOADED = "numbers, truth values and objects of the file are compared as the texts that a load writes"
ZERO = "0.0 and -0.0 are one number"
NAN = "NaN is null, as SQLite has none"
NO_FIELD, EMPTY = "a field that a record does not have is null", "an empty field is null"
ISO = "texts are read as ISO times, as UTC where they say no zone"


class Planted(NamedTuple):
    """A file of some fields beside a column of a type and its values: which rows are wrong, and by which rule."""

    fields: tuple[str, ...]
    declared: str
    values: tuple[object, ...]
    wrong: list[int]
    rule: str | None


def copied(folder: Path, declared: str, values: dict[int, object]) -> str:
    """Fill a table of an engine, `sqlite TEXT` for one; return its URL."""
    engine, _, kind = declared.partition(" ")
    path = folder / f"copy.{engine}"
    path.unlink(missing_ok=True)
    with closing(sqlite3.connect(path) if engine == "sqlite" else duckdb.connect(str(path))) as opened:
        opened.execute(f"CREATE TABLE t (id BIGINT, v {kind})")
        if values:
            opened.executemany("INSERT INTO t VALUES (?, ?)", list(values.items()))
        opened.commit()
    return f"{engine}:///{path}?table=t"


def beside(folder: Path, name: str, text: str, declared: str, *values: object, **options: Any) -> AuditResult:  # noqa: ANN401 - of an audit
    """Audit a file beside a table whose keys count from 1."""
    (folder / name).write_bytes(text.encode())
    return audit(folder / name, copied(folder, declared, dict(enumerate(values, start=1))), key="id", **options)


def wrong(found: AuditResult) -> list[object]:
    """Return the keys of wrong rows, and check that they are what was counted."""
    keys = sorted(str(sample.key[0]) for sample in found.samples)
    assert found.wrong == len(keys)
    return list(map(int, keys))


@pytest.mark.parametrize(
    "planted",
    [
        Planted(("1.10", "2.50"), "duckdb VARCHAR", ("1.1", "2.50"), [1], None),
        Planted(("1.10", "2.50"), "sqlite TEXT", ("1.10", "2.5"), [2], None),
        Planted(("1.10", "2.50"), "duckdb DOUBLE", (1.1, 2.51), [2], f"{BY_VALUE}; {ZERO}"),
        Planted(("1.10", "2.50"), "sqlite REAL", (1.1, 2.51), [2], f"{BY_VALUE}; {ZERO}; {NAN}"),
        Planted(("1.10", "2.50"), "duckdb DECIMAL(10,3)", (1.1, 2.501), [2], BY_VALUE),
        Planted(("1", "1.0"), "duckdb DOUBLE", (1.0, 1.0), [], f"{BY_VALUE}; {ZERO}"),
        Planted(("1.5", "2.5"), "duckdb DOUBLE", (1.5, 2.5), [], ZERO),
        Planted(("9007199254740993", "1"), "duckdb BIGINT", (2**53, 1), [1], None),
        Planted(("007", "8"), "duckdb VARCHAR", ("7", "8"), [1], None),
        Planted(("007", "8"), "duckdb BIGINT", (7, 8), [1], "whole numbers are compared as their digits"),
        Planted(("", '""'), "duckdb VARCHAR", (None, ""), [2], EMPTY),
        Planted(("", '""'), "sqlite TEXT", (None, ""), [2], EMPTY),
        Planted(('"a\nb"', '"a\r\nb"'), "duckdb VARCHAR", ("a\nb", "a\nb"), [2], None),
        Planted(('"a\nb"', '"a\r\nb"'), "sqlite TEXT", ("a\r\nb", "a\r\nb"), [1], None),
        Planted(
            ("2026-03-01T13:00+01:00", "2026-03-01"), "duckdb TIMESTAMP", ("2026-03-01 12:00", "2026-03-02"), [2], ISO
        ),
        Planted(
            ("2026-03-01T12:00:00.1234567", "2026-03-01"),
            "duckdb TIMESTAMP",
            ("2026-03-01 12:00:00.123456",) * 2,
            [1, 2],
            ISO,
        ),
        Planted(("true", "false"), "sqlite INTEGER", (1, 1), [2], "truth values are 0 and 1"),
    ],
    ids=itertools.count(),
)
def test_csv(tmp_path: Path, planted: Planted) -> None:
    """The form of a field counts beside texts; where it does not, a rule says so."""
    lines = "".join(f"{key},{field}\n" for key, field in enumerate(planted.fields, start=1))

    found = beside(tmp_path, "s.csv", f"id,v\n{lines}", planted.declared, *planted.values)

    assert (wrong(found), found.rules.get("v")) == (planted.wrong, planted.rule)


@pytest.mark.parametrize(
    "planted",
    [
        Planted(("1.10", "2.50"), "duckdb DOUBLE", (1.1, 2.51), [2], ZERO),
        Planted(("1.10", "2.50"), "duckdb VARCHAR", ("1.1", "2.50"), [2], AS_LOADED),
        Planted(('"1.10"', '"2.50"'), "sqlite TEXT", ("1.1", "2.50"), [1], None),
        Planted(("1", '"1"'), "sqlite TEXT", ("1", "01"), [2], AS_LOADED),
        Planted(("true", '"true"'), "duckdb VARCHAR", ("true", "True"), [2], AS_LOADED),
        Planted(('{"a": 1}', '"{}"'), "duckdb VARCHAR", ('{"a":1}', "{ }"), [2], AS_LOADED),
        Planted(("null", '""'), "duckdb VARCHAR", ("", ""), [1], NO_FIELD),
        Planted(('"a\\u0000b"', '"a"'), "duckdb VARCHAR", ("a\0b", "a\0"), [2], None),
        Planted(('"a\\u0000b"', '"a"'), "sqlite TEXT", ("a\0c", "a"), [1], None),
        Planted(('"\\u00e9"', '"e\\u0301"'), "sqlite TEXT", ("é", "é"), [2], None),
    ],
    ids=itertools.count(),
)
def test_json(tmp_path: Path, planted: Planted) -> None:
    """A number is its value; what becomes text beside a column of texts is a rule."""
    lines = "".join(f'{{"id": {key}, "v": {field}}}\n' for key, field in enumerate(planted.fields, start=1))

    found = beside(tmp_path, "s.ndjson", lines, planted.declared, *planted.values)

    assert (wrong(found), found.rules.get("v")) == (planted.wrong, planted.rule)


def test_csv_beside_postgresql(tmp_path: Path, postgres_url: str) -> None:
    """The form counts beside a text alone; an empty field is null, and a time has a zone."""
    (tmp_path / "s.csv").write_text(
        "id,t,n,f,z\n1,1.10,1.10,1.10,2026-03-01T13:00+01:00\n2,,,,\n3,a,2.01,2.01,2026-03-01T12:00:00.000001Z\n"
    )
    with closing(session_type("postgres").open(None, locate(postgres_url))) as session:
        name = session.name("target", "from_csv")
        session.write(f"CREATE TABLE {name} (id BIGINT, t TEXT, n NUMERIC, f FLOAT8, z TIMESTAMPTZ)")
        session.write(
            f"INSERT INTO {name} VALUES (1, '1.1', 1.1, 1.1, '2026-03-01 12:00Z'), (2, '', NULL, NULL, NULL),"
            " (3, 'a', 2.010001, 2.0100000000000002, '2026-03-01 12:00Z')"
        )

    found = audit(tmp_path / "s.csv", f"{postgres_url}{'&' if '?' in postgres_url else '?'}table=from_csv", key="id")

    assert {sample.key[0]: sample.columns for sample in found.samples} == {1: ("t",), 2: ("t",), 3: ("n", "f", "z")}
    assert found.rules == {
        "t": EMPTY,
        "n": f"{BY_VALUE}; {EMPTY}; zeros at the end of a fraction do not count",
        "f": f"{BY_VALUE}; {EMPTY}; {ZERO}",
        "z": f"{EMPTY}; {ISO}",
    }


def test_a_type_that_is_named_is_a_rule(tmp_path: Path) -> None:
    """The user says how the texts are read, and what that makes equal."""
    found = beside(tmp_path, "s.csv", "id,v\n1,+1.5\n2,007\n", "duckdb DOUBLE", 1.5, 8.0, types={"v": "DOUBLE"})

    assert (wrong(found), found.rules) == ([2], {"v": f"the file's texts are read as DOUBLE, as --types says; {ZERO}"})


def test_a_column_that_no_rule_compares_names_the_option(tmp_path: Path) -> None:
    """A file has no view that could cast a column, but its type can be named."""
    with pytest.raises(Refused, match=r"leave it out with --exclude, or name its type with --types\.$"):
        beside(tmp_path, "s.csv", "id,v\n1,9007199254740993\n2,1.5\n", "duckdb DOUBLE", 1.0, 1.5)


@pytest.mark.parametrize(("field", "keys"), [("1.10", []), ("1.1", [1])])
def test_a_renamed_column_is_read_as_the_copy_has_it(tmp_path: Path, field: str, keys: list[int]) -> None:
    """Beside a text the form counts, whatever the column is called there."""
    found = beside(tmp_path, "s.csv", f"id,price\n1,{field}\n", "duckdb VARCHAR", "1.10", rename={"price": "v"})

    assert (wrong(found), found.rules) == (keys, {})


def test_an_empty_file_beside_a_renamed_key(tmp_path: Path) -> None:
    """All rows of the copy are too many."""
    (tmp_path / "s.json").write_text("[]")

    found = audit(tmp_path / "s.json", copied(tmp_path, "sqlite TEXT", {1: "x"}), key="n", rename={"n": "id"})

    assert (found.phantom, found.wrong) == (1, 1)


def test_what_parquet_holds_otherwise_is_a_rule(tmp_path: Path) -> None:
    """A decimal that no engine holds is compared as text, with all its digits."""
    digits = "9" * 39
    values = [Decimal(f"{digits}.0{last}") for last in (1, 2)]
    pq.write_table(pa.table({"id": [1, 2], "v": pa.array(values, pa.decimal256(41, 2))}), tmp_path / "s.parquet")

    found = audit(
        tmp_path / "s.parquet", copied(tmp_path, "sqlite TEXT", dict.fromkeys((1, 2), f"{digits}.01")), key="id"
    )

    assert (wrong(found), found.rules) == ([2], {"v": "is kept as text: it is a decimal of 41 digits"})


@pytest.mark.parametrize("ending", ["csv", "parquet"])
def test_a_column_that_one_of_several_files_lacks_is_a_rule(tmp_path: Path, ending: str) -> None:
    """It is null in the rows of that file, which may be equal."""
    folder = tmp_path / "files"
    folder.mkdir()
    for number, columns in enumerate(("1 AS id, 'x' AS v", "2 AS id"), start=1):
        duckdb.sql(f"COPY (SELECT {columns}) TO '{folder}/{number}.{ending}'")

    found = audit(folder, copied(tmp_path, "duckdb VARCHAR", {1: "x", 2: None}), key="id")

    assert (found.wrong, "a column that a file does not have is null in its rows" in found.rules["v"]) == (0, True)


NUMBERS = ("1.10", "1.1", "007", "7", "+7", "-0", "0", "9007199254740993", "9007199254740992.0", "1e2", "100", "NaN")
WORDS = (
    "é",
    "e\u0301",
    " x",
    "x ",
    "x",
    "NULL",
    "true",
    "True",
    "2026-03-01T12:00:00+01:00",
    "a,b",
    "a\nb",
    "a\r\nb",
    '"',
)
TEXTS = st.sampled_from((*NUMBERS, *WORDS))
ROWS = st.dictionaries(st.integers(1, 8), st.none() | TEXTS, max_size=8)


def expected(source: dict[int, str | None], copy: dict[int, str | None]) -> tuple[set[int], set[int], set[int]]:
    """Return the keys that are lost, stale and phantom, by a comparison of everything."""
    both = source.keys() & copy.keys()
    stale = {key for key in both if source[key] != copy[key]}
    return source.keys() - copy.keys(), stale, copy.keys() - source.keys()


def found_in(name: str, text: str, declared: str, copy: dict[int, str | None]) -> tuple[set[int], set[int], set[int]]:
    """Return the keys that an audit finds to be lost, stale and phantom."""
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / name).write_bytes(text.encode())
        found = audit(Path(folder) / name, copied(Path(folder), declared, dict(copy)), key="id")
    keys = {kind: {int(str(each.key[0])) for each in found.samples if each.kind == kind} for kind in KINDS}
    return keys["lost"], keys["stale"], keys["phantom"]


KINDS = ("lost", "stale", "phantom")
DECLARED = st.sampled_from(["sqlite TEXT", "duckdb VARCHAR"])


@settings(max_examples=effort(15, 300))
@given(ROWS.filter(bool), ROWS, DECLARED)
def test_random_csv(source: dict[int, str | None], copy: dict[int, str | None], declared: str) -> None:
    """Beside texts exactly those rows are wrong whose fields are others."""
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\n").writerows([("id", "v"), *source.items()])

    assert found_in("s.csv", text.getvalue(), declared, copy) == expected(source, copy)


JSONS = st.none() | TEXTS | st.sampled_from(["a\0b", "", 1, 1.5, 2**53 + 1, True, {"a": [1, None]}])


def written(value: object) -> str | None:
    """Return what a load writes of a value of JSON into a column of texts."""
    is_text = value is None or isinstance(value, str)
    return value if is_text else json.dumps(value, separators=(",", ":"))  # type: ignore[return-value]  # as was asked


@settings(max_examples=effort(15, 300))
@given(st.dictionaries(st.integers(1, 8), JSONS, min_size=1, max_size=8), ROWS, st.sets(st.integers(1, 8)), DECLARED)
def test_random_json(source: dict[int, object], copy: dict[int, str | None], same: set[int], declared: str) -> None:
    """Beside texts exactly those rows are wrong whose values are other texts."""
    truth = {key: written(value) for key, value in source.items()}
    held = copy | {key: truth[key] for key in same & truth.keys()}
    text = "".join(json.dumps({"id": key, "v": value}) + "\n" for key, value in source.items())

    assert found_in("s.ndjson", text, declared, held) == expected(truth, held)
