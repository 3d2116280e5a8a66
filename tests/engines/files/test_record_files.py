"""Files of records: what becomes of their values, from one load to the next, and which files are none."""

from __future__ import annotations

import gzip
from typing import TYPE_CHECKING

import pytest

from incload.engines.files import gzip_files
from incload.errors import Refused
from incload.loading.plan import Guards

if TYPE_CHECKING:
    from pathlib import Path

    from incload.loading.run import LoadSummary
    from tests.ends import Ends, Row


def load(
    ends: Ends, name: str, content: str | bytes, strategy: str = "timestamp_watermark", **plan: object
) -> LoadSummary:
    """Load a file of that name and content."""
    path = ends.folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return ends.load(strategy, file=path, cursor_per_second=None, **plan)


def types(ends: Ends) -> list[str]:
    """Return the declared types of the target's columns, as SQLite would say them."""
    if ends.engines[1] == "sqlite":
        return [str(declared) for (declared,) in ends.rows("SELECT type FROM pragma_table_info('events')")]
    found = ends.rows("SELECT data_type FROM duckdb_columns() WHERE table_name = 'events' ORDER BY column_index")
    alike = {"BIGINT": "INTEGER", "BOOLEAN": "INTEGER", "DOUBLE": "REAL", "VARCHAR": "TEXT"}
    return [alike[str(declared)] for (declared,) in found]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("e.json", '[{"id": 1, "ts": 5}, {"id": 2, "ts": 6}]'),
        ("e.json", '{"id": 1, "ts": 5}\n{"id": 2, "ts": 6}\n'),
        ("e.json", '\n [\n{"ts": 5,\n "id": 1},{"ts": 6, "id": 2}]\n\n'),
        ("e.ndjson", '{"id": 1, "ts": 5}\n\n{"id": 2, "ts": 6}'),
        ("E.JSONL", '{"id": 1, "ts": 5}\r\n{"id": 2, "ts": 6}\r\n'),
        ("e.csv", "id,ts\n1,5\n2,6\n"),
        ("e.csv", "id;ts\r\n1;5\r\n2;6"),
        ("e.csv", "\ufeffid\tts\n1\t5\n\n2\t6\n"),
        ("e.csv", '"id"|"ts"\n"1"|"5"\n2|6\n'),
    ],
)
def test_records_are_read_in_every_form(into: Ends, name: str, content: str) -> None:
    """A list, lines, CSV with any usual delimiter: two records are two rows, and a second load finds nothing new."""
    first = load(into, name, content)
    second = load(into, name, content)

    assert into.rows("SELECT id, ts FROM events ORDER BY 1") == [(1, 5), (2, 6)]
    assert (first.source_records, first.loaded, first.skipped, first.new_watermark) == (2, 2, 0, 6)
    assert (second.source_records, second.loaded, second.skipped, second.total_in_target) == (2, 0, 2, 2)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("e.csv.gz", "\ufeffid;ts\n1;5\n2;6\n"),
        ("E.CSV.GZ", 'id,"ts"\n1,5\n2,6\n'),
        ("e.json.gz", '[{"id": 1, "ts": 5}, {"id": 2, "ts": 6}]'),
        ("e.ndjson.gz", '{"id": 1, "ts": 5}\n{"id": 2, "ts": 6}\n'),
    ],
)
def test_packed_records_are_read_like_others(into: Ends, name: str, content: str) -> None:
    """Packed by gzip, in one piece or in several."""
    packed = content.encode()
    for pieces in ([packed], [packed[:-3], packed[-3:]]):
        load(into, name, b"".join(map(gzip.compress, pieces)))

    assert into.rows("SELECT id, ts FROM events ORDER BY 1") == [(1, 5), (2, 6)]


GZIP = gzip.compress(b"id,ts\n" + b"".join(b"%d,%d\n" % (number, number % 7) for number in range(5_000)))


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"id,ts\n1,5\n", "Not a gzipped file"),
        (GZIP[:-20], "end-of-stream marker"),
        (GZIP[:-8] + bytes(4) + GZIP[-4:], "CRC check failed"),
        (GZIP[:200] + bytes(50) + GZIP[250:], ""),
        (GZIP + b"more", "Not a gzipped file"),
    ],
)
def test_a_packed_file_that_is_not_whole_is_refused(into: Ends, content: bytes, said: str) -> None:
    """A transfer that was cut short or bent on its way; the target is not even made."""
    with pytest.raises(
        Refused, match=rf"e\.csv\.gz' is not whole, or not packed by gzip \(.*{said}.*: fetch it again\.$"
    ):
        load(into, "e.csv.gz", content)

    assert not into.target.path.exists()


