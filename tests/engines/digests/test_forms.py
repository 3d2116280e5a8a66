"""By which rule two columns are compared, from their declared types alone."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from incload.engines.digests.forms import Sides, noted, pair
from incload.errors import Refused
from incload.table import Column, Kind

ZERO = "0.0 and -0.0 are one number"
SINGLE = f"{ZERO}; floats are compared as those of 32 bits"
NAN = "NaN is null, as SQLite has none"


def column(kind: Kind, declared: str) -> Column:
    """Return a column of a type."""
    return Column("v", kind, declared)


@pytest.mark.parametrize("narrow", ["real", "REAL", "float4", "FLOAT"])
def test_floats_of_two_widths_are_compared_as_the_narrower(narrow: str) -> None:
    """By every name that engines have for those of 32 bits."""
    sides = Sides(("duckdb", "postgres"), {})
    one, wide = column(Kind.REAL, narrow), column(Kind.REAL, "double precision")

    assert (pair(one, wide, sides).rule, pair(one, wide, sides).source.form.single) == (SINGLE, True)
    assert (pair(wide, one, sides).rule, pair(wide, one, sides).copy.form.single) == (SINGLE, True)
    for other in ("real", "float4", "FLOAT"):
        assert pair(one, column(Kind.REAL, other), sides).rule == ZERO


def test_every_float_of_sqlite_has_64_bits() -> None:
    """Whatever its type is called there."""
    wide, here = column(Kind.REAL, "double precision"), column(Kind.REAL, "REAL")

    assert pair(wide, here, Sides(("postgres", "sqlite"), {})).rule == f"{ZERO}; {NAN}"
    assert pair(here, wide, Sides(("sqlite", "postgres"), {})).rule == f"{ZERO}; {NAN}"


@pytest.mark.parametrize(
    ("kinds", "unit", "said", "ticks"),
    [
        ({}, 0, "microseconds since 1970-01-01 UTC, as incload loads them (--time-unit says otherwise)", 1_000_000),
        ({"v": "date"}, 0, "microseconds since 1970-01-01 UTC, as the load has recorded", 1_000_000),
        ({"v": "timestamp 1000/s"}, 0, "milliseconds since 1970-01-01 UTC, as the load has recorded", 1_000),
        ({"v": "timestamp 1000/s UTC"}, 1, "seconds since 1970-01-01 UTC, as --time-unit says", 1),
        ({}, 1_000_000_000, "nanoseconds since 1970-01-01 UTC, as --time-unit says", 1_000_000_000),
    ],
)
def test_integers_that_stand_for_times(kinds: dict[str, str], unit: int, said: str, ticks: int) -> None:
    """What they count is said by the user, by the record of the load, or by what a load does."""
    time, number = column(Kind.TIMESTAMP, "TIMESTAMP"), column(Kind.INTEGER, "INTEGER")
    found = pair(time, number, Sides(("duckdb", "sqlite"), kinds, unit))

    assert found.rule == f"integers count {said}; a time without end is null there"
    assert (found.source.unit, found.copy.unit) == (0, ticks)


@pytest.mark.parametrize(
    ("one", "other", "rule"),
    [(Kind.BOOLEAN, Kind.INTEGER, "truth values are 0 and 1"), (Kind.BOOLEAN, Kind.BOOLEAN, "")],
)
def test_truth_values_are_compared_as_numbers(one: Kind, other: Kind, rule: str) -> None:
    """Which is only said where one side has numbers."""
    assert pair(column(one, "BOOLEAN"), column(other, "X"), Sides(("duckdb", "sqlite"), {})).rule == rule


@pytest.mark.parametrize(
    ("engines", "types", "stays", "shared"),
    [
        (("duckdb", "duckdb"), ("uuid", "uuid"), True, ("", "")),
        (("duckdb", "postgres"), ("uuid", "uuid"), False, ("uuid", "uuid")),
        (("duckdb", "postgres"), ("uuid", "json"), False, ("", "")),
        (("duckdb", "postgres"), ("", "json"), False, ("", "")),
    ],
)
def test_what_two_columns_have_in_common(
    engines: tuple[str, str], types: tuple[str, str], *, stays: bool, shared: tuple[str, str]
) -> None:
    """One engine, or one type that both write alike, which each session is asked of its own column."""
    sessions = [
        SimpleNamespace(engine=engine, shared_type=lambda _, name=name: name)
        for engine, name in zip(engines, types, strict=True)
    ]
    found = noted((sessions[0], sessions[1]), column(Kind.OTHER, "A"), column(Kind.OTHER, "B"))  # type: ignore[arg-type]

    assert [(each.declared, each.stays, each.shared) for each in found] == [
        ("A", stays, shared[0]), ("B", stays, shared[1]),
    ]  # fmt: skip


def test_kinds_that_no_rule_compares_are_refused() -> None:
    """By the names of both types, with the remedy."""
    with pytest.raises(Refused, match=r"^column 'v' is boolean \(BOOLEAN\) in the source and .* in the copy, which no"):
        pair(column(Kind.BOOLEAN, "BOOLEAN"), column(Kind.TIMESTAMP, "TIMESTAMP"), Sides(("duckdb", "duckdb"), {}))
