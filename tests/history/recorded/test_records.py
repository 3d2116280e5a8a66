"""The bytes of a snapshot as records, and records as canonical text."""

from __future__ import annotations

import csv
import gzip
import io
import json
from datetime import UTC, date, datetime
from decimal import Decimal

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from incload.engines.files.documents import MISSING, find
from incload.engines.files.layout import Layout, Unusable, ending_of
from incload.engines.files.reader import read_records
from incload.history.recorded.records import canonical

JSONS = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


def _parquet(**columns: object) -> bytes:
    file = io.BytesIO()
    pq.write_table(pa.table(columns), file)
    return file.getvalue()


@pytest.mark.parametrize(
    ("name", "data", "path"),
    [
        ("a.json", b'[{"id":1},{"id":2}]', ""),
        ("a.json", b'\xef\xbb\xbf[{"id":1},{"id":2}]', ""),
        ("a.json", '[{"id":1},{"id":2}]'.encode("utf-16"), ""),
        ("a.json", b'{"d":{"list":[{"id":1},{"id":2}]}}', "d.list"),
        ("a.json", b'{"d.list":[{"id":1},{"id":2}],"d":{"list":[]}}', "d.list"),
        ("a.json", b'[{"id":1},{"id":2}]', "d.list"),
        ("a.json", b'{"id":1}\n{"id":2}\n', ""),
        ("a.ndjson", b'{"id":1}\r\n\r\n{"id":2}', ""),
        ("a.jsonl", b'{"row":{"id":1}}\n{"row":{"id":2}}\n', "row"),
        ("a.jsonl", b'{"rows":[{"id":1},{"id":2}]}\n', "rows"),
        ("a.json.gz", gzip.compress(b'[{"id":1},{"id":2}]', mtime=0), ""),
        ("A.PARQUET", _parquet(id=[1, 2]), ""),
        ("noname", b'[{"id":1},{"id":2}]', ""),
    ],
)
def test_every_format_gives_the_same_records(name: str, data: bytes, path: str) -> None:
    """A list, a list inside a document, a record a line, packed or not, and Parquet."""
    assert read_records(name, data, Layout(path)) == [{"id": 1}, {"id": 2}]


def test_a_line_separator_inside_a_text_does_not_end_a_line_of_ndjson() -> None:
    """U+2028 may stand in a JSON text as it is."""
    assert read_records("a.ndjson", '{"a":"x\u2028y"}\n'.encode()) == [{"a": "x\u2028y"}]


@pytest.mark.parametrize(
    ("data", "records"),
    [
        (b"id,name\n1,Ann\n2,\n", [{"id": "1", "name": "Ann"}, {"id": "2", "name": None}]),
        (b"\xef\xbb\xbfid;name\r\n1;A,n\r\n\r\n", [{"id": "1", "name": "A,n"}]),
        (b"id\tname\n1\tA\n", [{"id": "1", "name": "A"}]),
        (b'id,name\n1,"A\nB"\n', [{"id": "1", "name": "A\nB"}]),
        (b"id,id,\n1,2,,\n", [{"id": "1", "id_2": "2", "": None}]),
        ("id,name\n1,\u00c4\n".encode("utf-16"), [{"id": "1", "name": "\u00c4"}]),
    ],
)
def test_csv_fields_are_text_and_empty_ones_are_null(data: bytes, records: list[dict[str, str | None]]) -> None:
    """Nothing is taken for a number; delimiters are those of the header."""
    assert read_records("a.csv", data) == records


def test_a_csv_field_of_any_length_is_read_and_the_limit_of_the_module_stays() -> None:
    """The limit of the csv module is the program's, not ours."""
    limit = csv.field_size_limit()
    records = read_records("a.csv", b"id,text\n1," + b"x" * 200_000 + b"\n")

    assert records == [{"id": "1", "text": "x" * 200_000}]
    assert csv.field_size_limit() == limit


def test_values_of_parquet_become_what_json_can_hold() -> None:
    """Whole reals are integers, timestamps ISO text, decimals text as written, bytes hexadecimal; nesting stays."""
    data = _parquet(
        real=[1.0], half=[0.5], at=[datetime(2018, 10, 22, 12, tzinfo=UTC)], day=[date(2018, 10, 22)],
        money=[Decimal("1.10")], raw=[b"\x01"], nested=[{"list": [1.0, None]}], flag=[True],
    )  # fmt: skip

    assert read_records("a.parquet", data) == [
        {
            "real": 1,
            "half": 0.5,
            "at": "2018-10-22T12:00:00+00:00",
            "day": "2018-10-22",
            "money": "1.10",
            "raw": "01",
            "nested": {"list": [1, None]},
            "flag": True,
        }
    ]