def test_an_empty_packed_file_is_refused(into: Ends) -> None:
    """As an empty file is."""
    with pytest.raises(Refused, match=r"e\.csv\.gz' is empty: a file of records holds at least the line"):
        load(into, "e.csv.gz", gzip.compress(b"\n"))


def test_json_values_keep_their_form(into: Ends) -> None:
    """Timestamps and numbers as text stay text, nested values stay JSON, and every type stays itself."""
    content = (
        '[{"id": 1, "ts": 1, "stamp": "2024-01-01T00:00:00Z", "code": "007", "real": 1.10, "yes": true, "none": null,'
        r' "nested": {"a": [1, "ü"]}, "text": "a\u0000\"\n🎉", "big": 9223372036854775807}]'
    )
    load(into, "e.json", content)
    (row,) = into.rows()

    assert row == (
        *(1, 1, "2024-01-01T00:00:00Z", "007", 1.1, True, None),
        *('{"a":[1,"ü"]}', 'a\0"\n🎉', 9223372036854775807),
    )
    assert types(into) == ["INTEGER", "INTEGER", "TEXT", "TEXT", "REAL", "INTEGER", "TEXT", "TEXT", "TEXT", "INTEGER"]


def test_numbers_that_64_bits_cannot_hold_stay_text(into: Ends) -> None:
    """A long integer keeps all its digits, and a number beyond every float its form."""
    load(into, "e.json", '[{"id": 1, "ts": 1, "a": 9223372036854775808, "b": 123456789012345678901, "c": 1e400}]')

    assert into.rows() == [(1, 1, "9223372036854775808", "123456789012345678901", "1e400")]


@pytest.mark.parametrize(
    ("values", "rows"),
    [
        ("1 2.5", [1.0, 2.5]),
        ('1 "a"', ["1", "a"]),
        ("true 1", ["true", "1"]),
        ('{} "a"', ["{}", "a"]),
        ("null 1", [None, 1]),
    ],
)
def test_a_json_column_has_one_type(into: Ends, values: str, rows: list[object]) -> None:
    """Numbers of both sorts are numbers; values that have no type in common are text; a null is of any type."""
    first, second = values.split()
    load(into, "e.json", f'[{{"id": 1, "ts": 1, "v": {first}}}, {{"id": 2, "ts": 2, "v": {second}}}]')

    assert into.rows("SELECT v FROM events ORDER BY id") == [(value,) for value in rows]


def test_optional_fields_come_and_go(into: Ends) -> None:
    """A field that a record leaves out is null, in one record or in all of a later load, in any order of the fields."""
    load(into, "e.json", '[{"id": 1, "ts": 1, "a": 5}, {"id": 2, "ts": 2, "b": "x"}]')
    load(into, "e.json", '[{"ts": 3, "id": 3}]')
    load(into, "e.json", '[{"b": "y", "ts": 4, "id": 4, "a": 6}]')

    assert into.rows() == [(1, 1, 5, None), (2, 2, None, "x"), (3, 3, None, None), (4, 4, 6, "y")]


def test_a_field_that_was_null_at_first_stays_text(into: Ends) -> None:
    """A column that began without a value was made text, and the numbers that come later are written as text."""
    load(into, "e.json", '[{"id": 1, "ts": 1, "a": null}]')
    load(into, "e.json", '[{"id": 2, "ts": 2, "a": 5}]')
    load(into, "e.json", '[{"id": 3, "ts": 3, "a": true}]')

    assert into.rows() == [(1, 1, None), (2, 2, "5"), (3, 3, "true")]


