"""What cursor values mean: positions, shapes of timestamps, and the tags under which they are remembered."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from incload.cursor import UNITS, IsoText, MixedText, Scale, Timestamps, carried, scale_of_texts, shape_of
from incload.errors import Refused, unknown
from incload.ordered_ids import scale_of_tag

US = UNITS["us"]
ZONES = st.sampled_from(["", "Z", "+00:00", "+05:30", "-0800", "+14:00", "+00", "-03", "+0530"])
SHAPES = st.one_of(
    st.just("1970-01-01"),
    st.builds(
        lambda separator, seconds, digits, zone: (
            f"1970-01-01{separator}00:00"
            + (f":00{'.' + '0' * digits if digits else ''}" if seconds or digits else "")
            + zone
        ),
        st.sampled_from(["T", " "]),
        st.booleans(),
        st.integers(0, 9),
        ZONES,
    ),
).map(shape_of)
MOMENTS = st.datetimes(datetime(1, 1, 2), datetime(9999, 12, 30))  # noqa: DTZ001 - the zone is the shape's
SCALES = st.one_of(
    SHAPES,
    st.builds(Scale, st.sampled_from([None, *UNITS.values()])),
    st.builds(Timestamps, st.sampled_from([US, UNITS["ns"]])),
    st.builds(MixedText, st.just(US), st.booleans()),
)


def position_of(shape: IsoText, moment: datetime) -> int:
    """Return a moment in a shape's ticks, cut to what its timestamps can say, by the standard library's arithmetic."""
    microseconds = (moment.replace(tzinfo=UTC) - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)
    ticks = microseconds * (shape.per_second or 1) // US
    grain = {10: 86_400, 16: 60}.get(len(str(shape.stored(0)).removesuffix(shape.zone)), 1) * (shape.per_second or 1)
    grain = grain // 10**shape.digits if shape.digits else grain
    return ticks // grain * grain


@given(SHAPES, MOMENTS)
def test_a_timestamp_is_its_position_and_back(shape: IsoText, moment: datetime) -> None:
    """Every timestamp of a shape has a position, and the position has that timestamp."""
    offset = shape.position(str(shape.stored(0)))
    position = position_of(shape, moment) + (0 if isinstance(offset, float) else offset)
    timestamp = shape.stored(position)

    assert shape_of(str(timestamp)) == shape
    assert shape.position(timestamp) == position


@given(SHAPES, MOMENTS, MOMENTS)
def test_texts_of_one_shape_sort_as_their_positions(shape: IsoText, one: datetime, other: datetime) -> None:
    """Within one shape the order of texts is the order of times; this is what lets an index serve."""
    first, second = position_of(shape, one), position_of(shape, other)

    assert (str(shape.stored(first)) < str(shape.stored(second))) == (first < second)


@given(SHAPES, SHAPES, MOMENTS)
def test_one_time_has_one_meaning_in_every_shape(one: IsoText, other: IsoText, moment: datetime) -> None:
    """Two shapes that both say their zone, or both do not, give a moment of whole days the same position."""
    day = moment.replace(hour=0, minute=0, second=0, microsecond=0, tzinfo=UTC)
    seconds = (day - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(seconds=1)
    positions = [shape.position(shape.stored(seconds * (shape.per_second or 1))) for shape in (one, other)]

    assert positions == [seconds * (one.per_second or 1), seconds * (other.per_second or 1)]


@given(SCALES)
def test_a_tag_names_its_scale(scale: Scale) -> None:
    """What is remembered beside a watermark says what it counts, type of column included."""
    assert scale_of_tag(scale.tag) == scale


@pytest.mark.parametrize("tag", ["none", "parsecs", "", "/s", "time /s", "text like yesterday", "1.5/s"])
def test_a_tag_of_no_scale_names_none(tag: str) -> None:
    """An entry of another author is not guessed at."""
    assert scale_of_tag(tag) is None


@pytest.mark.parametrize(
    ("text", "position", "per_second"),
    [
        ("1970-01-01", 0, 1),
        ("2024-02-29", 1_709_164_800, 1),
        ("1969-12-31T23:59:59", -1, 1),
        ("2024-01-01 00:00", 1_704_067_200, 1),
        ("2024-01-01T00:00:00Z", 1_704_067_200, 1),
        ("2024-01-01T05:30:00+05:30", 1_704_067_200, 1),
        ("2023-12-31T16:00:00-0800", 1_704_067_200, 1),
        ("2024-01-01 00:00:00+00", 1_704_067_200, 1),
        ("2023-12-31T21:00-03", 1_704_067_200, 1),
        ("2024-01-01T05:30:00.5+0530", 1_704_067_200_500_000, US),
        ("2024-01-01T00:00:00.5", 1_704_067_200_500_000, US),
        ("2024-01-01T00:00:00.000001Z", 1_704_067_200_000_001, US),
        ("2024-01-01T00:00:00.000000001", 1_704_067_200_000_000_001, UNITS["ns"]),
        ("0001-01-01", -62_135_596_800, 1),
        ("9999-12-31T23:59:59.999999Z", 253_402_300_799_999_999, US),
    ],
)
def test_positions_of_timestamps(text: str, position: int, per_second: int) -> None:
    """Ticks since 1970 in UTC: seconds, or microseconds and nanoseconds where the timestamp has a fraction."""
    shape = shape_of(text)

    assert shape is not None
    assert (shape.position(text), shape.per_second, shape.stored(position)) == (position, per_second, text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "9",
        "20240101",
        "2024-1-1",
        "2024-01-01T",
        "2024-01-01T00",
        "2024-01-01t00:00:00",
        "2024-01-01T00:00.5",
        "2024-01-01T00:00:00,5",
        "2024-01-01T00:00:00.",
        "2024-01-01T00:00:00.0123456789",
        "2024-01-01T00:00:00 Z",
        "2024-01-01T00:00:00+5",
        "2024-01-01Z",
        " 2024-01-01",
        "2024-01-01\n",
        "\u0662\u0660\u0662\u0664-\u0660\u0661-\u0660\u0661",
        "2024-W01-1",
    ],
)
def test_other_texts_have_no_shape(text: str) -> None:
    """What is not plainly an ISO timestamp is none: its order would be a guess."""
    assert shape_of(text) is None


@pytest.mark.parametrize("text", ["2024-02-30", "2023-02-29", "2024-13-01", "2024-01-01T24:00", "2024-01-01T00:00:60"])
def test_a_timestamp_of_no_real_time_is_refused(text: str) -> None:
    """A shape alone makes no time."""
    shape = shape_of(text)

    assert shape is not None
    with pytest.raises(Refused, match=f"the cursor column holds '{text}', which names no real time"):
        shape.position(text)


@pytest.mark.parametrize("value", ["2024-01-01T00:00:00", "2024-01-01", "now", 5, None])
def test_a_value_of_another_shape_is_refused(value: object) -> None:
    """Among timestamps of one shape nothing else has a place, not even the same time written otherwise."""
    shape = shape_of("2024-01-01T00:00:00Z")

    assert shape is not None
    with pytest.raises(Refused, match="among timestamps such as '1970-01-01T00:00:00Z'"):
        shape.position(value)


@pytest.mark.parametrize("seconds", [-(10**12), 10**12])
def test_positions_beyond_the_calendar_are_its_ends(seconds: int) -> None:
    """A window may reach back before all timestamps; the bound is then the first timestamp that there can be."""
    shape = shape_of("2024-01-01T00:00:00.5Z")

    assert shape is not None
    assert str(shape.stored(seconds * US))[:20] == ("0001-01-01T00:00:00." if seconds < 0 else "9999-12-31T23:59:59.")


@pytest.mark.parametrize("value", ["5", None, True, b"7", float("nan"), float("inf"), -float("inf")])
def test_what_is_no_number_has_no_position(value: object) -> None:
    """Texts, truths and nulls are not among numbers, and NaN and infinity have no place there."""
    with pytest.raises(Refused, match="the cursor column holds"):
        Scale(None).position(value)


def test_numbers_are_their_positions() -> None:
    """Beyond the reach of a float as well."""
    assert [Scale(None).position(value) for value in (2**63, -1, 0.1)] == [2**63, -1, 0.1]


@pytest.mark.parametrize(
    ("span", "per_second", "ticks"),
    [
        (timedelta(minutes=10), 1, 600),
        (timedelta(minutes=10), 1_000, 600_000),
        (timedelta(minutes=10), UNITS["ns"], 600_000_000_000),
        (timedelta(milliseconds=1), 1, 1),
        (timedelta(microseconds=1_000_001), 1, 2),
        (timedelta(0), US, 0),
    ],
)
def test_spans_are_rounded_up(span: timedelta, per_second: int, ticks: int) -> None:
    """A window that a cursor cannot count exactly reaches a little further, never less far."""
    assert Scale(per_second).ticks(span) == ticks


def test_plain_numbers_have_no_spans() -> None:
    """A number without a unit is no time."""
    with pytest.raises(Refused, match="say what they count with --cursor-unit s, ms, us or ns"):
        Scale(None).ticks(timedelta(minutes=1))


@pytest.mark.parametrize(
    ("scale", "position", "shown"),
    [
        (Scale(None), 7, 7),
        (Scale(US), 1_704_067_200_000_001, 1_704_067_200_000_001),
        (Timestamps(US), 1_704_067_200_000_001, "2024-01-01T00:00:00.000001"),
        (Timestamps(UNITS["ns"]), -1, "1969-12-31T23:59:59.999999999"),
        (MixedText(US, zoned=True), 0, "1970-01-01T00:00:00.000000Z"),
        (MixedText(US, zoned=False), 0, "1970-01-01T00:00:00.000000"),
        (shape_of("2024-01-01T00:00+05:30"), 0, "1970-01-01T05:30+05:30"),
        (Timestamps(US), None, None),
    ],
)
def test_a_watermark_is_shown_as_its_reader_would_write_it(scale: Scale, position: int | None, shown: object) -> None:
    """Numbers as numbers, timestamps as ISO text, with the zone that their column says."""
    assert scale.shown(position) == shown


def test_one_shape_is_compared_as_text() -> None:
    """A zone written alike throughout is one shape."""
    assert scale_of_texts(["2024-01-01T00:00:00Z"], "ts") == shape_of("2023-12-31T00:00:00Z")


@pytest.mark.parametrize(
    ("texts", "zoned"),
    [
        (["2024-01-01T00:00:00Z", "2024-01-01T00:00:00+00:00"], True),
        (["2024-01-01T00:00:00+01:00", "2024-01-01T00:00:00+02:00"], True),
        (["2024-01-01", "2024-01-01 00:00"], False),
        (["2024-01-01T00:00:00", "2024-01-01T00:00:00.123456"], False),
    ],
)
def test_several_shapes_are_compared_by_what_they_mean(texts: list[str], *, zoned: bool) -> None:
    """As long as all say their zone or none does."""
    assert scale_of_texts(texts, "ts") == MixedText(US, zoned)


@pytest.mark.parametrize(
    ("texts", "said"),
    [
        (["2024-01-01", "soon"], "cursor column 'ts' holds 'soon', which is no ISO timestamp"),
        (
            ["2024-01-01", "2024-01-01T00:00Z"],
            "mixes timestamps with and without a zone .'2024-01-01' and '2024-01-01T00:",
        ),
        (["2024-01-01", "2024-01-01T00:00:00.0000001"], "mixes shapes finer than a microsecond"),
    ],
)
def test_texts_without_a_common_meaning_are_refused(texts: list[str], said: str) -> None:
    """The sentence shows two of them."""
    with pytest.raises(Refused, match=said):
        scale_of_texts(texts, "ts")


@pytest.mark.parametrize(
    ("text", "position"),
    [("2024-01-01", 1_704_067_200_000_000), ("2024-01-01T01:00:00.5+01:00", 1_704_067_200_500_000)],
)
def test_a_text_of_several_shapes_has_a_position(text: str, position: int) -> None:
    """In microseconds, whichever shape it has; a position that an engine has worked out is itself."""
    scale = MixedText(US, zoned=True)

    assert (scale.position(text), scale.position(position)) == (position, position)
    with pytest.raises(Refused, match="holds 'soon', which is no ISO timestamp"):
        scale.position("soon")


SECONDS, FINE = shape_of("2024-01-01T00:00:00Z"), shape_of("2024-01-01T00:00:00.5Z")
LOCAL = shape_of("2024-01-01T00:00:00")


@pytest.mark.parametrize(
    ("before", "now", "position", "after"),
    [
        (SECONDS, SECONDS, 7, 7),
        (SECONDS, FINE, 7, 7_000_000),
        (FINE, SECONDS, 7_999_999, 7),
        (FINE, SECONDS, -1, -1),
        (SECONDS, MixedText(US, zoned=True), 7, 7_000_000),
        (MixedText(US, zoned=True), FINE, 7, 7),
        (Scale(None), Scale(US), 7, 7),
        (Scale(1), Scale(None), 7, 7),
        (Timestamps(US), Timestamps(US), 7, 7),
        (SECONDS, LOCAL, 7, None),
        (MixedText(US, zoned=False), SECONDS, 7, None),
        (Scale(1), SECONDS, 7, None),
        (Timestamps(US), Timestamps(UNITS["ns"]), 7, None),
        (Timestamps(US), Scale(US), 7, None),
    ],
)
def test_positions_are_carried_where_that_is_certain(
    before: Scale, now: Scale, position: int, after: int | None
) -> None:
    """From shape to shape of texts, rounded down; never from one sort of column to another."""
    assert carried(position, before, now) == after


@pytest.mark.parametrize(
    ("name", "known", "said"),
    [
        ("tabel", ["table", "key"], "unknown option 'tabel': did you mean table?"),
        ("zzz", ["table", "key"], "unknown option 'zzz': known: key, table."),
        ("ID", ["id", "name"], "unknown option 'ID': did you mean id?"),
        ("Tables", ["TABLE", "KEY"], "unknown option 'Tables': did you mean TABLE?"),
        ("by", ["x", "by_window", "by_column"], "unknown option 'by': did you mean by_column or by_window?"),
        ("up_at", ["in_at", "on_at", "x"], "unknown option 'up_at': did you mean on_at or in_at?"),
        ("at", [" at"], "unknown option 'at': did you mean ' at'?"),
        ("", ["b", "a "], "unknown option '': known: 'a ', b."),
    ],
)
def test_an_unknown_name_is_answered_with_the_nearest(name: str, known: list[str], said: str) -> None:
    """Or with all of them when none is near."""
    assert str(unknown("option", name, known)) == said