@pytest.mark.parametrize(
    ("name", "data", "path", "reason"),
    [
        ("a.json", b"", "", "is empty"),
        ("a.json", b" \n", "", "is empty"),
        ("a.csv", b"\xef\xbb\xbf", "", "is empty"),
        ("a.csv", b"\xff\xfei", "", "is not utf-16-le text: truncated data at byte 2"),
        ("a.json", b'[{"id":1},', "", "breaks off: Expecting value at line 1 column 11"),
        ("a.json", b'[{"id":"1', "", "breaks off: Unterminated string starting at line 1 column 8"),
        (
            "a.json",
            b"<html></html>",
            "",
            "is a page of HTML, as servers send it for an error or a login: fetch the data itself",
        ),
        ("a.json", b'[1]\n{"id"', "", "has a line 1 that holds no record"),
        ("a.json", b"[" * 100_000, "", "is nested too deeply"),
        ("a.json", b"[" + b"9" * 5000 + b"]", "", "is no JSON: Exceeds the limit"),
        ("a.json", b'["\xff"]', "", "is not utf-8 text: invalid start byte at byte 2"),
        ("a.json", b'{"error":"busy"}', "rows", "where --records rows says: there is no list in it"),
        ("a.json", b'{"d":{"list":[]}}', "", "at its top and --records names none: lists stand under d.list"),
        ("a.ndjson", b'{"id":1}\n{"id":', "", "has a line 2 that breaks off: Expecting value at line 1 column 7"),
        ("a.csv", b"id,name\n1,A\n2", "", "has a row 2 of 1 fields where the header has 2"),
        ("a.csv", b"id,name\n1,A,B\n", "", "has a row 1 of 3 fields where the header has 2"),
        ("a.csv", b'id,name\n1,"A', "", "is no CSV: unexpected end of data"),
        ("a.csv", b"id,name\n1,\xff\n", "", "is not utf-8 text: invalid start byte at byte 10"),
        ("a.json.gz", b"[]", "", "cannot be unpacked: Not a gzipped file"),
        ("a.json.gz", gzip.compress(b"[1]", mtime=0)[:-4], "", "cannot be unpacked: Compressed file ended"),
        ("a.parquet", _parquet(id=[1])[:-9], "", "is no Parquet that can be read: "),
    ],
)
def test_a_snapshot_that_cannot_be_used_says_why(name: str, data: bytes, path: str, reason: str) -> None:
    """Empty, cut off, or of another shape: never read halfway."""
    with pytest.raises(Unusable) as refusal:
        read_records(name, data, Layout(path))

    assert reason in str(refusal.value)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("a", {"b": {"c": 1}, "b.c": 2, "n": None}),
        ("a.b.c", 2),
        ("a.n", None),
        ("a.x", MISSING),
        ("x.y", 3),
        ("x.y.z", MISSING),
        ("p.q.r", 4),
    ],
)
def test_a_name_with_dots_wins_over_the_way_through_them(path: str, value: object) -> None:
    """At every level the whole rest of the path is tried as a name first; null is found, a gap is not."""
    document = {"a": {"b": {"c": 1}, "b.c": 2, "n": None}, "x.y": 3, "x": {"y": 9}, "p.q": {"r": 4}}

    assert find(document, path) == value


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (b'[{"a":1,"b":2}]', b'[ {"b": 2, "a": 1} ]'),
        (b'[{"a":1}]', b'[{"a":1.0}]'),
        (b'[{"a":100}]', b'[{"a":1e2}]'),
        (b'[{"a":0}]', b'[{"a":-0.0}]'),
        (b'[{"a":0.1}]', b'[{"a":0.10}]'),
        (b'[{"a":"\\u00e4"}]', '[{"a":"\u00e4"}]'.encode()),
    ],
)
def test_records_that_mean_the_same_have_one_text(one: bytes, other: bytes) -> None:
    """Order, space, escapes and the way a number is written do not make a change."""
    assert canonical(read_records("a.json", one)) == canonical(read_records("a.json", other))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (b'[{"a":1}]', b'[{"a":true}]'),
        (b'[{"a":1}]', b'[{"a":"1"}]'),
        (b'[{"a":null}]', b"[{}]"),
        (b'[{"a":9007199254740993}]', b'[{"a":9007199254740992}]'),
        (b'[{"a":[1,2]}]', b'[{"a":[2,1]}]'),
        (b'[{"a":"x"}]', b'[{"a":"x "}]'),
    ],
)
def test_records_that_differ_have_two_texts(one: bytes, other: bytes) -> None:
    """Types, gaps, the last digit of an integer and the order of a list do make a change."""
    assert canonical(read_records("a.json", one)) != canonical(read_records("a.json", other))


def test_the_text_is_json_without_spaces_in_the_order_of_names() -> None:
    """The exact text, for it is what the target holds."""
    record = {"b": [1, {"z": None, "a": True}], "a": "\u00e4\u4e16\n\u0000"}

    assert canonical(record) == '{"a":"\u00e4\u4e16\\n\\u0000","b":[1,{"a":true,"z":null}]}'


def test_a_number_beyond_the_exact_integers_keeps_its_exponent() -> None:
    """1e300 is no integer of 301 digits."""
    assert canonical(read_records("a.json", b"[[9007199254740992.0,1e300]]")[0]) == "[9007199254740992,1e+300]"


def test_half_a_surrogate_pair_is_escaped() -> None:
    """UTF-8 cannot hold it, and a database would refuse it."""
    text = canonical(read_records("a.json", b'[{"a":"\\ud800","b":"\\u00e4"}]')[0])

    assert text == '{"a":"\\ud800","b":"\\u00e4"}'


@settings(deadline=None, derandomize=True, max_examples=200)
@given(st.dictionaries(st.text(), JSONS, max_size=4))
def test_a_text_read_back_has_the_same_text(record: dict[str, object]) -> None:
    """Canonical text is a fixed point, and UTF-8 can hold it."""
    text = canonical(read_records("a.json", json.dumps([record]).encode())[0])

    assert canonical(read_records("a.json", f"[{text}]".encode())[0]) == text


@pytest.mark.parametrize(
    ("name", "suffix"),
    [
        ("a.JSON", ".json"),
        ("a.csv.gz", ".csv"),
        ("a.ndjson", ".ndjson"),
        ("a.parquet", ".parquet"),
        ("a.parquet.gz", None),
        ("a.txt", None),
        ("json", None),
    ],
)
def test_the_suffix_says_the_format(name: str, suffix: str | None) -> None:
    """Parquet is packed already."""
    assert ending_of(name) == suffix
