"""Types that DuckDB and PostgreSQL both have keep their type, and their values are exact both ways."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING
from uuid import UUID

import pytest

from incload.api.audit import audit
from incload.errors import Refused
from incload.loading.plan import Guards

if TYPE_CHECKING:
    from tests.ends import Pair

BOTH = [("duckdb", "postgres"), ("postgres", "duckdb")]
OUT = [*BOTH, ("parquet", "postgres")]
U = "0e02b2c3-0000-4abc-8def-0123456789ab"
TYPES = "SELECT column_name, data_type FROM information_schema.columns WHERE table_name = 'events' ORDER BY 1"
OF_POSTGRES = (
    "SELECT format_type(atttypid, atttypmod) FROM pg_attribute WHERE attrelid = 'events'::regclass"
    " AND attnum > 0 ORDER BY attnum"
)
OF_DUCKDB = "SELECT column_type FROM (DESCRIBE events)"


def types(pair: Pair) -> list[str]:
    """Return the types of the target's columns, in order."""
    return [str(name) for (name,) in pair.rows(OF_POSTGRES if pair.engines[1] == "postgres" else OF_DUCKDB)]


@pytest.mark.parametrize("engines", OUT)
def test_ids_are_ids(pair: Pair) -> None:
    """A uuid as a key and as a value; nulls stay null; the second load sees no change."""
    pair.write(
        "CREATE TABLE events (id uuid PRIMARY KEY, other uuid)",
        f"INSERT INTO events VALUES ('{U}', NULL), ('ffffffff-ffff-ffff-ffff-ffffffffffff', '{U}')",
    )
    pair.load("snapshot_diff")
    again = pair.load("snapshot_diff")

    assert {each.lower() for each in types(pair)} == {"uuid"}
    assert pair.rows() == [(UUID(U), None), (UUID("f" * 32), UUID(U))]
    assert again.loaded == 0


SPANS = [
    ("-14 months 3 days -100:01:02.5", "-14 3 -360062500000"),
    ("30 days", "0 30 0"),
    ("1 month", "1 0 0"),
    ("-1 month 2147483647 days 2562047788:00:54.775807", "-1 2147483647 9223372036854775807"),
    ("00:00:00.000001", "0 0 1"),
]
PARTS = {
    "postgres": "SELECT extract(year FROM v)::int * 12 + extract(month FROM v)::int, extract(day FROM v)::bigint,"
    " (extract(hour FROM v) * 3600000000 + extract(minute FROM v) * 60000000 + extract(microseconds FROM v))::bigint"
    " FROM events WHERE v IS NOT NULL ORDER BY id",
    "duckdb": "SELECT datepart('year', v) * 12 + datepart('month', v), datepart('day', v), datepart('hour', v) *"
    " 3600000000 + datepart('minute', v) * 60000000 + datepart('microsecond', v) FROM events WHERE v IS NOT NULL"
    " ORDER BY id",
}


@pytest.mark.parametrize("engines", OUT[:2])
def test_intervals_keep_their_three_parts(pair: Pair) -> None:
    """Months, days and microseconds are never turned into each other, whatever their signs."""
    values = ", ".join(f"({number}, '{text}')" for number, (text, _) in enumerate(SPANS))
    pair.write(
        "CREATE TABLE events (id bigint PRIMARY KEY, v interval)", f"INSERT INTO events VALUES {values}, (9, NULL)"
    )
    pair.load("snapshot_diff")

    assert types(pair)[1].lower() == "interval"
    assert [" ".join(map(str, row)) for row in pair.rows(PARTS[pair.engines[1]])] == [parts for _, parts in SPANS]
    assert pair.rows("SELECT count(*) FROM events WHERE v IS NULL") == [(1,)]


