"""Values that a person writes: taken in the one form of what is remembered, and in no other."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from incload.cursor import IsoText, MixedText, Scale, Timestamps
from incload.errors import Refused
from incload.loading.state.entry import Entry
from incload.loading.state.parse import key_of, watermark_of
from incload.strategy import Position, State

if TYPE_CHECKING:
    from incload.strategy.answers import KeyValue

DAY = 86_400
SECONDS = IsoText(1, "%Y-%m-%dT%H:%M:%SZ", 0)


def entry(scale: Scale | None, watermark: Position | None = 0, key: KeyValue | None = None) -> Entry:
    """Return an entry whose cursor has a scale."""
    tags = {"cursor": "ts", "scale": scale.tag if scale else "none", "digest": "d"}
    return Entry(State(watermark, key), "some_strategy", ("shop", "id"), tags)


@pytest.mark.parametrize(
    ("scale", "text", "position"),
    [
        (SECONDS, "1970-01-02T00:00:00Z", DAY),
        (IsoText(1, "%Y-%m-%d", 0), "1970-01-02", DAY),
        (IsoText(1_000_000, "%Y-%m-%d %H:%M:%S.{fraction}", 3), "1970-01-02 00:00:00.250", DAY * 1_000_000 + 250_000),
        (MixedText(1_000_000, zoned=True), "1970-01-02T02:00:00+02:00", DAY * 1_000_000),
        (MixedText(1_000_000, zoned=False), "1970-01-02", DAY * 1_000_000),
        (Timestamps(1_000_000), "1970-01-02T00:00:00.000001", DAY * 1_000_000 + 1),
        (Timestamps(1_000_000), "1970-01-02 00:00:00.000001999", DAY * 1_000_000 + 1),
        (Timestamps(1_000_000_000), "1970-01-02", DAY * 1_000_000_000),
        (Timestamps(1_000_000), "1970-01-02T02:00:00+02:00", DAY * 1_000_000),
        (Scale(None), "-12", -12),
        (Scale(None), "2.5", 2.5),
        (Scale(1_000), "9007199254740993", 9007199254740993),
    ],
)
def test_a_watermark_in_the_form_of_its_column(scale: Scale, text: str, position: Position) -> None:
    """A timestamp or number as the column writes it becomes its position, exactly; finer timestamps are cut off."""
    assert watermark_of(text, entry(scale)) == position


@given(
    st.integers(-6 * 10**16, 10**17),
    st.sampled_from([Timestamps(1_000_000), MixedText(1_000_000, zoned=True), Scale(None)]),
)
def test_what_is_shown_can_be_set(position: int, scale: Scale) -> None:
    """A watermark is taken as it is shown, so that it can be copied from the one command to the other."""
    before = entry(scale, position)

    assert watermark_of(str(before.shown), before) == position


@pytest.mark.parametrize(
    ("scale", "text"),
    [
        (SECONDS, "1970-01-02"),
        (SECONDS, "1970-01-02T00:00:00"),
        (SECONDS, "1970-01-02T00:00:00+00:00"),
        (SECONDS, "1970-02-30T00:00:00Z"),
        (SECONDS, "5"),
        (SECONDS, ""),
        (MixedText(1_000_000, zoned=True), "1970-01-02"),
        (MixedText(1_000_000, zoned=False), "1970-01-02T00:00:00Z"),
        (MixedText(1_000_000, zoned=False), "tomorrow"),
        (Timestamps(1_000_000), "5"),
        (Timestamps(1_000_000), "1970-13-01"),
        (Scale(None), "1970-01-02"),
        (Scale(None), "nan"),
        (Scale(None), "inf"),
        (Scale(None), "+-5"),
        (Scale(None), "9223372036854775808"),
    ],
)
def test_another_form_is_refused(scale: Scale, text: str) -> None:
    """What the column would not write is refused with what it does write."""
    with pytest.raises(
        Refused, match=r"^--watermark '.*' is not of the form of the cursor column 'ts': write it as in "
    ):
        watermark_of(text, entry(scale))


def test_the_refusal_shows_the_present_value() -> None:
    """The example is the watermark that is remembered now."""
    with pytest.raises(Refused, match=r"write it as in 1970-01-02T00:00:00Z\.$"):
        watermark_of("noon", entry(SECONDS, DAY))


@pytest.mark.parametrize(
    ("known", "text", "key"),
    [
        ((5,), "-7", (-7,)),
        ((5.0,), "7", (7.0,)),
        (("a",), "b, c", ("b, c",)),
        ((b"\x01",), "ff00", (b"\xff\x00",)),
        (("a", 5), "b,7", ("b", 7)),
    ],
)
def test_a_key_in_the_form_of_the_present_one(known: KeyValue, text: str, key: KeyValue) -> None:
    """Each value has the type of the one that is remembered; only a key of several columns is split."""
    assert key_of(text, entry(SECONDS, key=known)) == key


@pytest.mark.parametrize(
    ("known", "text"),
    [
        ((5,), "a"),
        ((5,), "1,2"),
        (("a", 5), "b"),
        (("a", 5), "b,c"),
        ((b"\x01",), "xyz"),
        ((5,), str(2**63)),
        ((5.0,), "nan"),
    ],
)
def test_a_key_of_another_form_is_refused(known: KeyValue, text: str) -> None:
    """What the key columns cannot hold is refused with what they do hold."""
    with pytest.raises(Refused, match=rf"^--key '{text}' is not of the form of the key shop, id: write it as in "):
        key_of(text, entry(SECONDS, key=known))


def test_what_is_not_remembered_is_not_set() -> None:
    """A strategy without a watermark, or without a key, is given none."""
    by_key = entry(None, None, (5,))

    assert (watermark_of(None, by_key), key_of("6", by_key)) == (None, (6,))
    assert key_of(None, entry(SECONDS)) is None
    with pytest.raises(Refused, match="'some_strategy' keeps no watermark: leave out --watermark"):
        watermark_of("6", by_key)
    with pytest.raises(Refused, match="'some_strategy' keeps no key: leave out --key"):
        key_of("6", entry(SECONDS))


def test_what_is_remembered_is_set() -> None:
    """A watermark without its key, or a key without its watermark, would be half a state."""
    both = entry(SECONDS, key=(5,))

    with pytest.raises(Refused, match="remembers a watermark: name one with --watermark"):
        watermark_of(None, both)
    with pytest.raises(Refused, match="remembers the key of its last row as well: name one with --key"):
        key_of(None, both)


def test_a_scale_beside_a_key_alone_asks_for_no_watermark() -> None:
    """A strategy that goes by the key remembers no watermark, also where the write rule knows a cursor."""
    assert watermark_of(None, entry(Scale(None), None, (5,))) is None