@pytest.mark.parametrize(
    ("first", "second", "said"),
    [
        ("5", "1.5", "column 'a' is (INTEGER|BIGINT) there and (REAL|DOUBLE) here"),
        ("5", '"x"', "column 'a' is (INTEGER|BIGINT) there and (TEXT|VARCHAR) here"),
        ("5", '1, "b": 2', "column 'b' is missing there"),
    ],
)
def test_a_field_that_does_not_fit_is_refused(into: Ends, first: str, second: str, said: str) -> None:
    """A new column or a wider type is refused with both ways out, and taken with --evolve."""
    load(into, "e.json", f'[{{"id": 1, "ts": 1, "a": {first}}}]')
    with pytest.raises(Refused, match=said) as refused:
        load(into, "e.json", f'[{{"id": 2, "ts": 2, "a": {second}}}]')
    rows = into.rows("SELECT id FROM events")
    summary = load(into, "e.json", f'[{{"id": 2, "ts": 2, "a": {second}}}]', evolve=True)

    assert "--evolve" in str(refused.value)
    assert rows == [(1,)]
    assert summary.loaded == 1


def test_integers_fit_a_column_of_reals(into: Ends) -> None:
    """A load whose numbers happen to be whole fits the target that has seen others."""
    load(into, "e.json", '[{"id": 1, "ts": 1, "a": 1.5}]')
    load(into, "e.json", '[{"id": 2, "ts": 2, "a": 2}]')

    assert into.rows() == [(1, 1, 1.5), (2, 2, 2.0)]


def test_csv_values_keep_their_form(into: Ends) -> None:
    """Leading zeros, signs and exponents stay text; quotes are taken off; an empty field is null and NULL is a word."""
    content = (
        "id,ts,zero,plus,long,real,flag,quoted,empty\n"
        '1,1,007,+5,12345678901234567.89,1.5,true,"a ""b"", c\r\nd",\n'
        '2,2,123,5,1.5,-0.25,false,"",NULL\n'
    )
    load(into, "e.csv", content)

    assert into.rows() == [
        (1, 1, "007", "+5", "12345678901234567.89", 1.5, True, 'a "b", c\r\nd', None),
        (2, 2, "123", "5", "1.5", -0.25, False, None, "NULL"),
    ]


def test_a_csv_column_of_text_stays_text(into: Ends) -> None:
    """A later file whose codes all happen to look like numbers still holds codes."""
    load(into, "e.csv", "id,ts,code\n1,1,007\n")
    load(into, "e.csv", "id,ts,code\n2,2,123\n")

    assert into.rows() == [(1, 1, "007"), (2, 2, "123")]


def test_text_keys_are_keys(into: Ends) -> None:
    """Rows are distinguished by texts, to the letter and the space."""
    load(into, "e.csv", "id,ts\n01,1\n1,1\na,1\nA,1\na ,1\n")
    load(into, "e.csv", "id,ts\n1,2\na,2\n")

    assert into.rows() == [("01", 1), ("1", 2), ("A", 1), ("a", 2), ("a ", 1)]


def test_parquet_brings_its_types(into: Ends, tmp_path: Path) -> None:
    """Timestamps, dates, small integers and lists arrive as their engine's types."""
    import duckdb

    duckdb.execute(
        "COPY (SELECT 1::TINYINT AS id, TIMESTAMP '2024-01-01 00:00:00.000001' AS ts, [1, 2] AS list, NULL::DATE AS day"
        f") TO '{tmp_path}/e.parquet'"
    )
    summary = into.load("timestamp_watermark", file=tmp_path / "e.parquet")
    again = into.load("timestamp_watermark", file=tmp_path / "e.parquet")
    plain: Row = (1, 1704067200000001, "[1,2]", None)
    rows = into.rows(
        "SELECT * FROM events"
        if into.engines[1] == "sqlite"
        else "SELECT id, epoch_us(ts), to_json(list)::VARCHAR, day FROM events"
    )

    assert rows == [plain]
    assert (summary.loaded, summary.new_watermark, again.loaded) == (1, "2024-01-01T00:00:00.000001", 0)


def test_parquet_timestamps_of_nanoseconds_are_compared_exactly(into: Ends, tmp_path: Path) -> None:
    """Two timestamps a nanosecond apart are two watermarks."""
    import duckdb

    for number in (1, 2):
        duckdb.execute(
            f"COPY (SELECT {number} AS id, make_timestamp_ns(1704067200000000000 + {number}) AS ts"
            f") TO '{tmp_path}/e.parquet'"
        )
        summary = into.load("timestamp_watermark", file=tmp_path / "e.parquet")

    assert summary.loaded == 1
    assert summary.new_watermark == "2024-01-01T00:00:00.000000002"


