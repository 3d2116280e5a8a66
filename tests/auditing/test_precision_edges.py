"""Audits at the edges of precision: between all engines and from files, each bent value is found and nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from test_compare_tables import ENGINES, PAIRS, Places, places

from incload.api.audit import audit
from incload.errors import Refused

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["places"]

NOON = 1_772_366_400_000_000
"""2026-03-01 12:00 UTC in microseconds."""

Said = tuple[str, str, str]
"""SQL for SQLite, DuckDB and PostgreSQL."""


def alike(text: str) -> Said:
    """Return SQL that every engine reads."""
    return text, text, text


EDGES: dict[str, tuple[Said, Said, tuple[Said, ...]]] = {
    # name: the types of the column, a value, and values that are others
    "moment": (
        ("INTEGER", "TIMESTAMP", "TIMESTAMP"),
        (str(NOON), "TIMESTAMP '2026-03-01 12:00'", "TIMESTAMP '2026-03-01 12:00'"),
        ((str(NOON + 1), *["TIMESTAMP '2026-03-01 12:00:00.000001'"] * 2), alike("NULL")),
    ),
    "zoned": (
        ("INTEGER", "TIMESTAMPTZ", "TIMESTAMPTZ"),
        (str(NOON), "TIMESTAMPTZ '2026-03-01 13:00+01'", "TIMESTAMPTZ '2026-03-01 08:30-03:30'"),
        ((str(NOON - 1), *["TIMESTAMPTZ '2026-03-01 12:59:59.999999+01'"] * 2),),
    ),
    "day": (("TEXT", "DATE", "DATE"), alike("'2026-02-28'"), (alike("'2026-03-01'"),)),
    "price": (
        ("TEXT", "DECIMAL(38,10)", "NUMERIC"),
        ("'10.500'", "10.5", "10.50"),
        (("'10.5000000001'", "10.5000000001", "10.5000000001"), ("'-10.5'", "-10.5", "-10.5")),
    ),
    "large": (
        ("TEXT", "HUGEINT", "NUMERIC(38,0)"),
        ("'9223372036854775808'", "9223372036854775808", "9223372036854775808"),
        (("'9223372036854775809'", "9223372036854775809", "9223372036854775809"),),
    ),
    "number": (
        ("INTEGER", "BIGINT", "BIGINT"),
        alike("9007199254740993"),
        (alike("9007199254740992"), alike("9223372036854775807"), alike("-9223372036854775808")),
    ),
    "float": (
        ("REAL", "DOUBLE", "FLOAT8"),
        alike("0.1"),
        (alike("0.10000000000000002"), alike("0.09999999999999999"), ("9e999", "'inf'", "'inf'"), alike("NULL")),
    ),
    "nan": (("REAL", "DOUBLE", "FLOAT8"), ("NULL", "'nan'", "'nan'"), (alike("0.0"), ("-9e999", "'-inf'", "'-inf'"))),
    "zero": (("REAL", "DOUBLE", "FLOAT8"), alike("0.0"), (alike("5e-324"),)),
    "name": (
        ("TEXT", "VARCHAR", "TEXT"),
        alike("'é a'"),
        (alike("'é a '"), alike("'É a'"), alike("'e\u0301 a'"), alike("''"), alike("NULL"), alike("'é\u00a0a'")),
    ),
    "empty": (("TEXT", "VARCHAR", "TEXT"), alike("''"), (alike("NULL"), alike("' '"))),
    "data": (
        ("BLOB", "BLOB", "BYTEA"),
        ("x'00ff'", r"'\x00\xFF'::BLOB", r"'\x00ff'::bytea"),
        (
            ("x'00fe'", r"'\x00\xFE'::BLOB", r"'\x00fe'::bytea"),
            ("x'00'", r"'\x00'::BLOB", r"'\x00'::bytea"),
            ("x''", "''::BLOB", "''::bytea"),
        ),
    ),
    "flag": (
        ("INTEGER", "BOOLEAN", "BOOLEAN"),
        ("1", "true", "true"),
        (("0", "false", "false"), alike("NULL")),
    ),
    "json": (("TEXT", "JSON", "JSON"), alike("""'{"a": 1.0}'"""), (alike("""'{"a": 1}'"""), alike("""'{"a":1.0}'"""))),
    "uuid": (
        ("TEXT", "UUID", "UUID"),
        alike("'6f2c8a4e-0000-4000-8000-00000000000a'"),
        (alike("'6f2c8a4e-0000-4000-8000-00000000000b'"),),
    ),
    "span": (("TEXT", "INTERVAL", "INTERVAL"), alike("'1 day'"), (alike("'24:00:00'"), alike("NULL"))),
    "list": (
        ("TEXT", "BIGINT[]", "BIGINT[]"),
        ("'[1,null,2]'", "[1,NULL,2]", "'{1,NULL,2}'"),
        (("'[1,2,null]'", "[1,2,NULL]", "'{1,2,NULL}'"), ("'[]'", "[]", "'{}'"), alike("NULL")),
    ),
}
BENDS = [(name, number) for name, (_, _, others) in EDGES.items() for number in range(len(others))]
"""Each bent value: in the row whose key is its number here."""
STALE = {name: len(others) for name, (_, _, others) in EDGES.items()}


def filled(places: Places, engine: str, side: str, *, bent: bool) -> None:
    """Fill the table of a side: one row with no value bent, and one for each bend."""
    at = ENGINES.index(engine)
    types = ", ".join(f'"{name}" {kinds[at]}' for name, (kinds, _, _) in EDGES.items())
    rows = [(-1, ("", 0)), *enumerate(BENDS)]
    values = ", ".join(
        f"({key}, "
        + ", ".join(
            others[number][at] if bent and name == bend else value[at] for name, (_, value, others) in EDGES.items()
        )
        + ")"
        for key, (bend, number) in rows
    )
    places.run(engine, side, f"CREATE TABLE {{t}} (id BIGINT, {types})", f"INSERT INTO {{t}} VALUES {values}")


@pytest.mark.parametrize("engines", PAIRS, ids="-".join)
@pytest.mark.parametrize("bent", ["s", "c"])
def test_every_bent_value_is_found(places: Places, engines: tuple[str, str], bent: str) -> None:
    """In the copy and in the source alike, in its own row and column alone; a row without one is equal."""
    for engine, side in zip(engines, "sc", strict=True):
        filled(places, engine, side, bent=side == bent)

    result = audit(places.url(engines[0], "s"), places.url(engines[1], "c"), key="id", limit=100)

    assert (result.lost, result.phantom, result.duplicated) == (0, 0, 0)
    assert {sample.key[0]: sample.columns for sample in result.samples} == {
        key: (name,) for key, (name, _) in enumerate(BENDS)
    }
    assert result.differing == STALE


@pytest.mark.parametrize("engine", ENGINES)
def test_every_bent_value_is_found_beside_a_file(places: Places, tmp_path: Path, engine: str) -> None:
    """A Parquet file as the source, and a copy of each engine."""
    filled(places, "duckdb", "s", bent=False)
    filled(places, engine, "c", bent=True)
    # Parquet has no interval that is read back as one, and no whole number of 128 bits.
    listed = ", ".join(
        "large::DECIMAL(38,0) AS large" if name == "large" else f'"{name}"' for name in EDGES if name != "span"
    )
    places.run("duckdb", "s", f"COPY (SELECT id, {listed} FROM {{t}}) TO '{tmp_path}/s.parquet'")

    result = audit(f"{tmp_path}/s.parquet", places.url(engine, "c"), key="id", limit=100)

    assert result.differing == {name: number for name, number in STALE.items() if name != "span"}
    assert result.wrong == len(BENDS) - STALE["span"]


NULS = ("'a' || {nul} || 'b'", "'a' || {nul} || 'c'", "'a'", "'a' || {nul}", "{nul}", "''")
"""Texts with the character that PostgreSQL cannot hold, and such as would be equal if they ended at it."""
EMBEDDED = [(one, other) for one, other in PAIRS if "postgres" not in (one, other)]


def texts(places: Places, engine: str, side: str, order: str) -> None:
    """Fill the table of a side with texts by their numbers: each is a key, and a value beside a key of numbers."""
    nul = "char(0)" if engine == "sqlite" else "chr(0)"
    values = ", ".join(f"({key}, {NULS[int(at)].format(nul=nul)})" for key, at in enumerate(order))
    kind = "TEXT" if engine == "sqlite" else "VARCHAR"
    places.run(engine, side, f"CREATE TABLE {{t}} (id BIGINT, name {kind})", f"INSERT INTO {{t}} VALUES {values}")


@pytest.mark.parametrize("engines", EMBEDDED, ids="-".join)
@pytest.mark.parametrize(("order", "stale"), [("012345", []), ("102345", [0, 1]), ("013254", [2, 3, 4, 5])])
def test_nul_characters_are_characters(places: Places, engines: tuple[str, str], order: str, stale: list[int]) -> None:
    """A text does not end at one, as a value and as a key."""
    for engine, side, held in zip(engines, "sc", ("012345", order), strict=True):
        texts(places, engine, side, held)

    result = audit(places.url(engines[0], "s"), places.url(engines[1], "c"), key="id", cursor="name")
    by_name = audit(places.url(engines[0], "s"), places.url(engines[1], "c"), key="name")

    assert sorted(str(sample.key[0]) for sample in result.samples) == list(map(str, stale))
    assert (result.wrong, by_name.stale, by_name.wrong) == (len(stale), len(stale), len(stale))


@pytest.mark.parametrize("engines", [("sqlite", "postgres"), ("duckdb", "postgres")], ids="-".join)
def test_nul_characters_beside_an_engine_without_them(places: Places, engines: tuple[str, str]) -> None:
    """PostgreSQL holds none: each such text is another one there, and the text without it is equal."""
    texts(places, engines[0], "s", "0235")
    places.run(
        "postgres", "c", "CREATE TABLE {t} (id BIGINT, name TEXT)",
        "INSERT INTO {t} VALUES (0, 'ab'), (1, 'a'), (2, 'a'), (3, '')",
    )  # fmt: skip

    result = audit(places.url(engines[0], "s"), places.url("postgres", "c"), key="id")

    assert [(sample.kind, sample.key) for sample in result.samples] == [("stale", (0,)), ("stale", (2,))]


FINE = ("INTEGER", "TIMESTAMP_NS", "TIMESTAMP")
"""Columns of times, of nanoseconds where an engine has them and of their number where it has none."""
FINEST = (1_772_366_400_123_456_789, -1, 2**63 - 2, 1_000, None)
"""Nanoseconds since 1970: now, the last before it, the last that there is, whole microseconds, none."""


def fine(places: Places, engine: str, side: str, ticks: tuple[int | None, ...]) -> None:
    """Fill the table of a side with times."""
    plain, made = (
        "NULL" if engine == "sqlite" else "NULL::TIMESTAMP_NS",
        "{}" if engine == "sqlite" else "make_timestamp_ns({})",
    )
    values = ", ".join(f"({key}, {plain if at is None else made.format(at)})" for key, at in enumerate(ticks))
    kind = FINE[ENGINES.index(engine)]
    places.run(engine, side, f"CREATE TABLE {{t}} (id BIGINT, seen {kind})", f"INSERT INTO {{t}} VALUES {values}")


@pytest.mark.parametrize("engines", EMBEDDED, ids="-".join)
@pytest.mark.parametrize("bent", range(len(FINEST)))
def test_one_nanosecond_is_found(places: Places, engines: tuple[str, str], bent: int) -> None:
    """In its own row alone, as a value and as a cursor."""
    moved = [at if key != bent else 0 if at is None else at - 1 for key, at in enumerate(FINEST)]
    fine(places, engines[0], "s", FINEST)
    fine(places, engines[1], "c", tuple(moved))

    result = audit(places.url(engines[0], "s"), places.url(engines[1], "c"), key="id", cursor="seen")

    assert ([sample.key for sample in result.samples], result.wrong) == ([(bent,)], 1)


@pytest.mark.parametrize("engine", ["duckdb", "postgres"])
def test_nanoseconds_beside_microseconds(places: Places, engine: str) -> None:
    """A time that is finer than the copy can hold is another one there; whole microseconds are equal."""
    fine(places, "duckdb", "s", (1_772_366_400_123_456_789, 1_772_366_400_123_456_000, -1, None))
    times = ["'2026-03-01 12:00:00.123456'", "'2026-03-01 12:00:00.123456'", "'1970-01-01'", "NULL"]
    values = ", ".join(f"({key}, {time})" for key, time in enumerate(times))
    places.run(engine, "c", "CREATE TABLE {t} (id BIGINT, seen TIMESTAMP)", f"INSERT INTO {{t}} VALUES {values}")

    result = audit(places.url("duckdb", "s"), places.url(engine, "c"), key="id")

    assert [(sample.kind, sample.key) for sample in result.samples] == [("stale", (0,)), ("stale", (2,))]


@pytest.mark.parametrize("side", ["s", "c"])
def test_nanoseconds_beside_texts_are_refused(places: Places, side: str) -> None:
    """No rule reads texts that are finer than a microsecond."""
    fine(places, "duckdb", side, (1,))
    other = "c" if side == "s" else "s"
    places.run("sqlite", other, "CREATE TABLE {t} (id INTEGER, seen TEXT)", "INSERT INTO {t} VALUES (0, '1970-01-01')")
    urls = {side: places.url("duckdb", side), other: places.url("sqlite", other)}

    with pytest.raises(Refused, match=r"column 'seen' is .* which no rule compares"):
        audit(urls["s"], urls["c"], key="id")
