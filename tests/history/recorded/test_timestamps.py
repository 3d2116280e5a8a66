"""Cursor values and file names as points in time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from incload.errors import Refused
from incload.history.recorded.read_log import ReadLog
from incload.history.recorded.time_formats import advice, check_format
from incload.history.recorded.timestamps import CursorColumn, timestamp_of_name, timestamp_of_text

NOON = 1_540_209_600_000_000
"""2018-10-22T12:00:00Z in microseconds."""


def _read(*values: object) -> tuple[list[int | None], ReadLog]:
    account = ReadLog()
    column = CursorColumn(account)
    column.settle(values)
    return [column.read(value) for value in values], account


@pytest.mark.parametrize(
    ("text", "position"),
    [
        ("2018-10-22T12:00:00Z", NOON),
        ("2018-10-22t12:00:00z", NOON),
        ("2018-10-22 12:00:00 UTC", NOON),
        ("2018-10-22T12:00Z", NOON),
        ("2018-10-22T05:00:00-07:00", NOON),
        ("2018-10-22T17:30:00+0530", NOON),
        ("2018-10-22T14:00:00+02", NOON),
        ("2018-10-22 14:00:00 +0200", NOON),
        ("20181022T120000Z", NOON),
        ("2018-10-22T12:00:00.5Z", NOON + 500_000),
        ("2018-10-22T12:00:00,000001Z", NOON + 1),
        ("2018-10-22T05:00:00.6499999-07:00", NOON + 649_999),
        ("1969-12-31T23:59:59.999999Z", -1),
        ("/Date(1540209600000)/", NOON),
        ("/Date(1540209600000-0700)/", NOON),
        ("Mon, 22 Oct 2018 05:00:00 -0700", NOON),
        ("22 Oct 2018 12:00:00 GMT", NOON),
    ],
)
def test_a_timestamp_with_a_zone_is_one_point_in_time_however_it_is_written(text: str, position: int) -> None:
    """Every accepted notation gives microseconds UTC, and none of these counts as naive."""
    positions, account = _read(text)

    assert positions == [position]
    assert (account.naive_timestamps, account.unparsable_cursors, account.null_cursors) == (0, 0, 0)


@pytest.mark.parametrize("text", ["2018-10-22T12:00:00", "2018-10-22 12:00", " 2018-10-22T12:00:00.000 "])
def test_a_timestamp_without_a_zone_is_utc_and_is_counted(text: str) -> None:
    """Nothing says where the clock stood, so UTC is assumed in the open."""
    positions, account = _read(text)

    assert positions == [NOON]
    assert account.naive_timestamps == 1


def test_a_date_alone_is_its_midnight() -> None:
    """A date names no zone either."""
    positions, account = _read("2018-10-22")

    assert positions == [NOON - 43_200_000_000]
    assert account.naive_timestamps == 1


@pytest.mark.parametrize(
    "value",
    [
        "yesterday",
        "2018-02-30T00:00:00Z",
        "2018-10-22T25:00:00Z",
        "2018-10-22T12:00:00+25:00",
        "2018-10-2212:00:00Z",
        "Mon, 22 Oct 2018 12:00:00 CEST",
        "99 Oct 2018 12:00:00 GMT",
        "NaN",
        float("nan"),
        float("inf"),
        True,
        [2018],
        {"at": 1},
        10**30,
        "0001-01-01T00:00:00+01:00",
        "/Date(99999999999999999999)/",
    ],
)
def test_nonsense_is_null_and_counted_with_an_example(value: object) -> None:
    """What says no point in time is never guessed and never dropped in silence."""
    positions, account = _read(value)

    assert positions == [None]
    assert account.unparsable_cursors == 1
    assert account.cursor_examples == [repr(value)]


def test_only_the_first_few_examples_are_kept() -> None:
    """A column of nonsense does not fill the state."""
    _, account = _read(*(f"bad {number}" for number in range(9)))

    assert account.unparsable_cursors == 9
    assert account.cursor_examples == ["'bad 0'", "'bad 1'", "'bad 2'", "'bad 3'", "'bad 4'"]


def test_null_and_empty_text_are_null_and_not_nonsense() -> None:
    """An empty cell is a missing value."""
    positions, account = _read(None, "", "  ")

    assert positions == [None, None, None]
    assert (account.null_cursors, account.unparsable_cursors) == (3, 0)


@pytest.mark.parametrize(
    ("number", "unit", "position"),
    [
        (1_540_209_600, "s", NOON),
        ("+1540209600", "s", NOON),
        (1_540_209_600.25, "s", NOON + 250_000),
        ("1540209600.000001", "s", NOON + 1),
        (1_540_209_600_123, "ms", NOON + 123_000),
        ("1540209600123.5", "ms", NOON + 123_500),
        (1_540_209_600_000_001, "us", NOON + 1),
        (1_540_209_600_000_001_000, "ns", NOON + 1),
        (-86_400, "s", -86_400_000_000),
    ],
)
def test_numbers_count_in_the_unit_of_their_magnitude(number: object, unit: str, position: int) -> None:
    """Seconds, milliseconds, microseconds and nanoseconds lie three orders of magnitude apart."""
    positions, account = _read(number)

    assert positions == [position]
    assert account.cursor_unit == unit


@pytest.mark.parametrize(
    ("value", "position"),
    [
        ("20181022", NOON - 43_200_000_000),
        (20181023, NOON + 43_200_000_000),
        (20181022.0, NOON - 43_200_000_000),
        ("201810221200", NOON),
        (20181022120000, NOON),
        ("20181022120000123", NOON + 123_000),
        ("20181022120000123456", NOON + 123_456),
    ],
)
def test_dates_written_as_digits_are_no_epochs(value: object, position: int) -> None:
    """Not a day in 1970 and not the year 2612; they name no zone."""
    positions, account = _read(value)

    assert positions == [position]
    assert (account.cursor_unit, account.naive_timestamps, account.odd_magnitudes) == ("calendar", 1, 0)


@pytest.mark.parametrize("number", [20181322, 20180230, 20181022250000, 18991022, 2018102212, 10**25])
def test_digits_that_are_no_date_are_numbers(number: int) -> None:
    """A month 13, a 30th of February, an hour 25, a year before 1900, digits of an hour: these count a unit."""
    assert _read(number)[1].cursor_unit != "calendar"


def test_a_column_of_dates_has_no_numbers() -> None:
    """What is no date among dates written as digits says no time."""
    positions, account = _read(20181022, 20181023, 1_540_209_600)

    assert positions == [NOON - 43_200_000_000, NOON + 43_200_000_000, None]
    assert (account.cursors_read, account.unparsable_cursors) == (2, 1)


@pytest.mark.parametrize(
    ("form", "value", "position"),
    [
        ("%m/%d/%Y", "10/22/2018", NOON - 43_200_000_000),
        ("%d/%m/%y %H:%M", " 22/10/18 12:00 ", NOON),
        ("%Y%m%d%H", 2018102212, NOON),
        ("%Y-%m-%d %H:%M:%S %z", "2018-10-22 14:00:00 +0200", NOON),
        ("%m/%d/%Y", "22/10/2018", None),
        ("%m/%d/%Y", "2018-10-22", None),
        ("%m/%d/%Y", True, None),
    ],
)
def test_a_form_that_is_named_is_the_only_one(form: str, value: object, position: int | None) -> None:
    """What has another form says no time, also if it would without the name."""
    account = ReadLog()

    assert CursorColumn(account, form).read(value) == position


@pytest.mark.parametrize(
    ("form", "said"),
    [
        ("%H:%M", "does not give the day of a time"),
        ("%d/%m", "does not give the day of a time"),
        ("", "does not give the day of a time"),
        ("%Q", "is no form of a time"),
        ("%s", "is no form of a time"),
    ],
)
def test_a_form_that_says_no_day_is_refused(form: str, said: str) -> None:
    """And one that there is not."""
    with pytest.raises(Refused, match=said):
        check_format(form)


@pytest.mark.parametrize(
    ("examples", "said"),
    [
        (["'09/14/2024'"], "--cursor-format '%m/%d/%Y' would read them"),
        (["'09/10/2024'", "'01/02/2024'"], "%m/%d/%Y' would read them, and so would '%d/%m/%Y': name the one that is"),
        (["'Sep 14, 2024 1:05 PM'"], "--cursor-format '%b %d, %Y %I:%M %p' would read them"),
        (["'soon'"], "name their form with --cursor-format, such as %m/%d/%Y"),
    ],
)
def test_the_form_that_would_fit_is_offered(examples: list[str], said: str) -> None:
    """Two where two would: 09/10 is a day in September and one in October."""
    assert said in advice(examples)


def test_a_leap_second_is_the_second_after_it() -> None:
    """As databases take it; a 61st is none."""
    positions, _ = _read("2016-12-31T23:59:60Z", "2016-12-31T23:59:61Z")

    assert positions == [1_483_228_800_000_000, None]


def test_one_unit_holds_for_the_whole_column() -> None:
    """The majority decides, and a number of another magnitude is read in that unit and counted."""
    positions, account = _read(1_540_209_600_000, 0, 1_540_209_601_000, 1_540_209_602)

    assert positions == [NOON, 0, NOON + 1_000_000, 1_540_209_602_000]
    assert account.cursor_unit == "ms"
    assert account.odd_magnitudes == 2


def test_the_unit_is_not_decided_again() -> None:
    """A later snapshot of small numbers does not change what numbers mean."""
    account = ReadLog()
    column = CursorColumn(account)
    column.settle([None, "2018-10-22"])
    column.settle([1_540_209_600_000])
    column.settle([5, 6, 7])

    assert account.cursor_unit == "ms"
    assert column.read(5) == 5_000


def test_what_is_finer_than_a_microsecond_is_cut_off_and_counted() -> None:
    """Seven digits that end in zero lose nothing; others do."""
    positions, account = _read("2018-10-22T12:00:00.1234567Z", "2018-10-22T12:00:00.1234560Z", "1540209600.0000019")

    assert positions == [NOON + 123_456, NOON + 123_456, NOON + 1]
    assert account.finer_timestamps == 2


@settings(deadline=None, derandomize=True, max_examples=200)
@given(
    st.datetimes(min_value=datetime(1900, 1, 1), max_value=datetime(2200, 1, 1)),  # noqa: DTZ001 - hypothesis wants naive
    st.integers(-14 * 60, 14 * 60),
)
def test_iso_text_of_any_offset_means_what_python_says(moment: datetime, minutes: int) -> None:
    """Whatever the offset, the position is the distance from the epoch."""
    timestamp = moment.replace(tzinfo=timezone(timedelta(minutes=minutes)))
    read = timestamp_of_text(timestamp.isoformat())

    assert read is not None
    assert read.at == (timestamp - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)


@pytest.mark.parametrize(
    ("name", "position"),
    [
        ("2018-10-22.json", NOON - 43_200_000_000),
        ("20181022.json", NOON - 43_200_000_000),
        ("fires_2018_10_22.csv", NOON - 43_200_000_000),
        ("fires-2018-10-22T12:00:00Z.json", NOON),
        ("fires-2018-10-22T12-00-00.json", NOON),
        ("2018-10-22_1200.json", NOON),
        ("20181022120000.json.gz", NOON),
        ("20181022T120000.5Z.json", NOON + 500_000),
        ("2018-10-22T14:00:00+02:00.json", NOON),
        ("2018-10-22-1.json", NOON - 43_200_000_000),
        ("99999999-20181022.json", NOON - 43_200_000_000),
        ("2018-13-40.json", None),
        ("snapshot-17.json", None),
        ("1201810221.json", None),
    ],
)
def test_a_file_name_says_its_time(name: str, position: int | None) -> None:
    """The first ISO date, or date and time, in the name; digits that are part of a longer number are none."""
    assert timestamp_of_name(name) == position