@pytest.mark.parametrize(("name", "content"), [("e.json", "[]"), ("e.json", " [ ] \n"), ("e.csv", "id,ts\n")])
@pytest.mark.parametrize("strategy", ["timestamp_watermark", "full_refresh", "row_hash_cdc"])
def test_a_file_without_a_record_says_nothing(into: Ends, name: str, content: str, strategy: str) -> None:
    """An empty list makes no target, and empties none."""
    first = load(into, name, content, strategy)
    made = into.target.path.exists()
    load(into, "full.json", '[{"id": 1, "ts": 1}]', strategy)
    again = load(into, name, content, strategy)

    assert (first.source_records, first.loaded, first.total_in_target, made) == (0, 0, 0, False)
    assert (again.loaded, again.removed, again.total_in_target, again.state) == (0, 0, 1, "untouched")
    assert into.rows() == [(1, 1)]


BROKEN: dict[str, tuple[str, str | bytes, str]] = {
    "nothing": ("e.json", "", "is empty: a file of records holds at least an empty list"),
    "blanks": ("e.json", " \n\n", "is empty"),
    "an empty CSV": ("e.csv", "", "is empty"),
    "no JSON": ("e.json", "hello", "is no JSON: Expecting value at line 1 column 1"),
    "cut off": ("e.json", '[{"id": 1, "ts": 1}', "breaks off: Expecting ',' delimiter at line 1 column 20"),
    "a comma too many": ("e.json", '[{"id": 1, "ts": 1},]', "is no JSON: Expecting value at line 1 column 21"),
    "a broken line": ("e.ndjson", '{"id": 1, "ts": 1}\n{"id": 2, "ts"\n', "has a line 2 that breaks off"),
    "no records": ("e.json", "[1, 2]", "holds 1 where a record should be: every record is a JSON object"),
    "a list of lists": ("e.json", '[["id", 1]]', "where a record should be"),
    "one that is none": ("e.json", '[{"id": 1, "ts": 1}, null]', "holds null where a record should be"),
    "null": ("e.json", "null", "holds null where a record should be"),
    "no UTF-8": (
        "e.json",
        b'[{"id": 1, "ts": 1, "a": "\xff"}]',
        "is not utf-8 text: invalid start byte at byte 26; give its encoding",
    ),
    "a CSV of no UTF-8": ("e.csv", b"id,ts\xff\n1,1\n", "is not UTF-8 text: save it as UTF-8, or name its --encoding"),
    "a name twice": ("e.json", '[{"id": 1, "ts": 1, "ts": 2}]', "names 'ts' twice"),
    "a name in two cases": ("e.json", '[{"id": 1, "ID": 2, "ts": 1}]', "'id' and 'ID', which are one to a database"),
    "a heading twice": ("e.csv", "id,ts,ts\n1,1,1\n", "'ts' and 'ts', which are one to a database"),
    "no name": ("e.json", '[{"id": 1, "ts": 1, "": 2}]', "a column without a name"),
    "no heading": ("e.csv", "id,ts,\n1,1,1\n", "a column without a name"),
    "a field too many": ("e.csv", "id,ts\n1,1\n2,2,3\n", "has a row 2 of 3 fields where the header has 2"),
    "a field too few": ("e.csv", "id,ts\n1,1\n2\n", "has a row 2 of 1 fields where the header has 2"),
    "an open quote": ("e.csv", 'id,ts\n1,"1\n', "is no CSV: unexpected end of data"),
    "no Parquet": ("e.parquet", "PAR1 it is not", "cannot be read as a file of records"),
    "no key column": ("e.json", '[{"ts": 1}]', "has no key column 'id': its columns are ts"),
    "no cursor column": ("e.csv", "id,at\n1,1\n", "has no cursor column 'ts': its columns are id, at"),
    "a record without a key": ("e.json", '[{"id": 1, "ts": 1}, {"ts": 2}]', "record 2 of .* has no key 'id'"),
    "a null key": ("e.csv", "id,ts,rowid\n1,1,x\n2,2,y\n,3,z\n", "record 3 of .* has no key 'id'"),
    "a key twice": ("e.json", '[{"id": 1, "ts": 1}, {"id": 1, "ts": 1}]', "2 records of .* have the key 'id' = 1"),
    "a cursor of two types": ("e.json", '[{"id": 1, "ts": 1}, {"id": 2, "ts": "x"}]', "mixes integer and text values"),
    "a cursor of truths": ("e.json", '[{"id": 1, "ts": true}]', "holds true and false, which have no certain order"),
    "a nested cursor": ("e.json", '[{"id": 1, "ts": {}}]', "holds nested values, which have no certain order"),
    "a cursor of NaN": ("e.json", '[{"id": 1, "ts": 1}, {"id": 2, "ts": NaN}]', "holds NaN or Infinity"),
    "a huge cursor": ("e.json", '[{"id": 1, "ts": 9223372036854775808}]', "holds numbers beyond 64 bits"),
    "a cursor of words": ("e.csv", "id,ts\n1,soon\n", "holds 'soon', which is no ISO timestamp"),
    "numbers and words": ("e.json", '[{"id": 1, "ts": "9"}, {"id": 2, "ts": "soon"}]', "no ISO timestamp"),
    "an object of objects": ("e.json", '{"a": {"ts": 1}}', "add --records . --key-from-name FIELD"),
    "GeoJSON": ("e.geojson", '{"type": "F", "features": [{"id": 1, "ts": 1}]}', "lists stand under features"),
    "a record around records": ("e.json", '{"id": 1, "ts": 1, "of": [{"id": 2}]}', "lists stand under of"),
    "tabs": ("e.json", "id\tts\n1\t5\n", "is a table of text with tabs between its fields: let its name end in .tsv"),
    "XML": ("e.json", "<?xml version='1.0'?><a/>", "is XML: convert it to JSON or CSV"),
    "a page": ("e.csv", "<!DOCTYPE html><html></html>", "is a page of HTML, as servers send it"),
    "YAML": ("e.json", "- id: 1\n  ts: 5\n", "is YAML: convert it to JSON"),
    "a pointer": ("e.csv", "version https://git-lfs.github.com/spec/v1\noid sha256:0\n", "is a pointer of Git LFS"),
    "JSON as CSV": ("e.csv", '[{"id": 1, "ts": 1}]', "is JSON: let its name end in .json"),
    "Parquet as CSV": ("e.csv", b"PAR1\x15\x04", "is Parquet: let its name end in .parquet"),
    "packed": ("e.csv", gzip.compress(b"id,ts\n1,1\n"), "is packed by gzip: let its name end in .gz"),
    "a workbook": ("e.csv", b"PK\x03\x04\x14\x00", "is a ZIP archive, as Excel's files are too"),
    "a script": ("e.json", "callback([1])", "is JavaScript: keep only the JSON in it"),
}


