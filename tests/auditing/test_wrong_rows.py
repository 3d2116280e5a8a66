"""What is wrong with a row, from its versions on both sides."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest

from incload.auditing.wrong_rows import DUPLICATED, LOST, PHANTOM, STALE, judged, wrong_rows
from incload.errors import Refused

if TYPE_CHECKING:
    from incload.engines.digests.canonical import Digests

KEY = ("i1;",)
A, B = ("i1;", "ta;"), ("i1;", "tb;")


def side(*rows: tuple[str, ...]) -> Digests:
    """Return a side of a comparison, as much of it as is asked."""
    return SimpleNamespace(rows=lambda _: rows, key=(0,))  # type: ignore[return-value]


@pytest.mark.parametrize(
    ("source", "copies", "kinds"),
    [
        (A, [], (LOST,)),
        (A, [B], (STALE,)),
        (None, [A], (PHANTOM,)),
        (A, [A, A], (DUPLICATED,)),
        (A, [A, B], (STALE, DUPLICATED)),
        (None, [A, B], (PHANTOM, DUPLICATED)),
    ],
)
def test_what_is_wrong(source: tuple[str, str] | None, copies: list[tuple[str, str]], kinds: tuple[str, ...]) -> None:
    """A row may be wrong in two ways; one that is equal on both sides is in none."""
    found = judged(KEY, source, copies)

    assert found is not None
    assert (found.kinds, found.source, found.copies) == (kinds, source, tuple(sorted(copies)))
    assert judged(KEY, A, [A]) is None


def test_wrong_rows_come_in_the_order_of_their_keys() -> None:
    """From either side, and right ones not at all."""
    source = side(("i3;", "ta;"), ("i1;", "ta;"), ("i2;", "ta;"))
    copy = side(("i0;", "ta;"), ("i2;", "ta;"), ("i3;", "tb;"))
    found = [(row.key, row.kinds) for row in wrong_rows(source, copy, SimpleNamespace())]  # type: ignore[arg-type]

    assert found == [(("i0;",), (PHANTOM,)), (("i1;",), (LOST,)), (("i3;",), (STALE,))]


@pytest.mark.parametrize("times", [2, 3])
def test_a_key_that_two_rows_of_the_source_have_is_refused(times: int) -> None:
    """No row of the copy could be said to be theirs."""
    with pytest.raises(Refused, match=r"^the source has several rows of the key 1: name a key that one row has\.$"):
        list(wrong_rows(side(*[A] * times), side(A), SimpleNamespace()))  # type: ignore[arg-type]
