"""Which fields are old in stale rows."""

from __future__ import annotations

import json

from incload.harness.replays.stale_values import stale_fields

NAMES = ("id", "at", "content")


def row(number: int, at: int | None, **fields: object) -> tuple[object, ...]:
    """Return a row whose content is a JSON object."""
    return (number, at, json.dumps(fields))


def test_each_field_is_counted_once_a_row() -> None:
    """The most frequent first; one that came or left is different, and nested ones have dotted paths."""
    pairs = [
        (row(1, 5, a=1, b={"c": 1, "d": 2}), row(1, 5, a=2, b={"c": 1, "d": 3})),
        (row(2, 5, a=1, e=None), row(2, 5, a=1)),
        (row(3, 6, a=1), row(3, 5, a=2)),
    ]

    assert stale_fields(NAMES, pairs) == '{"a": 2, "at": 1, "b.d": 1, "e": 1}'


def test_rows_that_do_not_differ_have_no_fields() -> None:
    """The nulls at a row's end are left out in a history, and are none in a copy."""
    assert stale_fields(NAMES, [((1,), (1, None, None))]) == ""
    assert stale_fields(NAMES, []) == ""


def test_texts_that_are_no_objects_are_values() -> None:
    """Also those that only begin like one."""
    assert stale_fields(("id", "v"), [((1, "{x"), (1, "[2]"))]) == '{"v": 1}'
