"""What a person writes, read as a value of a state.

A value has to be written as the source, or `incload state show`, writes it: the form of what is remembered now is the
only one, and nothing is guessed.
"""

from __future__ import annotations

import math
from contextlib import suppress
from typing import TYPE_CHECKING

from incload.cursor import IsoText, MixedText, Scale, Timestamps, shape_of
from incload.errors import Refused
from incload.exact_numbers import ExactNumbers
from incload.ordered_ids import OrderedIds

if TYPE_CHECKING:
    from incload.loading.state.entry import Entry
    from incload.strategy import Position
    from incload.strategy.answers import KeyValue

_LARGEST = 2**63
"""No engine's integer column holds a number of this size."""
_LARGEST_EXACT = 10**38
"""No engine compares exact numbers of more digits."""


def watermark_of(text: str | None, before: Entry) -> Position | None:
    """Return the watermark that a text means, for the strategy of an entry; None where it keeps none."""
    if before.scale is None or before.state.watermark is None:
        if text is not None:
            raise Refused(f"strategy {before.strategy!r} keeps no watermark: leave out --watermark.")
        return None
    if text is None:
        raise Refused(f"strategy {before.strategy!r} remembers a watermark: name one with --watermark.")
    with suppress(Refused, ValueError):
        return _position(text, before.scale)
    raise Refused(
        f"--watermark {text!r} is not of the form of the cursor column {before.tags['cursor']!r}: "
        f"write it as in {before.shown}."
    )


def _position(text: str, scale: Scale) -> Position:
    """Return the position of a value as a reader of the source writes it; raise `Refused` or ValueError for others."""
    shape = shape_of(text)
    match scale:
        case IsoText() | OrderedIds():
            return scale.position(text)
        case ExactNumbers():
            return _storable(scale.position(text), _LARGEST_EXACT)
        case MixedText():
            if shape is None or shape.zoned is not scale.zoned:
                raise ValueError(text)
            return scale.position(text)
        case Timestamps():
            if shape is None:
                raise ValueError(text)
            return int(shape.position(text)) * (scale.per_second or 1) // (shape.per_second or 1)
    return _number(text)


def _number(text: str) -> Position:
    return _storable(int(text) if text.lstrip("+-").isdecimal() else float(text))


def _storable(number: Position, limit: int = _LARGEST) -> Position:
    """Refuse a number that no column holds or that has no place in an order."""
    if not math.isfinite(number) or abs(number) >= limit:
        raise ValueError(number)
    return number


def key_of(text: str | None, before: Entry) -> KeyValue | None:
    """Return the key that a text means, its values separated by commas; None where the strategy keeps none."""
    known = before.state.key
    if known is None:
        if text is not None:
            raise Refused(f"strategy {before.strategy!r} keeps no key: leave out --key.")
        return None
    if text is None:
        raise Refused(f"strategy {before.strategy!r} remembers the key of its last row as well: name one with --key.")
    parts = text.split(",") if len(known) > 1 else [text]
    with suppress(ValueError):
        return tuple(_like(part, value) for part, value in zip(parts, known, strict=True))
    raise Refused(
        f"--key {text!r} is not of the form of the key {', '.join(before.key_columns)}: "
        f"write it as in {before.shown_key}."
    )


def _like(text: str, known: object) -> object:
    """Read a text as a value of the same type as a known one."""
    match known:
        case int():
            return _storable(int(text))
        case float():
            return _storable(float(text))
        case bytes():
            return bytes.fromhex(text)
    return text
