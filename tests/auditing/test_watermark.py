"""A watermark as a user gives it: what it is among the values of a cursor."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest

from incload.auditing.watermark import given_mark, ticks_per_second
from incload.errors import Refused
from incload.table import Kind

if TYPE_CHECKING:
    from incload.engines.digests.canonical import Held


def held(kind: Kind, per_second: int = 0) -> Held:
    """Return as much of a cursor column as is looked at."""
    form = SimpleNamespace(kind=kind, per_second=per_second)
    return SimpleNamespace(form=form, column=SimpleNamespace(name="at"))  # type: ignore[return-value]


@pytest.mark.parametrize(
    ("kind", "per_second", "text", "canonical"),
    [
        (Kind.TIMESTAMP, 1_000_000, "1970-01-01T00:00:02Z", "m2000000;"),
        (Kind.TIMESTAMP, 1_000_000, "2000001", "m2000001;"),
        (Kind.TIMESTAMP, 1_000_000, "-7", "m-7;"),
        (Kind.TIMESTAMP, 1_000_000_000, "1970-01-01T00:00:02.000001Z", "m2000001000;"),
        (Kind.TIMESTAMP, 1_000_000_000, "2000001000", "m2000001000;"),
        (Kind.INTEGER, 0, "42", "i42;"),
        (Kind.TEXT, 0, "Größe 7", "t9:Größe 7;"),
    ],
)
def test_a_watermark_is_read_as_the_source_writes_it(kind: Kind, per_second: int, text: str, canonical: str) -> None:
    """A whole number is in the column's own ticks; a time is brought to them; a text stays one."""
    assert given_mark(text, held(kind, per_second)) == canonical


@pytest.mark.parametrize(("kind", "text"), [(Kind.TIMESTAMP, "soon"), (Kind.TIMESTAMP, "7.5"), (Kind.INTEGER, "a")])
def test_what_no_cursor_has_is_refused(kind: Kind, text: str) -> None:
    """With the text, the column and the remedy."""
    with pytest.raises(Refused) as refused:
        given_mark(text, held(kind, 1_000_000))

    assert str(refused.value) == (
        f"--watermark {text!r} is no value of the cursor column 'at': write it as the source does."
    )


@pytest.mark.parametrize(
    ("kind", "example", "ticks"),
    [
        (Kind.TIMESTAMP, "m1;", 1_000_000_000),
        (Kind.INTEGER, "i1;", 1_000),
        (Kind.TEXT, "t20:2026-01-01T00:00:00Z;", 1_000_000),
        (Kind.TEXT, "t3:abc;", 0),
        (Kind.DECIMAL, "d1.5;", 0),
    ],
)
def test_what_a_cursor_counts(kind: Kind, example: str, ticks: int) -> None:
    """A timestamp its own ticks, an integer what the user says, a text that is a time microseconds, another nothing."""
    assert ticks_per_second(held(kind, 1_000_000_000), 1_000, example) == ticks