@pytest.mark.parametrize("engines", [*BOTH, ("duckdb", "duckdb"), ("postgres", "postgres")])
@pytest.mark.parametrize("strategy", ["snapshot_diff", "row_hash_cdc"])
def test_a_month_that_becomes_thirty_days_is_a_change(pair: Pair, strategy: str) -> None:
    """DuckDB and PostgreSQL call the two equal; as contents they are not."""
    pair.write("CREATE TABLE events (id bigint PRIMARY KEY, v interval)", "INSERT INTO events VALUES (1, '1 month')")
    pair.load(strategy)
    pair.write("DELETE FROM events", "INSERT INTO events VALUES (1, '30 days')")  # DuckDB's UPDATE would do nothing
    again = pair.load(strategy)

    assert again.loaded == 1
    assert pair.rows("SELECT v::varchar FROM events") == [("30 days",)]


@pytest.mark.parametrize("engines", [("postgres", "duckdb")])
def test_an_interval_without_end_is_refused(pair: Pair) -> None:
    """DuckDB has none; the sentence shows the value."""
    pair.write("CREATE TABLE events (id bigint PRIMARY KEY, v interval)", "INSERT INTO events VALUES (1, 'infinity')")
    with pytest.raises(Refused, match="infinity"):
        pair.load()


@pytest.mark.parametrize("engines", BOTH)
def test_times_of_day_are_times(pair: Pair) -> None:
    """Midnight at the end of a day, microseconds, and the widest zones."""
    pair.write(
        "CREATE TABLE events (id bigint PRIMARY KEY, t time, z time with time zone)",
        "INSERT INTO events VALUES (1, '24:00:00', '24:00:00-05:30'), (2, '12:34:56.000001', '12:00:00+15:59:59'),"
        " (3, NULL, NULL)",
    )
    pair.load("snapshot_diff")

    assert types(pair)[1].lower().startswith("time")
    assert types(pair)[2].lower() == "time with time zone"
    assert pair.rows("SELECT id, t::varchar, z::varchar FROM events ORDER BY 1") == [
        (1, "24:00:00", "24:00:00-05:30"),
        (2, "12:34:56.000001", "12:00:00+15:59:59"),
        (3, None, None),
    ]


@pytest.mark.parametrize("engines", BOTH)
def test_json_keeps_every_sign(pair: Pair) -> None:
    """Order of names, a name twice, spaces, Unicode and escapes: the text is the source's."""
    text = '{"b": 1,  "a": "é \\u00e9 😀", "a": null}'
    pair.write(
        "CREATE TABLE events (id bigint PRIMARY KEY, v json)", f"INSERT INTO events VALUES (1, '{text}'), (2, NULL)"
    )
    pair.load("snapshot_diff")
    again = pair.load("snapshot_diff")

    assert types(pair)[1].lower() == "json"
    assert pair.rows("SELECT id, v::varchar FROM events ORDER BY 1") == [(1, text), (2, None)]
    assert again.loaded == 0


@pytest.mark.parametrize("engines", [("postgres", "duckdb")])
def test_jsonb_arrives_as_the_server_writes_it(pair: Pair) -> None:
    """Its names are in the server's order, and the last of two of one name counts."""
    pair.write(
        "CREATE TABLE events (id bigint PRIMARY KEY, v jsonb)",
        """INSERT INTO events VALUES (1, '{"bb": 1, "a": 1, "a": 1.50}')""",
    )
    pair.load()

    assert types(pair)[1] == "JSON"
    assert pair.rows() == [(1, '{"a": 1.50, "bb": 1}')]


@pytest.mark.parametrize("engines", [("duckdb", "postgres")])
def test_bare_words_in_json_become_texts(pair: Pair) -> None:
    """DuckDB takes NaN for JSON, and PostgreSQL does not."""
    pair.write("CREATE TABLE events (id BIGINT, v JSON)", "INSERT INTO events VALUES (1, '[NaN, \"NaN\", -Infinity]')")
    pair.load()

    assert pair.rows("SELECT v::text FROM events") == [('["NaN", "NaN", "-Infinity"]',)]


