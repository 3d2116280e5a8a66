"""What a cursor value means: the two-way road between the values of a cursor column and positions.

A position is a number that orders exactly as the value does. For a cursor that holds time it counts ticks since
1970-01-01 UTC; for a plain number it is the number. Strategies compute with positions only, so that a window of ten
minutes means ten minutes whatever the column's type; engines compare with the column's own values, so that an index on
it serves. A text cursor has to have one ISO shape throughout: then, and only then, text order is time order. Timestamps
without a zone are counted as if they were UTC.
"""

from __future__ import annotations

import math
import re
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING

from incload.errors import Refused
from incload.records import record

if TYPE_CHECKING:
    from collections.abc import Iterable

    from incload.strategy import Position

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_FIRST = (datetime.min.replace(tzinfo=UTC) - _EPOCH) // timedelta(seconds=1)
_LAST = (datetime.max.replace(tzinfo=UTC) - _EPOCH) // timedelta(seconds=1)
_ZONE = r"Z|[+-](?:0\d|1[0-5])(?::?[0-5]\d)?"
"""How a timestamp says its zone; no engine knows a clock that is sixteen hours away."""
_ISO = re.compile(
    r"(?P<date>\d{4}-\d\d-\d\d)(?:(?P<separator>[T ])(?P<time>\d\d:\d\d(?P<seconds>:\d\d)?)"
    r"(?:(?<=\d\d:\d\d:\d\d)\.(?P<fraction>\d{1,9}))?(?P<zone>" + _ZONE + r")?)?",
    re.ASCII,
)
ZONE_AT_END = ":[0-9.]+(Z|[+-][0-9]{2}:[0-9]{2}|[+-][0-9]{2,4})$"
"""The regular expression, for databases, whose group is the zone of a timestamp that has a time: a day ends alike."""
_TIME, _ONE_SHAPE, _SHAPES = "time", "text like", "texts of several shapes"
ENDLESS = 2**63 - 1
"""The position that engines give to a time without end, with a minus to one without beginning; no other time has it."""
UNITS = {"s": 1, "ms": 1_000, "us": 1_000_000, "ns": 1_000_000_000}
"""Ticks per second of the units in which an integer cursor may count time since 1970-01-01 UTC."""


