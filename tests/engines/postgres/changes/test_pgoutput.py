"""The messages of `pgoutput`: which keys they name, written down by hand as the protocol describes them."""

from __future__ import annotations

from struct import pack

import pytest

from incload.engines.postgres.changes.pgoutput import committed

Value = str | None
UNCHANGED = object()
"""A large value that an update left alone, which the server does not repeat."""


def begin(number: int) -> bytes:
    """Write the beginning of a transaction."""
    return b"B" + pack(">QQI", 0, 0, number)


def commit(end: int) -> bytes:
    """Write a commit that ends at a position."""
    return b"C" + pack(">BQQQ", 0, end - 1, end, 0)


def relation(*names: str, number: int = 7) -> bytes:
    """Write what the table is, or one below it."""
    columns = b"".join(b"\1" + name.encode() + b"\0" + pack(">Ii", 25, -1) for name in names)
    return b"R" + pack(">I", number) + b"public\0orders\0d" + pack(">H", len(names)) + columns


def row(mark: bytes, *values: object) -> bytes:
    """Write a row."""
    parts = [
        b"n" if v is None else b"u" if v is UNCHANGED else b"t" + pack(">I", len(v)) + v for v in map(_bytes, values)
    ]
    return mark + pack(">H", len(values)) + b"".join(parts)


def _bytes(value: object) -> object:
    return value.encode() if isinstance(value, str) else value


def change(kind: bytes, *rows: bytes, number: int = 7) -> bytes:
    """Write a change of one row."""
    return kind + pack(">I", number) + b"".join(rows)


def test_inserts_updates_and_deletes_name_their_keys() -> None:
    """A changed key is named with the one that it had; columns that are not of the key are passed over."""
    found = committed(
        [
            begin(5),
            relation("note", "id"),
            change(b"I", row(b"N", "a", "1")),
            change(b"U", row(b"N", None, "2")),
            change(b"U", row(b"K", None, "3"), row(b"N", UNCHANGED, "4")),
            change(b"D", row(b"K", None, "6")),
            commit(90),
        ],
        ("id",),
        [25],
    )

    (one,) = found
    assert (one.number, one.end, one.whole) == (5, 90, False)
    assert one.keys == {("1",), ("2",), ("3",), ("4",), ("6",)}


def test_a_key_that_is_not_repeated_is_that_of_the_old_row() -> None:
    """A large key that did not change stands in the old row alone."""
    messages = [begin(1), relation("id"), change(b"U", row(b"K", "long"), row(b"N", UNCHANGED)), commit(9)]

    assert [one.keys for one in committed(messages, ("id",), [25])] == [{("long",)}]


def test_a_key_of_several_columns_in_the_order_of_the_key() -> None:
    """Whatever the order of the table's columns, and after they have changed."""
    messages = [
        begin(1), relation("b", "v", "a"), change(b"I", row(b"N", "x", "v", "1")), commit(3),
        begin(2), relation("new", "a", "b"), change(b"D", row(b"O", "v", "2", "y")), commit(6),
    ]  # fmt: skip

    assert [one.keys for one in committed(messages, ("a", "b"), [25, 25])] == [{("1", "x")}, {("2", "y")}]


def test_each_table_has_its_own_order_of_columns() -> None:
    """Partitions that were attached need not have that of the table, and their changes come one after the other."""
    messages = [
        begin(1), relation("id", "v"), relation("v", "id", number=8), change(b"I", row(b"N", "1", "a")),
        change(b"I", row(b"N", "b", "2"), number=8), change(b"D", row(b"K", "3", None)), commit(9),
    ]  # fmt: skip

    assert [one.keys for one in committed(messages, ("id",), [25])] == [{("1",), ("2",), ("3",)}]


@pytest.mark.parametrize(("key", "type_"), [("renamed", 25), ("id", 20)])
def test_a_key_of_another_name_or_type_names_no_row(key: str, type_: int) -> None:
    """What the table was when it changed is not what it is now: any row may have changed."""
    messages = [begin(1), relation("id"), change(b"I", row(b"N", "1")), commit(9)]

    assert [(one.whole, one.keys) for one in committed(messages, (key,), [type_])] == [(True, set())]


def test_a_truncated_table_may_have_lost_every_row() -> None:
    """No key says it."""
    (one,) = committed([begin(1), b"T" + pack(">IBI", 1, 0, 7), commit(8)], ("id",), [25])

    assert one.whole


def test_an_unfinished_transaction_is_not_reported() -> None:
    """Only a commit makes one."""
    assert list(committed([begin(1), relation("id"), change(b"I", row(b"N", "1"))], ("id",), [25])) == []