LISTS = {
    "integer[]": ("ARRAY[1, NULL, -2147483648]", [1, None, -2147483648]),
    "text[]": (
        "ARRAY['a,b', 'q\"r\\s', 'NULL', '', NULL, '{é 😀}', ' x ']",
        ["a,b", 'q"r\\s', "NULL", "", None, "{é 😀}", " x "],
    ),
    "boolean[]": ("ARRAY[true, false, NULL]", [True, False, None]),
    "double precision[]": ("ARRAY['0.1', 'infinity', '-0.0']::double precision[]", [0.1, float("inf"), 0.0]),
    "uuid[]": (f"ARRAY['{U}']::uuid[]", [UUID(U)]),
    "date[]": ("ARRAY['2026-03-01']::date[]", [dt.date(2026, 3, 1)]),
    "timestamp[]": (
        "ARRAY['2026-03-01 12:00:00.000001']::timestamp[]",
        [dt.datetime.fromisoformat("2026-03-01 12:00:00.000001")],
    ),
}


@pytest.mark.parametrize("engines", OUT)
def test_lists_are_arrays(pair: Pair) -> None:
    """Nulls inside, empty lists, and texts that hold what arrays are written with."""
    names = [f"v{number}" for number in range(len(LISTS))]
    typed = ", ".join(f"{name} {declared}" for name, declared in zip(names, LISTS, strict=True))
    values = ", ".join(value for value, _ in LISTS.values())
    empty, nulls = ("'{}'" if pair.engines[0] == "postgres" else "[]"), "NULL"
    pair.write(
        f"CREATE TABLE events (id bigint, {typed})",
        f"INSERT INTO events VALUES (1, {values}), (2, {', '.join([empty] * len(LISTS))}),"
        f" (3, {', '.join([nulls] * len(LISTS))})",
    )
    first = pair.load("snapshot_diff")
    again = pair.load("snapshot_diff")

    assert all(each.endswith("[]") for each in types(pair)[1:])
    assert pair.rows() == [
        (1, *(value for _, value in LISTS.values())),
        (2, *([] for _ in LISTS)),
        (3, *(None for _ in LISTS)),
    ]
    assert (first.warnings, again.loaded) == ((), 0)


@pytest.mark.parametrize("engines", [("duckdb", "postgres")])
def test_large_whole_numbers_are_numbers(pair: Pair) -> None:
    """UBIGINT and HUGEINT, as values and as a key, and back as decimals."""
    pair.write(
        "CREATE TABLE events (id UBIGINT PRIMARY KEY, h HUGEINT)",
        "INSERT INTO events VALUES (18446744073709551615, -99999999999999999999999999999999999999), (0, NULL)",
    )
    pair.load("snapshot_diff")
    again = pair.load("snapshot_diff")

    assert types(pair) == ["numeric(20,0)", "numeric(38,0)"]
    assert pair.rows("SELECT id::text, h::text FROM events ORDER BY id") == [
        ("0", None),
        ("18446744073709551615", "-" + "9" * 38),
    ]
    assert again.loaded == 0


@pytest.mark.parametrize("engines", [("duckdb", "postgres")])
def test_a_number_of_thirty_nine_digits_is_refused(pair: Pair) -> None:
    """It is never rounded or cut."""
    pair.write("CREATE TABLE events (id BIGINT, h HUGEINT)", f"INSERT INTO events VALUES (1, {2**127 - 1})")
    with pytest.raises(Refused, match="overflow"):
        pair.load()


@pytest.mark.parametrize("engines", [("postgres", "duckdb")])
def test_an_array_of_arrays_is_refused_where_the_target_holds_lists(pair: Pair) -> None:
    """A first load with one makes a column of JSON text; a later one names the column."""
    pair.write("CREATE TABLE events (id bigint PRIMARY KEY, a text[])", "INSERT INTO events VALUES (1, '{x}')")
    pair.load("snapshot_diff")
    pair.write("UPDATE events SET a = '{{x}}'")

    with pytest.raises(Refused, match=r"column 'a' of the source holds an array of several dimensions, .*\{\{x\}\}"):
        pair.load("snapshot_diff")
    assert pair.rows() == [(1, ["x"])]


