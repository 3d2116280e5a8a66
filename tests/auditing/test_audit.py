"""The audit finds every planted fault and nothing else, whatever the chunks, the place and the types."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import product
from math import nan
from operator import itemgetter
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from incload.auditing.audit import Difference, audit

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from incload.auditing.audit import Key, Row

K = "the key"
"""Stands for the key at the place where a fault is planted."""

FAULTS: dict[str, tuple[list[Row], list[Row], str]] = {
    # name: the rows under the key in the source, those in the target, what is wrong
    "lost": ([(K, "a")], [], "lost"),
    "phantom": ([], [(K, "a")], "phantom"),
    "duplicated": ([(K, "a")], [(K, "a"), (K, "a")], "duplicated"),
    "duplicated, one copy old": ([(K, "a")], [(K, "a"), (K, "b")], "duplicated stale"),
    "duplicated, the other copy old": ([(K, "a")], [(K, "b"), (K, "a")], "duplicated stale"),
    "duplicated phantom": ([], [(K, "a"), (K, "b")], "duplicated phantom"),
    "another text": ([(K, "a")], [(K, "b")], "stale"),
    "null and empty text": ([(K, None)], [(K, "")], "stale"),
    "null and the text of a null": ([(K, None)], [(K, "None")], "stale"),
    "null and zero": ([(K, None)], [(K, 0)], "stale"),
    "null and false": ([(K, None)], [(K, False)], "stale"),
    "null and NaN": ([(K, None)], [(K, nan)], "stale"),
    "null and empty blob": ([(K, None)], [(K, b"")], "stale"),
    "trailing space": ([(K, "a")], [(K, "a ")], "stale"),
    "leading space": ([(K, "a")], [(K, " a")], "stale"),
    "trailing NUL": ([(K, "a")], [(K, "a\0")], "stale"),
    "line endings": ([(K, "a\n")], [(K, "a\r\n")], "stale"),
    "another normal form": ([(K, "caf\u00e9")], [(K, "cafe\u0301")], "stale"),
    "another case": ([(K, "Ada")], [(K, "ADA")], "stale"),
    "dotless i": ([(K, "\u0131")], [(K, "i")], "stale"),
    "one microsecond": ([(K, 1_767_268_800_000_000)], [(K, 1_767_268_800_000_001)], "stale"),
    "an hour, as a zone makes it": ([(K, 1_767_268_800_000_000)], [(K, 1_767_272_400_000_000)], "stale"),
    "one instant in two zones": ([(K, "2026-01-01T12:00:00Z")], [(K, "2026-01-01T13:00:00+01:00")], "stale"),
    "a zone that is missing": ([(K, "2026-01-01T12:00:00Z")], [(K, "2026-01-01T12:00:00")], "stale"),
    "a moment that lost its zone": (
        [(K, datetime(2026, 1, 1, 12, tzinfo=UTC))],
        [(K, datetime(2026, 1, 1, 12))],  # noqa: DTZ001 - a moment without a zone is the fault
        "stale",
    ),
    "a T and a space": ([(K, "2026-01-01T12:00:00")], [(K, "2026-01-01 12:00:00")], "stale"),
    "float noise": ([(K, 0.1 + 0.2)], [(K, 0.3)], "stale"),
    "the smallest float above one": ([(K, 1.0)], [(K, 1.0000000000000002)], "stale"),
    "a float of single precision": ([(K, 0.1)], [(K, 0.10000000149011612)], "stale"),
    "infinity and the largest float": ([(K, float("inf"))], [(K, 1.7976931348623157e308)], "stale"),
    "the sign of infinity": ([(K, float("inf"))], [(K, float("-inf"))], "stale"),
    "the first integer that no float holds": ([(K, 2**53 + 1)], [(K, 2**53)], "stale"),
    "an integer as a float": ([(K, 1)], [(K, 1.0)], "stale"),
    "a large integer as a float": ([(K, 2**53 + 1)], [(K, float(2**53))], "stale"),
    "an integer as a boolean": ([(K, 1)], [(K, True)], "stale"),
    "zero as false": ([(K, 0)], [(K, False)], "stale"),
    "a float as a boolean": ([(K, 1.0)], [(K, True)], "stale"),
    "an integer as a float beside a NaN": ([(K, nan, 1)], [(K, float("nan"), 1.0)], "stale"),
    "an integer as text": ([(K, 1)], [(K, "1")], "stale"),
    "a blob as text": ([(K, b"a")], [(K, "a")], "stale"),
    "one bit of a blob": ([(K, b"\x00\xff")], [(K, b"\x00\xfe")], "stale"),
    "two columns that changed places": ([(K, "a", None)], [(K, None, "a")], "stale"),
    "the last of several columns": ([(K, "a", 1, None, 2.5)], [(K, "a", 1, None, 2.25)], "stale"),
}

EQUALS: dict[str, tuple[object, object]] = {
    "nulls": (None, None),
    "empty texts": ("", ""),
    "NaNs": (nan, float("nan")),
    "zeros of either sign": (0.0, -0.0),
    "large integers": (2**63 - 1, int("9223372036854775807")),
    "floats": (0.1 + 0.2, 0.30000000000000004),
    "texts beyond the basic plane": ("\U0001f600", "\N{GRINNING FACE}"),
    "blobs": (b"\x00a", bytes([0, 97])),
}
"""Pairs of values that are no difference."""

MIRRORED = {"lost": "phantom", "phantom": "lost", "stale": "stale"}
SIZES = (1, 2, 3, 100)

every_fault = pytest.mark.parametrize("name", FAULTS)
every_place = pytest.mark.parametrize("key", [5, 55, 105], ids=["first", "middle", "last"])


def chunks(rows: list[Row], size: int) -> Iterator[list[Row]]:
    """Cut rows into chunks."""
    return (rows[start : start + size] for start in range(0, len(rows), size))


def around(rows: list[Row], key: object) -> list[Row]:
    """Put rows under a key, ten sound rows of the same columns around them."""
    width = len(rows[0]) if rows else 2
    sound: list[Row] = [(number, *["sound"] * (width - 1)) for number in range(10, 101, 10)]
    planted = [tuple(key if value is K else value for value in row) for row in rows]
    return sorted([*sound, *planted], key=itemgetter(0))


def expected(kinds: str, key: object) -> Difference:
    """Return the difference in which one key is wrong in some ways."""
    named: dict[str, Any] = {kind: frozenset({(key,)}) for kind in kinds.split()}
    return Difference(**named | ({"duplicated": {(key,): 1}} if "duplicated" in named else {}))


def every_cut(source: list[Row], target: list[Row]) -> Iterator[Difference]:
    """Audit two tables in chunks of every size."""
    for one, other in product(SIZES, SIZES):
        yield audit(chunks(source, one), chunks(target, other), (0,))


@every_place
@every_fault
def test_a_planted_fault_is_found(name: str, key: int) -> None:
    """Each fault is all that is found, in every place and on both sides of every border between chunks."""
    source, target, kinds = FAULTS[name]
    found = every_cut(around(source, key), around(target, key))

    assert [each for each in found if each != expected(kinds, key)] == []


@every_place
@pytest.mark.parametrize("name", [name for name, (*_, kinds) in FAULTS.items() if kinds in MIRRORED])
def test_a_planted_fault_is_found_the_other_way_round(name: str, key: int) -> None:
    """With source and target exchanged, what was lost is a phantom, and what was stale is stale."""
    source, target, kinds = FAULTS[name]
    found = every_cut(around(target, key), around(source, key))

    assert [each for each in found if each != expected(MIRRORED[kinds], key)] == []


@every_place
@pytest.mark.parametrize("name", EQUALS)
def test_equal_values_are_no_fault(name: str, key: int) -> None:
    """Values that say the same are not reported, in chunks of any size."""
    one, other = EQUALS[name]
    found = every_cut(around([(K, one)], key), around([(K, other)], key))

    assert [each for each in found if each != Difference()] == []


def test_every_kind_of_fault_is_planted() -> None:
    """The table of faults has every kind, and stale rows of every type a database stores."""
    kinds = {kind for *_, kinds in FAULTS.values() for kind in kinds.split()}
    types = {type(row[1]) for source, _, _ in FAULTS.values() for row in source}

    assert kinds == {"lost", "stale", "phantom", "duplicated"}
    assert types >= {type(None), int, float, str, bytes}


@pytest.mark.parametrize(
    ("source", "target", "found"),
    [
        ([], [], Difference()),
        ([(1,)], [(1,)], Difference()),
        ([(1,)], [], Difference(lost=frozenset({(1,)}))),
        ([], [(1,), (1,)], Difference(phantom=frozenset({(1,)}), duplicated={(1,): 1})),
    ],
)
def test_empty_tables_and_tables_of_keys(source: list[Row], target: list[Row], found: Difference) -> None:
    """A table may be empty, and a row may be nothing but its key."""
    assert audit([source], [target], (0,)) == found


def test_empty_chunks_are_nothing() -> None:
    """Empty chunks anywhere change nothing."""
    rows: list[Row] = [(1, "a"), (2, "b")]

    assert audit([[], rows[:1], [], rows[1:], []], [[], [], rows, []], (0,)) == Difference()


@pytest.mark.parametrize("size", SIZES)
def test_many_copies_are_counted(size: int) -> None:
    """Every copy beyond the first is too many, of a row that the source has and of one that it does not have."""
    target: list[Row] = [(1, "a")] * 5 + [(2, "b")] + [(3, "c")] * 7
    found = audit([[(1, "a"), (2, "b")]], chunks(target, size), (0,))

    assert found == Difference(phantom=frozenset({(3,)}), duplicated={(1,): 4, (3,): 6})


KEYS: dict[str, list[Key]] = {
    "integers": [(-(2**63),), (-1,), (0,), (9,), (10,), (2**63 - 1,)],
    "texts": [
        ("",),
        (" ",),
        ("10",),
        ("9",),
        ("A",),
        ("a",),
        ("a ",),
        ("cafe\u0301",),
        ("caf\u00e9",),
        ("\U0001f600",),
    ],
    "blobs": [(b"",), (b"\x00",), (b"\x00\x00",), (b"\xff",)],
    "floats": [(float("-inf"),), (-0.5,), (0.1,), (0.3,), (0.1 + 0.2,)],
    "composite": [(1, "a"), (1, "b"), (2, "a"), (2, "a ")],
    "composite with nulls": [(None, None), (None, "a"), (1, None), (1, "a"), (2, None)],
    "a null among integers": [(None,), (1,), (2,)],
    "every type": [(None,), (1,), (1.5,), (2,), ("1",), (b"1",)],
}
"""Keys in the order in which a database returns them."""


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("name", KEYS)
def test_keys_of_every_type(name: str, size: int) -> None:
    """Whatever the key, each key but one is found in its place, and the missing one is the only fault."""
    keys = KEYS[name]
    places = tuple(range(len(keys[0])))
    rows: list[Row] = [(*key, "payload") for key in keys]

    for missing, key in enumerate(keys):
        short = rows[:missing] + rows[missing + 1 :]
        assert audit(chunks(rows, size), chunks(short, 2), places) == Difference(lost=frozenset({key}))
        assert audit(chunks(short, 2), chunks(rows, size), places) == Difference(phantom=frozenset({key}))


def test_the_key_may_stand_anywhere() -> None:
    """The key columns are those at the places named, in the order named."""
    source: list[Row] = [("x", 2, 1), ("y", 1, 2)]
    target: list[Row] = [("x", 2, 1), ("z", 1, 2)]

    assert audit([source], [target], (2, 1)) == Difference(stale=frozenset({(2, 1)}))


def test_a_key_of_another_type_is_stale() -> None:
    """A key that became a float still finds its row, and the row is reported."""
    assert audit([[(1, "a"), (2, "b")]], [[(1.0, "a"), (2, "b")]], (0,)) == Difference(stale=frozenset({(1,)}))


@pytest.mark.parametrize("key", [1, 1.0, True])
def test_the_type_of_a_value_is_seen_in_a_column_of_several_types(key: object) -> None:
    """Integers and floats that changed places within a column are seen, although both sides have the same types."""
    found = audit([[(key, 1, 1.0), (2, 1.0, 1)]], [[(key, 1.0, 1.0), (2, 1, 1)]], (0,))

    assert found == Difference(stale=frozenset({(1,), (2,)}))


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize(
    "keys",
    [[1, 1], [1, 2, 2], [2, 1], [1, 3, 2, 4], [3, 1, 2, 4], [1, None], ["b", "a"], ["a", 1], [b"", ""], [1, 1.0]],
)
def test_a_source_out_of_order_raises(keys: list[object], size: int) -> None:
    """A source that repeats a key or is not in ascending order is no ground for a verdict, whatever the chunks."""
    rows: list[Row] = [(key, "a") for key in keys]

    with pytest.raises(ValueError, match="the source repeats a key or is out of order at"):
        audit(chunks(rows, size), [], (0,))


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("keys", [[2, 1], [1, 3, 2, 4], [4, 1, 2, 3], [1, None], ["b", "a"], ["a", 1], [b"", ""]])
def test_a_target_out_of_order_raises(keys: list[object], size: int) -> None:
    """A target that is not in ascending order would hide rows from the audit, so that it raises."""
    rows: list[Row] = [(key, "a") for key in keys]

    with pytest.raises(ValueError, match="the target is out of order at"):
        audit([[(5, "a")]], chunks(rows, size), (0,))


def test_the_error_names_the_key() -> None:
    """What is out of order is named, composite keys in full."""
    with pytest.raises(ValueError, match=r"out of order at \(1, 'a'\)"):
        audit([[(1, "b"), (1, "a")]], [], (0, 1))


def test_only_a_chunk_of_each_side_is_held() -> None:
    """A chunk of the source is asked for only when the one before has been compared with its part of the target."""
    asked: list[str] = []

    def said(side: str) -> Iterator[list[Row]]:
        for number in range(3):
            asked.append(f"{side} {number}")
            yield [(number, "a")]

    audit(said("source"), said("target"), (0,))

    assert asked == ["source 0", "target 0", "target 1", "source 1", "target 2", "source 2"]


def test_what_is_wrong_is_the_sum_of_all_kinds() -> None:
    """A key is wrong when anything is wrong about it."""
    found = Difference(frozenset({(1,)}), frozenset({(2,)}), frozenset({(3,)}), {(2,): 1, (4,): 2})

    assert found.wrong == {(1,), (2,), (3,), (4,)}


# Against a naive audit over dictionaries, written here.

Tables = tuple[dict[Any, Any], list[tuple[Any, Any]]]

scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.sampled_from([0, 1, 2**53, 2**53 + 1]),
    st.sampled_from([0.0, -0.0, 1.0, 0.3, 0.1 + 0.2, float(2**53), nan]),
    st.sampled_from(["", " ", "a", "A", "a ", "caf\u00e9", "cafe\u0301", "1"]),
    st.sampled_from([b"", b"a", b"1"]),
)
parts = st.one_of(
    st.none(), st.integers(-3, 6), st.sampled_from([0.5, 1.5]), st.text("ab ", max_size=2), st.binary(max_size=1)
)
keys = st.tuples(parts) | st.tuples(st.integers(0, 3), parts)


@st.composite
def tables(draw: st.DrawFn) -> Tables:
    """Draw a source and a target that is a copy of it with a few random edits."""
    width = draw(st.sampled_from([1, 2]))
    own = keys.filter(lambda key: len(key) == width)
    source = draw(st.dictionaries(own, scalars, max_size=12))
    copies = list(source.items())
    for _ in range(draw(st.integers(0, 4))):
        match draw(st.sampled_from(["delete", "change", "add", "copy"])):
            case "delete" if copies:
                copies.pop(draw(st.integers(0, len(copies) - 1)))
            case "change" if copies:
                place = draw(st.integers(0, len(copies) - 1))
                copies[place] = (copies[place][0], draw(scalars))
            case "copy" if copies:
                copies.append(draw(st.sampled_from(copies)))
            case "add":
                copies.append((draw(own), draw(scalars)))
    return source, copies


def rank(item: tuple[Any, Any]) -> list[tuple[str, Any]]:
    """Return what orders a row by its key, as SQLite does: nulls, numbers, texts, blobs."""
    return [
        ("1", "") if value is None else ({int: "2", float: "2", str: "3", bytes: "4"}[type(value)], value)
        for value in item[0]
    ]


def spelled(value: Any) -> str:  # noqa: ANN401 - any value of a database
    """Spell a value with its type, the sign of a zero left out."""
    return f"{type(value).__name__} {value + 0.0 if isinstance(value, float) else value!r}"


def naive(source: dict[Any, Any], copies: list[tuple[Any, Any]]) -> Difference:
    """Compare by looking every key up."""
    held = [key for key, _ in copies]
    return Difference(
        lost=frozenset(key for key in source if key not in held),
        stale=frozenset(key for key, value in copies if key in source and spelled(value) != spelled(source[key])),
        phantom=frozenset(key for key in held if key not in source),
        duplicated={key: held.count(key) - 1 for key in held if held.count(key) > 1},
    )


def as_rows(items: Iterable[tuple[Any, Any]]) -> list[Row]:
    """Return keys and values as rows in the order of their keys."""
    return [(*key, value) for key, value in sorted(items, key=rank)]


@given(drawn=tables(), one=st.integers(1, 5), other=st.integers(1, 5))
def test_it_agrees_with_a_naive_audit(drawn: Tables, one: int, other: int) -> None:
    """Over random tables, edits and chunks the audit finds what looking up every key finds."""
    source, copies = drawn
    width = len(next(iter([*source, *(key for key, _ in copies)]), (0,)))
    found = audit(chunks(as_rows(source.items()), one), chunks(as_rows(copies), other), tuple(range(width)))

    assert found == naive(source, copies)


@given(drawn=tables(), one=st.integers(1, 5), other=st.integers(1, 5))
def test_a_table_equals_itself(drawn: Tables, one: int, other: int) -> None:
    """Nothing is wrong with a copy, however it is cut."""
    rows = as_rows(drawn[0].items())
    width = len(next(iter(drawn[0]), (0,)))

    assert audit(chunks(rows, one), chunks(list(rows), other), tuple(range(width))) == Difference()
