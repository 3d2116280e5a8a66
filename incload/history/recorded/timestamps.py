"""What the values of a replayed cursor column mean, and what time a file name gives: microseconds since 1970-01-01 UTC.

Understood are ISO 8601 dates and times with any offset (T or a space between, basic or extended, any number of
fractional digits), RFC 2822 dates, `/Date(1540000000000)/`, and numbers, as numbers or in text: of seconds to
nanoseconds, or dates and times written as digits (`20210408`, `202104081230`, `20210408123059`). A timestamp without a
zone is UTC. What is finer than a microsecond is cut off; a leap second is the second after it. Any other form has to be
named. What is not understood is None and counted, never guessed.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import ROUND_FLOOR, Decimal
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

from incload.cursor import UNITS
from incload.history.recorded.read_log import EXAMPLES_KEPT
from incload.history.recorded.time_formats import read_format

if TYPE_CHECKING:
    from collections.abc import Iterable

    from incload.history.recorded.read_log import ReadLog

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_FIRST = (datetime.min.replace(tzinfo=UTC) - _EPOCH) // _MICROSECOND
_LAST = (datetime.max.replace(tzinfo=UTC) - _EPOCH) // _MICROSECOND
_LIMITS = ((10**11, "s"), (10**14, "ms"), (10**17, "us"))
"""Below each limit a number counts in that unit: dates from March 1973 to the year 5138 have only one reading."""

_ZONE = r"(?P<zone>Z|UTC|GMT|[+-](?:[01]\d|2[0-3])(?::?[0-5]\d)?)"
_NUMBER = re.compile(r"[+-]?\d+(?:\.\d+)?", re.ASCII)
_ISO = re.compile(
    r"(?P<year>\d{4})(?P<dash>-?)(?P<month>\d\d)(?P=dash)(?P<day>\d\d)"
    r"(?:[T ](?P<hour>\d\d)(?P<colon>:?)(?P<minute>\d\d)(?:(?P=colon)(?P<second>\d\d)(?:[.,](?P<fraction>\d+))?)?"
    rf"\s?{_ZONE}?)?",
    re.ASCII | re.IGNORECASE,
)
_IN_NAME = re.compile(
    r"(?<!\d)(?P<year>(?:19|20|21)\d\d)(?P<dash>[-_]?)(?P<month>\d\d)(?P=dash)(?P<day>\d\d)"
    r"(?:[T _-]?(?P<hour>\d\d)(?P<colon>[:._-]?)(?P<minute>\d\d)(?:(?P=colon)(?P<second>\d\d)"
    rf"(?:[.,](?P<fraction>\d{{1,9}}))?)?{_ZONE}?)?(?!\d)",
    re.ASCII,
)
_RFC = re.compile(
    r"(?:[A-Z][a-z]{2}, ?)?\d{1,2} [A-Z][a-z]{2} \d{4} \d\d:\d\d(?::\d\d)? (?:[+-]\d{4}|GMT|UTC?|[ECMP][SD]T)", re.ASCII
)
_DIGITS = re.compile(
    r"(?P<year>(?:19|20|21)\d\d)(?P<month>0[1-9]|1[0-2])(?P<day>0[1-9]|[12]\d|3[01])"
    r"(?:(?P<hour>[01]\d|2[0-3])(?P<minute>[0-5]\d)(?:(?P<second>[0-5]\d)(?P<fraction>\d{3}|\d{6})?)?)?(?P<zone>)",
    re.ASCII,
)
_DIGITS_END = 10**20
"""Beyond all dates written as digits."""
CALENDAR = "calendar"
"""What stands in the place of a unit where numbers are dates written as digits."""

_DOTNET = re.compile(r"/Date\((-?\d+)(?:[+-]\d{4})?\)/", re.ASCII)


@dataclass(frozen=True, slots=True)
class Moment:
    """A point in time that was read.

    Attributes:
        at: Microseconds since 1970-01-01 UTC.
        naive: Whether it named no zone.
        finer: Whether it was finer than a microsecond.
    """

    at: int
    naive: bool = False
    finer: bool = False


def number_of(value: object) -> int | Decimal | None:
    """Return the number that a value is or spells, or None."""
    if isinstance(value, str):
        text = value.strip()
        return Decimal(text) if _NUMBER.fullmatch(text) else None
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return value
    return Decimal(repr(value)) if isinstance(value, float) and math.isfinite(value) else None


def unit_of(number: int | Decimal) -> str:
    """Return the unit that a number of its magnitude counts in: below 1e11 s, below 1e14 ms, below 1e17 us, else ns."""
    size = abs(Decimal(number))
    return next((unit for limit, unit in _LIMITS if size < limit), "ns")


def reading_of(number: int | Decimal) -> str:
    """Return how a number is read by its looks: `calendar` for a date written as digits, else its unit."""
    return CALENDAR if moment_of_digits(number) else unit_of(number)


def moment_of_digits(number: int | Decimal) -> Moment | None:
    """Return the moment of a date, or date and time, written as digits: 20210408, 202104081230, 20210408123059."""
    if not 0 < number < _DIGITS_END or number != int(number):
        return None
    match = _DIGITS.fullmatch(str(int(number)))
    moment = _moment(match) if match else None
    return Moment(moment.at, naive=True) if moment else None


def timestamp_of_number(number: int | Decimal, unit: str) -> Moment | None:
    """Return the moment so many units after 1970-01-01 UTC; None outside of the years 1 to 9999."""
    ticks = Decimal(number) * 1_000_000 / UNITS[unit]
    if not _FIRST <= ticks <= _LAST:
        return None
    whole = int(ticks.to_integral_value(ROUND_FLOOR))
    return Moment(whole, finer=whole != ticks)


def timestamp_of_text(text: str) -> Moment | None:
    """Return the moment that a text other than a number says, or None."""
    if match := _ISO.fullmatch(text):
        return _moment(match)
    if match := _DOTNET.fullmatch(text):
        return timestamp_of_number(int(match[1]), "ms")
    return _timestamp_of_mail(text) if _RFC.fullmatch(text) else None


def timestamp_of_name(name: str) -> int | None:
    """Return the time of the first ISO date, or date and time, in a file name; None without one.

    Between date and time may stand T, a space, `_`, `-` or nothing, inside them `-`, `_`, `:`, `.` or nothing.
    """
    for match in _IN_NAME.finditer(name):
        if moment := _moment(match):
            return moment.at
    return None


def _moment(match: re.Match[str]) -> Moment | None:
    """Return the moment of a matched timestamp, or None if there is no such time."""
    *parts, second = [int(match[part] or 0) for part in ("year", "month", "day", "hour", "minute", "second")]
    leap = second == 60
    try:
        start = datetime(*parts, second - leap, tzinfo=UTC)  # type: ignore[misc, arg-type]
        whole = (start - _EPOCH) // _MICROSECOND + leap * 1_000_000
    except ValueError:
        return None
    digits = match["fraction"] or ""
    at = whole + int(digits[:6].ljust(6, "0")) - _offset(match["zone"] or "Z")
    return Moment(at, not match["zone"], finer=bool(digits[6:].strip("0"))) if _FIRST <= at <= _LAST else None


def _offset(zone: str) -> int:
    """Return how many microseconds the clocks of a zone are ahead of UTC."""
    if zone[0] not in "+-":
        return 0
    minutes = int(zone[1:3]) * 60 + (int(zone[-2:]) if len(zone) > len("+00") else 0)
    return (minutes if zone[0] == "+" else -minutes) * 60_000_000


def _timestamp_of_mail(text: str) -> Moment | None:
    try:
        timestamp = parsedate_to_datetime(text)
    except ValueError:
        return None
    return Moment(
        (timestamp.replace(tzinfo=timestamp.tzinfo or UTC) - _EPOCH) // _MICROSECOND, timestamp.tzinfo is None
    )


class CursorColumn:
    """Reads the values of one cursor column and counts what was odd about them.

    Numbers count in one unit throughout, or are all dates written as digits: what most numbers of the first snapshot
    with any are by their looks; of several with equally many, the first met. Where the form of times is named, it alone
    counts.
    """

    def __init__(self, account: ReadLog, form: str = "") -> None:
        """Count into an account, which also holds the unit once it is decided."""
        self._account = account
        self._form = form

    def settle(self, values: Iterable[object]) -> None:
        """Decide the unit of numbers from the values of one snapshot, unless it is decided or they hold none."""
        if self._account.cursor_unit or self._form:
            return
        votes = Counter(reading_of(number) for value in values if (number := number_of(value)) is not None)
        if votes:
            self._account.cursor_unit = votes.most_common(1)[0][0]

    def read(self, value: object) -> int | None:
        """Return the position of a value in microseconds since 1970-01-01 UTC, None for null and for nonsense."""
        if value is None or (isinstance(value, str) and not value.strip()):
            self._account.null_cursors += 1
            return None
        moment = self._moment(value)
        if moment is None:
            self._account.unparsable_cursors += 1
            example, examples = (repr if isinstance(value, str) else str)(value)[:80], self._account.cursor_examples
            if len(examples) < EXAMPLES_KEPT and example not in examples:
                examples.append(example)
            return None
        self._account.naive_timestamps += moment.naive
        self._account.finer_timestamps += moment.finer
        self._account.cursors_read += 1
        latest = self._account.latest_cursor
        self._account.latest_cursor = moment.at if latest is None or moment.at > latest else latest
        return moment.at

    def _moment(self, value: object) -> Moment | None:
        if self._form:
            return _moment_in_form(value, self._form)
        number = number_of(value)
        if number is None:
            return timestamp_of_text(value.strip()) if isinstance(value, str) else None
        if self._account.cursor_unit == CALENDAR:
            return moment_of_digits(number)
        self._account.odd_magnitudes += reading_of(number) != self._account.cursor_unit
        return timestamp_of_number(number, self._account.cursor_unit)


def _moment_in_form(value: object, form: str) -> Moment | None:
    timestamp = read_format(value, form)
    if timestamp is None:
        return None
    at = (timestamp.replace(tzinfo=timestamp.tzinfo or UTC) - _EPOCH) // _MICROSECOND
    return Moment(at, timestamp.tzinfo is None) if _FIRST <= at <= _LAST else None