OLD = {
    "u": ("uuid", f"'{U}'", U),
    "i": ("interval", "'1 month 3 days'", {"duckdb": "1 month 3 days", "postgres": "1 mon 3 days"}),
    "j": ("json", "'[1]'", "[1]"),
    "t": ("time", "'24:00:00'", "24:00:00"),
    "a": ("integer[]", "ARRAY[1, NULL]", "[1,null]"),
}


@pytest.mark.parametrize("engines", BOTH)
@pytest.mark.parametrize("evolve", [False, True])
def test_a_target_of_text_stays_text(pair: Pair, *, evolve: bool) -> None:
    """A target made before types were shared is loaded as before, with the texts that it was given then."""
    typed = ", ".join(f"{name} {declared}" for name, (declared, _, _) in OLD.items())
    pair.write(
        f"CREATE TABLE events (id uuid PRIMARY KEY, {typed})",
        f"INSERT INTO events VALUES ('{U}', {', '.join(value for _, value, _ in OLD.values())})",
    )
    text = "text" if pair.engines[1] == "postgres" else "VARCHAR"
    pair.write_target(f"CREATE TABLE events (id {text} PRIMARY KEY, {', '.join(f'{name} {text}' for name in OLD)})")
    loaded = [pair.load("snapshot_diff", evolve=evolve).loaded for _ in range(2)]

    wanted = [text if isinstance(text, str) else text[pair.engines[0]] for _, _, text in OLD.values()]
    assert pair.rows() == [(U, *wanted)]
    assert loaded == [1, 0]


@pytest.mark.parametrize("engines", BOTH)
@pytest.mark.parametrize("strategy", ["composite_watermark", "snapshot_diff", "row_hash_cdc", "timestamp_watermark"])
def test_ids_are_keys_of_every_strategy(pair: Pair, strategy: str) -> None:
    """Their order is the same in both engines, so that strategies that go by the key's order are right."""
    a, b, c = ("0" * 8 + U[8:], "7" * 8 + U[8:], "f" * 8 + U[8:])
    pair.write(
        "CREATE TABLE events (id uuid PRIMARY KEY, ts bigint)",
        f"INSERT INTO events VALUES ('{b}', 5), ('{a}', 5)",
    )
    pair.load(strategy, cursor="ts")
    pair.write(f"INSERT INTO events VALUES ('{c}', 5)")
    pair.load(strategy, cursor="ts")

    found = [(UUID(each), 5) for each in ((a, b) if strategy == "timestamp_watermark" else (a, b, c))]
    assert pair.rows("SELECT * FROM events ORDER BY id") == found


@pytest.mark.parametrize("engines", [("parquet", "postgres")])
def test_a_file_without_records_has_the_types_of_its_target(pair: Pair) -> None:
    """All rows go where removals are allowed, and the columns stay what they are."""
    pair.write("CREATE TABLE events (id BIGINT, u UUID, a INTEGER[])", f"INSERT INTO events VALUES (1, '{U}', [1])")
    pair.load("snapshot_diff")
    pair.write("DELETE FROM events")
    emptied = pair.load("snapshot_diff", guards=Guards(allow_removals=True))

    assert (emptied.removed, types(pair)) == (1, ["bigint", "uuid", "integer[]"])


@pytest.mark.parametrize("engines", BOTH)
def test_an_audit_finds_shared_types_equal(pair: Pair) -> None:
    """Both engines write intervals and lists in their own ways, and the values are the same."""
    pair.write(
        "CREATE TABLE events (id uuid PRIMARY KEY, i interval, a integer[])",
        f"INSERT INTO events VALUES ('{U}', '-1 month 3 days 00:00:00.000001', ARRAY[1, NULL])",
    )
    pair.load()
    ends = [f"{url}{'&' if '?' in url else '?'}table=events" for url in (pair.source, pair.target)]
    found = audit(*ends, key="id")
    pair.write_target("UPDATE events SET a = ARRAY[2, NULL]")
    other = audit(*ends, key="id")

    assert (found.wrong, other.wrong, dict(other.differing)) == (0, 1, {"a": 1})
