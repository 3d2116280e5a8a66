"""Values of record files that a type of numbers would change: they are kept as the file writes them, and reported."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from incload.errors import Refused

if TYPE_CHECKING:
    from incload.loading.run import Summary
    from tests.ends import Ends


def load(ends: Ends, name: str, content: str, strategy: str = "full_refresh", **plan: object) -> Summary:
    """Load a file of that content, beside which no other is remembered."""
    (ends.folder / name).write_text(content, encoding="utf-8")
    return ends.load(strategy, file=ends.folder / name, cursor_per_second=None, **plan)


def load_csv(ends: Ends, *values: str, **plan: object) -> Summary:
    """Load a CSV file with a column `v` of these values."""
    lines = "".join(f"{number},{number},{value}\n" for number, value in enumerate(values, start=1))
    return load(ends, "e.csv", f"id,ts,v\n{lines}", **plan)


def load_json(ends: Ends, *values: str) -> Summary:
    """Load a JSON file with a field `v` of these values."""
    lines = "".join(f'{{"id": {number}, "ts": {number}, "v": {value}}}\n' for number, value in enumerate(values, 1))
    return load(ends, "e.ndjson", lines)


EXACT_CSV = {
    "16 digits": ["0.1234567890123456", "0.5000000000000001"],
    "17 digits": ["1.2345678901234567", "2.5"],
    "30 digits": ["0.123456789012345678901234567890", "1.5"],
    "versions": ["1.1", "1.10", "2.0"],
    "padded": ["1.10", "2.50"],
    "padded to one zero": ["0.0", "100.0"],
    "padded with nulls": ["1.10", "", "12345.00"],
    "leading zeros": ["007", "8"],
    "a sign": ["+1", "2"],
    "an exponent": ["1e5", "2"],
    "hexadecimal": ["0x1F", "31"],
    "beyond 64 bits": ["9223372036854775808", "1"],
    "below 64 bits": ["-9223372036854775809", "1"],
    "truth values": ["True", "FALSE"],
    "yes and no": ["yes", "no"],
    "days": ["2024-02-30", "2024-01-01"],
    "a negative nothing": ["-0.00", "1.00"],
    "a zero with a sign": ["-0", "1"],
    "points alone": [".5", "5."],
    "thousands": ['"1,000"', '"2,000"'],
    "words for no number": ["NaN", "1.5"],
    "underscores": ["1_000", "2"],
    "spaces": [" 1", "2 "],
}


@pytest.mark.parametrize("values", EXACT_CSV.values(), ids=EXACT_CSV)
def test_csv_values_come_back_as_they_are_written(into_any: Ends, values: list[str]) -> None:
    """Whatever type a column gets, the text of the value that is loaded is that of the file."""
    load_csv(into_any, *values)

    expected = [value.strip('"') or None for value in values]
    if into_any.engines[1] == "postgres" and values == EXACT_CSV["padded to one zero"]:
        expected = ["0", "100"]  # PostgreSQL's own way to write such a float
    assert into_any.shown() == expected


def test_a_small_fraction_of_csv_is_a_float(into_any: Ends) -> None:
    """It is the same number, which no float writes without an exponent."""
    load_csv(into_any, "0.0000001", "0.25")

    assert into_any.rows("SELECT v FROM events ORDER BY id") == [(1e-07,), (0.25,)]


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        (["1.1", "1.10"], "is kept as text: 1.10 would change as a float."),
        (["1.23456789012345678", "2.5"], "is kept as text: 1.23456789012345678 would change as a float."),
        (["9223372036854775808", "1"], "is kept as text: 9223372036854775808 is beyond 64 bits."),
        (["1234567890123456789", "1.5"], "is kept as text: 1234567890123456789 would change as a float."),
        (["1", "x"], "is kept as text: it holds texts and whole numbers."),
        (["true", "1.5"], "is kept as text: it holds fractions and true and false."),
    ],
)
def test_a_column_of_numbers_that_becomes_text_is_reported(into_any: Ends, values: list[str], sentence: str) -> None:
    """The sentence names the column, the value and why; a second load, into a column of text, has nothing to say."""
    first, second = load_csv(into_any, *values), load_csv(into_any, *values)

    assert first.warnings == into_any.said("e.csv", sentence)
    assert second.warnings == ()
    assert into_any.shown() == values


@pytest.mark.parametrize(
    "values", [["1.5", "2.25"], ["1", "2"], ["a", "b"], ["true", "false"], ["007", "008"], ["", ""]]
)
def test_a_column_that_is_what_it_seems_is_no_news(into_any: Ends, values: list[str]) -> None:
    """Nothing is reported where nothing is kept in another way than its values look."""
    assert load_csv(into_any, *values).warnings == ()


def test_fractions_with_as_many_places_are_decimals(into_any: Ends) -> None:
    """Prices keep their zeros and can be added up; a later file may have fewer places."""
    load_csv(into_any, "1.10", "2.50", "1000.00")
    load_csv(into_any, "1.5", "3", "12345678.25")

    if into_any.engines[1] == "duckdb":
        assert into_any.rows("SELECT typeof(v), v FROM events ORDER BY id") == [
            ("DECIMAL(38,2)", Decimal("1.50")),
            ("DECIMAL(38,2)", Decimal("3.00")),
            ("DECIMAL(38,2)", Decimal("12345678.25")),
        ]
    elif into_any.engines[1] == "postgres":
        assert into_any.shown() == ["1.50", "3.00", "12345678.25"]
    else:
        assert into_any.shown() == ["1.5", "3", "12345678.25"]


def test_a_target_of_floats_stays_one_and_says_what_it_cannot_keep(into_any: Ends) -> None:
    """1.10 is 1.1 there; a fraction that would be another number is refused."""
    load_csv(into_any, "1.5", "2.25")
    summary = load_csv(into_any, "1.10", "2.25")

    assert summary.warnings == into_any.said(
        "e.csv",
        "holds floats, which write 1.10 short: the number is the same, its zeros at the end are not kept.",
    )
    assert into_any.rows("SELECT v FROM events ORDER BY id") == [(1.1,), (2.25,)]
    with pytest.raises(Refused, match=r"column 'v' is (REAL|DOUBLE|double precision) there and (?i:text|varchar) here"):
        load_csv(into_any, "1.23456789012345678", "1")


@pytest.mark.parametrize("keys", [["1.1", "1.10"], ["1", "1.0"], ["01", "1"], ["1e0", "1"], ["0.10", "0.1"]])
def test_keys_that_are_written_apart_are_apart(into_any: Ends, keys: list[str]) -> None:
    """Two rows of CSV whose keys are one number are two rows."""
    summary = load(into_any, "e.csv", "id,ts\n" + "".join(f"{key},1\n" for key in keys))

    assert summary.loaded == 2
    assert sorted(into_any.rows("SELECT id FROM events")) == sorted((key,) for key in keys)


EXACT_JSON = {
    "a fraction of 19 digits": (["0.1234567890123456789", "1.5"], "0.1234567890123456789 would change as a float"),
    "one of 16 digits": (["9.007199254740993", "9007199254740.9931"], "9007199254740.9931 would change as a float"),
    "30 digits with an exponent": (["1.23456789012345678901234567890e3"], None),
    "next to nothing": (["1e-400", "1"], "1e-400 would change as a float"),
    "beyond every float": (["1e400", "1"], "1e400 is beyond 64 bits"),
    "beyond 64 bits": (["9223372036854775808", "1"], "9223372036854775808 is beyond 64 bits"),
    "beside a text": (["0.12345678901234567890", '"a"'], "it holds fractions and texts"),
}


@pytest.mark.parametrize("case", EXACT_JSON)
def test_json_numbers_that_a_float_would_change_stay_as_they_are(into_any: Ends, case: str) -> None:
    """The digits of the file are in the target, as text, and a sentence says so."""
    values, why = EXACT_JSON[case]
    summary = load_json(into_any, *values)

    assert into_any.shown() == [value.strip('"') for value in values]
    if why:
        assert summary.warnings == into_any.said("e.ndjson", f"is kept as text: {why}.")


@pytest.mark.parametrize("values", [[0.1 + 0.2, 1e-5], [1.7976931348623157e308, 5e-324], [-122.41941550000001, 37.7]])
def test_json_floats_of_17_digits_stay_floats(into_any: Ends, values: list[float]) -> None:
    """A number that a program wrote from a float is that float again."""
    assert load_json(into_any, *map(repr, values)).warnings == ()
    assert into_any.rows("SELECT v FROM events ORDER BY id") == [(value,) for value in values]


def test_nested_json_keeps_its_digits(into_any: Ends) -> None:
    """A number inside a value of JSON, also beside a text that looks like one, and a character of private use."""
    texts = [
        '{"a":0.12345678901234567890,"b":"0.1234567890123456789","c":[1.5]}',
        '{"\ue000":"\\"1.00000000000000000001"}',
    ]
    load_json(into_any, *texts)

    assert into_any.shown() == texts


def test_nan_and_infinity_in_json_leave_a_column_of_numbers(into_any: Ends) -> None:
    """They are floats where the target has them; SQLite has no NaN, and the load says so."""
    summary = load_json(into_any, "1", "NaN", "-Infinity", "2.5")

    if into_any.engines[1] == "duckdb":
        assert into_any.rows("SELECT v::VARCHAR, typeof(v) FROM events ORDER BY id") == [
            ("1.0", "DOUBLE"), ("nan", "DOUBLE"), ("-inf", "DOUBLE"), ("2.5", "DOUBLE"),
        ]  # fmt: skip
        assert summary.warnings == ()
    elif into_any.engines[1] == "postgres":
        assert (into_any.shown(), summary.warnings) == (["1", "NaN", "-Infinity", "2.5"], ())
    else:
        assert into_any.rows("SELECT v FROM events ORDER BY id") == [(1.0,), (None,), (float("-inf"),), (2.5,)]
        assert any("NaN" in warning for warning in summary.warnings)


BIG = Decimal(123456789012345678901234567890123456789012345678901234567890)


def test_a_decimal_of_60_digits_keeps_them(into_any: Ends) -> None:
    """DuckDB would read it as a float."""
    summary = into_any.load_parquet(pa.array([BIG, None, Decimal(1)], pa.decimal256(60, 0)))

    assert into_any.shown() == [str(BIG), None, "1"]
    assert summary.warnings == into_any.said("e.parquet", "is kept as text: it is a decimal of 60 digits.")


def test_columns_beside_a_large_decimal_keep_their_rows(into_any: Ends) -> None:
    """Rows read by two readers are put side by side in their order, over many row groups."""
    numbers = list(range(1, 100_001))
    big = pa.array([Decimal(number) for number in numbers], pa.decimal256(60, 0))
    path = into_any.folder / "e.parquet"
    pq.write_table(pa.table({"id": numbers, "ts": numbers, "v": big}), path, row_group_size=15_000)
    into_any.load("full_refresh", file=path, cursor_per_second=None)

    assert into_any.rows("SELECT count(*), sum(CASE WHEN CAST(id AS VARCHAR) = v THEN 0 ELSE 1 END) FROM events") == [
        (100_000, 0)
    ]


def test_a_time_of_twelve_bytes_keeps_its_nanoseconds(into_any: Ends) -> None:
    """1 and 2 seconds and a nanosecond after 1970; PostgreSQL has no type for them."""
    values = pa.array([1, 2_000_000_001], pa.timestamp("ns"))
    if into_any.engines[1] == "postgres":
        with pytest.raises(Refused, match="column 'v' holds a value that PostgreSQL cannot hold exactly"):
            into_any.load_parquet(values, use_deprecated_int96_timestamps=True)
        return
    into_any.load_parquet(values, use_deprecated_int96_timestamps=True)
    counted = "epoch_ns(v)" if into_any.engines[1] == "duckdb" else "v"

    assert into_any.rows(f"SELECT {counted} FROM events ORDER BY id") == [(1,), (2_000_000_001,)]


def test_a_time_of_twelve_bytes_without_nanoseconds_is_one_of_microseconds(into_any: Ends) -> None:
    """As it was read before."""
    into_any.load_parquet(pa.array([1_000, 2_000_000_000], pa.timestamp("ns")), use_deprecated_int96_timestamps=True)
    counted = {
        "duckdb": "epoch_us(v)",
        "sqlite": "v",
        "postgres": "(extract(epoch FROM v) * 1000000)::bigint",
    }[into_any.engines[1]]

    assert into_any.rows(f"SELECT {counted} FROM events ORDER BY id") == [(1,), (2_000_000,)]


PARQUET = {
    "float16": (pa.array([1.5, 2.25], pa.float32()).cast(pa.float16()), ["1.5", "2.25"]),
    "uint64": (pa.array([2**64 - 1, 1], pa.uint64()), ["18446744073709551615", "1"]),
    "dictionary": (pa.array(["a", "b"]).dictionary_encode(), ["a", "b"]),
    "large string": (pa.array(["a", "ü"], pa.large_string()), ["a", "ü"]),
    "string view": (pa.array(["a", "b"], pa.string_view()), ["a", "b"]),
    "decimal of 38 digits": (
        pa.array([Decimal("1.10"), Decimal("123456789012345678901234567890123456.78")], pa.decimal128(38, 2)),
        ["1.10", "123456789012345678901234567890123456.78"],
    ),
    "time of nanoseconds": (
        pa.array([1, 86_399_999_999_999], pa.time64("ns")),
        ["00:00:00.000000001", "23:59:59.999999999"],
    ),
    "uint32": (pa.array([2**32 - 1, 1], pa.uint32()), ["4294967295", "1"]),
    "int8": (pa.array([-128, 127], pa.int8()), ["-128", "127"]),
}


@pytest.mark.parametrize("name", PARQUET)
def test_types_of_parquet_keep_their_values(into_any: Ends, name: str) -> None:
    """What the engine has no type for arrives as text that says the same."""
    values, expected = PARQUET[name]
    into_any.load_parquet(values)

    assert into_any.shown() == expected


def test_bytes_of_one_length_are_bytes(into_any: Ends) -> None:
    """A fixed-size binary column."""
    into_any.load_parquet(pa.array([b"ab\x00", b"\xff\x01\x02"], pa.binary(3)))

    assert into_any.rows("SELECT v FROM events ORDER BY id") == [(b"ab\x00",), (b"\xff\x01\x02",)]


def test_the_index_that_pandas_adds_is_left_out(into_any: Ends) -> None:
    """It numbers the rows of one file; a load that names it gets it."""
    table = pa.table({"id": [1], "ts": [1], "__index_level_0__": [7]})
    pq.write_table(table, into_any.folder / "e.parquet")
    summary = into_any.load("full_refresh", file=into_any.folder / "e.parquet", cursor_per_second=None)

    assert into_any.rows() == [(1, 1)]
    assert summary.warnings == (
        (
            f"column '__index_level_0__' of {str(into_any.folder / 'e.parquet')!r} is an index of pandas without"
            " a name and is left out."
        ),
    )
    into_any.write_target("DROP TABLE events")
    again = into_any.load(
        "full_refresh", file=into_any.folder / "e.parquet", cursor_per_second=None, key=("__index_level_0__",)
    )
    assert (again.loaded, again.warnings) == (1, ())


def test_a_nul_in_a_text_is_kept_or_refused_with_the_remedy(into_any: Ends) -> None:
    """PostgreSQL's texts cannot hold the character."""
    values = pa.array(["a\0b", "c"])
    if into_any.engines[1] == "postgres":
        with pytest.raises(
            Refused, match="column 'v' has a text with the character NUL, which PostgreSQL's texts cannot"
        ):
            into_any.load_parquet(values)
        return
    into_any.load_parquet(values)
    assert into_any.rows("SELECT v FROM events ORDER BY id") == [("a\0b",), ("c",)]