@pytest.mark.parametrize("fault", BROKEN)
def test_a_broken_file_is_refused(into: Ends, fault: str) -> None:
    """Each fault is named in one line, and makes no target."""
    name, content, said = BROKEN[fault]
    with pytest.raises(Refused, match=said) as refused:
        load(into, name, content)

    assert "\n" not in str(refused.value)
    assert [path.name for path in into.folder.iterdir()] == [name]


def test_two_columns_may_be_the_key(into: Ends) -> None:
    """A composite key is checked as a whole."""
    load(into, "e.json", '[{"a": 1, "b": 1, "ts": 1}, {"a": 1, "b": 2, "ts": 1}]', key=("a", "b"))

    assert into.rows("SELECT * FROM events ORDER BY 1, 2") == [(1, 1, 1), (1, 2, 1)]
    with pytest.raises(Refused, match=r"2 records of .* have the key 'a', 'b' = 1, 2"):
        load(into, "e.json", '[{"a": 1, "b": 2, "ts": 1}, {"a": 1, "b": 2, "ts": 2}]', key=("a", "b"))


LONG = {
    "JSON": ("e.json", '[{"id": 1, "ts": 1, "v": 1234567890123456789}, {"id": 2, "ts": 2, "v": 1.5}]'),
    "CSV": ("e.csv", "id,ts,v\n1,1,1234567890123456789\n2,2,1.5\n"),
}
"""A whole number that no float holds beside a fraction."""