@record
class Scale:
    """A cursor column whose stored values are themselves positions.

    Attributes:
        per_second: Ticks in a second, or None when the values are numbers without a time.
    """

    per_second: int | None

    @property
    def tag(self) -> str:
        """A short text kept with a state; positions under different tags must not be compared."""
        return "number" if self.per_second is None else f"{self.per_second}/s"

    def position(self, value: object) -> Position:
        """Return the position of a stored value; raise `Refused` for a value that has none."""
        if isinstance(value, int | float) and not isinstance(value, bool):
            if math.isfinite(value):
                return value
            raise no_place(str(value))
        raise Refused(f"the cursor column holds {value!r} among numbers: its values must be of one type.")

    def stored(self, position: Position) -> object:
        """Return the value as the column stores it."""
        return position

    def shown(self, position: Position | None) -> object:
        """Return the value as a reader of the source would write it; None for None."""
        return None if position is None else self.stored(position)

    def ticks(self, span: timedelta) -> int:
        """Return a span of time in ticks, rounded up; refuse a cursor that does not hold time."""
        if self.per_second is None:
            raise Refused(
                "a window of time needs a cursor that holds time, and this one holds plain numbers: "
                "say what they count with --cursor-unit s, ms, us or ns."
            )
        microseconds = span // timedelta(microseconds=1)
        return -(-microseconds * self.per_second // 1_000_000)


@record
class Timestamps(Scale):
    """A column of a database's own timestamp type; its positions are ticks, and the reader sees ISO text."""

    @property
    def tag(self) -> str:
        """The type and its ticks: an integer column of the same ticks is another thing."""
        return f"{_TIME} {self.per_second}/s"

    def position(self, value: object) -> Position:
        """Return the ticks; refuse a time without end, behind which no later row would be found."""
        if isinstance(value, int) and abs(value) == ENDLESS:
            raise no_place(f"{'-' if value < 0 else ''}infinity")
        return Scale.position(self, value)

    def shown(self, position: Position | None) -> object:
        """Return the point in time as ISO text."""
        if position is None:
            return None
        seconds, ticks = divmod(int(position), self.per_second or 1)
        digits = len(str(self.per_second)) - 1
        return f"{_written(seconds, '%Y-%m-%dT%H:%M:%S')}.{ticks:0{digits}d}".rstrip(".")


@record
class IsoText(Scale):
    """A text column in which every timestamp has one ISO shape, so that comparing the texts compares the times.

    Attributes:
        pattern: The shape, a `strftime` format with `{fraction}` where the fraction stands.
        digits: How many digits the fraction has.
    """

    pattern: str
    digits: int

    @property
    def zone(self) -> str:
        """The zone as every timestamp writes it (`Z`, `+05:30`, `+00`), or empty for timestamps without one."""
        match = re.search(f"(?:{_ZONE})$", self.pattern)
        return match[0] if match else ""

    @property
    def zoned(self) -> bool:
        """Whether timestamps say their zone."""
        return bool(self.zone)

    @property
    def tag(self) -> str:
        """A timestamp of this shape: one of another shape must not be compared with it."""
        return f"{_ONE_SHAPE} {self.stored(0)}"

    def position(self, value: object) -> Position:
        """Return the ticks of a timestamp; refuse one of another shape."""
        if not isinstance(value, str) or shape_of(value) != self:
            raise Refused(
                f"the cursor column holds {value!r} among timestamps such as {self.stored(0)!r}: "
                "text timestamps are only ordered when all have one shape; write them in one shape."
            )
        match = _ISO.fullmatch(value)
        assert match is not None  # noqa: S101 - shape_of has matched the same text
        return _ticks(match, self.per_second or 1)

    def stored(self, position: Position) -> object:
        """Return the timestamp in the column's own shape; beyond the calendar, its first or last timestamp."""
        seconds, ticks = divmod(int(position) + _offset_ticks(self.zone, self.per_second or 1), self.per_second or 1)
        digits = len(str(self.per_second)) - 1
        fraction = f"{ticks:0{digits}d}"[: self.digits] if digits else ""
        return _written(seconds, self.pattern.replace("{fraction}", fraction))


@record
class MixedText(Scale):
    """A text column of ISO timestamps in several shapes, compared through what they mean, in microseconds.

    Only a source that can turn each text into its position serves this scale; see the engines.

    Attributes:
        zoned: Whether all timestamps say their zone; otherwise none does.
    """

    zoned: bool

    @property
    def tag(self) -> str:
        """Positions of this scale are those of the texts' meaning."""
        return f"{_SHAPES} {'with' if self.zoned else 'without'} a zone"

    def position(self, value: object) -> Position:
        """Return a position that the engine has worked out, or that of one text."""
        if isinstance(value, str):
            match = _ISO.fullmatch(value)
            if match is None:
                raise Refused(f"the cursor column holds {value!r}, which is no ISO timestamp.")
            return _ticks(match, self.per_second or 1)
        return Scale.position(self, value)

    def shown(self, position: Position | None) -> object:
        """Return the point in time as ISO text, in UTC when the timestamps say their zone."""
        return None if position is None else f"{Timestamps(self.per_second).shown(position)}{'Z' if self.zoned else ''}"


def shape_of(text: str) -> IsoText | None:
    """Return the ISO shape of a timestamp, or None when it has none that incload knows."""
    match = _ISO.fullmatch(text)
    if match is None:
        return None
    if match["separator"] is None:
        return IsoText(1, "%Y-%m-%d", 0)
    digits = len(match["fraction"] or "")
    pattern = f"%Y-%m-%d{match['separator']}%H:%M" + (":%S" if match["seconds"] else "")
    pattern += (".{fraction}" if digits else "") + (match["zone"] or "")
    return IsoText(UNITS["us"] if digits <= 6 else UNITS["ns"], pattern, digits) if digits else IsoText(1, pattern, 0)


def scale_of_texts(texts: Iterable[str], column: str) -> Scale:
    """Return the scale of a text cursor from a sample of its distinct shapes (one text for each shape).

    One shape is compared as text. Several are compared through their meaning, if that is certain: all with a zone or
    all without, and none finer than a microsecond. Anything else is refused.
    """
    shapes: dict[IsoText, str] = {}
    for text in texts:
        shape = shape_of(text)
        if shape is None:
            raise Refused(
                f"cursor column {column!r} holds {text!r}, which is no ISO timestamp: "
                "incload will not guess the order of such texts; name a cursor of timestamps or numbers."
            )
        shapes.setdefault(shape, text)
    if len(shapes) == 1:
        return next(iter(shapes))
    zoned = {shape.zoned for shape in shapes}
    examples = " and ".join(repr(text) for text in list(shapes.values())[:2])
    if len(zoned) > 1:
        raise Refused(
            f"cursor column {column!r} mixes timestamps with and without a zone ({examples}): "
            "their order cannot be known; write all with a zone or all without."
        )
    if any(shape.digits > 6 for shape in shapes):
        raise Refused(
            f"cursor column {column!r} mixes shapes finer than a microsecond ({examples}): write them all in one shape."
        )
    return MixedText(UNITS["us"], zoned.pop())


def plain_scale_of_tag(tag: str) -> Scale | None:
    """Return the scale that a tag names, or None when it names none; `ordered_ids` knows those of ids as well."""
    if tag.startswith(_ONE_SHAPE):
        return shape_of(tag.removeprefix(_ONE_SHAPE).strip())
    if tag.startswith(_SHAPES):
        return MixedText(UNITS["us"], "without" not in tag)
    match = re.fullmatch(rf"({_TIME} )?(\d+)/s", tag)
    if match:
        return (Timestamps if match[1] else Scale)(int(match[2]))
    return Scale(None) if tag == "number" else None


def carried(position: Position, before: Scale, now: Scale) -> Position | None:
    """Return a remembered position in the scale of today's values, or None where the two cannot be compared.

    A column of texts may change its shapes from one load to the next; the times that they mean stay comparable as long
    as either all say their zone or none does. A plain number is its own position, whatever it is said to count. Where
    the new scale is coarser the position is rounded down, so that nothing is passed over.
    """
    if before == now or type(before) is type(now) is Scale:
        return position
    texts = (IsoText, MixedText)
    if isinstance(before, texts) and isinstance(now, texts) and before.zoned == now.zoned:
        return int(position) * (now.per_second or 1) // (before.per_second or 1)
    return None


def no_place(value: str) -> Refused:
    """Return the refusal of a cursor value behind which no later one would be found."""
    remedy = "a time" if value.endswith("infinity") else "a number"
    return Refused(f"the cursor column holds {value.lower()}, which has no place in an order: write {remedy} or null.")


@lru_cache(maxsize=256)
def _written(seconds: int, pattern: str) -> str:
    """Write a point in time; `strftime` would not fill up a year before 1000."""
    moment = _EPOCH + timedelta(seconds=min(max(seconds, _FIRST), _LAST))
    return f"{moment:{pattern.replace('%Y', f'{moment.year:04d}')}}"


def _offset_ticks(zone: str, per_second: int) -> int:
    """Return how far the clock of a zone is ahead of UTC."""
    if zone in {"", "Z"}:
        return 0
    minutes = int(zone[1:3]) * 60 + int(zone[3:].lstrip(":") or "0")
    return (minutes if zone[0] == "+" else -minutes) * 60 * per_second


def _ticks(match: re.Match[str], per_second: int) -> int:
    """Return the ticks since the epoch of a matched timestamp; refuse a timestamp that names no real time."""
    text = f"{match['date']} {match['time'] or '00:00'}" + ("" if match["seconds"] else ":00")
    try:
        # By its digits: strptime costs a process more to import than a whole sync of few rows takes.
        month, day, hour, minute, second = (int(text[at : at + 2]) for at in (5, 8, 11, 14, 17))
        moment = datetime(int(text[:4]), month, day, hour, minute, second, tzinfo=UTC)
    except ValueError:
        raise Refused(f"the cursor column holds {match[0]!r}, which names no real time.") from None
    whole = (moment - _EPOCH) // timedelta(seconds=1) * per_second
    digits = len(str(per_second)) - 1
    fraction = int((match["fraction"] or "").ljust(digits, "0")[:digits] or "0")
    return whole + fraction - _offset_ticks(match["zone"] or "", per_second)