@pytest.mark.parametrize("form", LONG)
def test_a_whole_number_keeps_its_digits_beside_a_fraction(into: Ends, form: str) -> None:
    """A column of floats would round it, so that the column becomes text, and stays it."""
    load(into, *LONG[form])
    load(into, "more.json", '[{"id": 3, "ts": 3, "v": 2.5}]', guards=Guards(same_source=True))

    assert types(into)[2] == "TEXT"
    assert into.rows("SELECT v FROM events ORDER BY id") == [("1234567890123456789",), ("1.5",), ("2.5",)]


@pytest.mark.parametrize("value", ["9007199254740992", "-9007199254740992", "1152921504606846976"])
def test_a_whole_number_that_a_float_holds_makes_no_text(into: Ends, value: str) -> None:
    """Up to 2 to the power of 53, and beyond it where the digits are those of a float."""
    load(into, "e.json", f'[{{"id": 1, "ts": 1, "v": {value}}}, {{"id": 2, "ts": 2, "v": 1.5}}]')

    assert types(into)[2] == "REAL"
    assert into.rows("SELECT v FROM events ORDER BY id") == [(float(value),), (1.5,)]


@pytest.mark.parametrize("value", ["9007199254740993", "-9223372036854775807", "9223372036854775807"])
def test_a_later_whole_number_is_not_rounded(into: Ends, value: str) -> None:
    """A column that the target has as a float is not given what a float cannot hold; a sentence names it."""
    load(into, "e.json", '[{"id": 1, "ts": 1, "v": 1.5}]')

    with pytest.raises(Refused, match=r"column 'v' is (REAL|DOUBLE) there and (TEXT|VARCHAR) here"):
        load(into, "e.json", f'[{{"id": 1, "ts": 2, "v": {value}}}]')
    assert into.rows("SELECT v FROM events") == [(1.5,)]


def test_whole_numbers_alone_stay_whole_numbers(into: Ends) -> None:
    """Nothing is lost where no fraction stands beside them."""
    load(into, "e.json", '[{"id": 1, "ts": 1, "v": 9223372036854775807}, {"id": 2, "ts": 2, "v": 1}]')

    assert types(into)[2] == "INTEGER"
    assert into.rows("SELECT v FROM events ORDER BY id") == [(9223372036854775807,), (1,)]


@pytest.mark.parametrize("earlier", ["", '[{"id": 1, "ts": 1.5}]'], ids=["first", "later"])
def test_a_cursor_is_not_rounded_either(into: Ends, earlier: str) -> None:
    """Two positions that a float cannot say apart have no order."""
    if earlier:
        load(into, "e.json", earlier)
    more = "" if earlier else ', {"id": 3, "ts": 1.5}'

    with pytest.raises(Refused, match=r"cursor column 'ts' of .* and a float would lose digits of some"):
        load(into, "e.json", f'[{{"id": 2, "ts": 9007199254740993}}{more}]')


def test_an_empty_field_of_csv_is_null_in_quotes_or_not(into: Ends) -> None:
    """CSV does not say an empty text from none."""
    load(into, "e.csv", 'id,ts,v\n1,1,""\n2,2,\n3,3,a\n')

    assert into.rows("SELECT v FROM events ORDER BY id") == [(None,), (None,), ("a",)]


@pytest.mark.parametrize("name", ["e.json", "e.csv", "e.json.gz"])
def test_a_file_that_goes_while_it_is_read_is_refused(into: Ends, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file whose beginning was read and that is gone then is named, as one that never was."""
    path = into.folder / name
    content = b"id,ts\n1,5" if name == "e.csv" else b'[{"id": 1, "ts": 5}]'
    path.write_bytes(gzip.compress(content) if name.endswith(".gz") else content)
    start = gzip_files.start

    def read_and_gone(there: Path) -> bytes:
        found = start(there)
        there.unlink()
        return found

    monkeypatch.setattr(gzip_files, "start", read_and_gone)

    with pytest.raises(Refused, match=r"cannot be read \(No such file or directory\): check the path of the source"):
        into.load("full_refresh", file=path)
