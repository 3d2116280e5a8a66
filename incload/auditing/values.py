"""Canonical texts as a reader knows the values: numbers, texts, times."""

from __future__ import annotations

import math
import struct

from incload.cursor import Timestamps
from incload.engines.digests.canonical import NULL


def shown(text: str, per_second: int = 1_000_000) -> object:
    """Return the value of a canonical text: an integer, a float, a text, or None; times as ISO text."""
    if text == NULL:
        return None
    tag, value = text[0], text[1:-1]
    match tag:
        case "i":
            return int(value)
        case "r":
            return _float(value)
        case "t":
            return value.partition(":")[2]
        case "m":
            return value if value.endswith("infinity") else Timestamps(per_second).shown(int(value))
    return value


def _float(bits: str) -> float | str:
    """Return a float; one that is not finite as its name, as JSON has no such numbers."""
    if bits == "nan":
        return "NaN"
    (number,) = struct.unpack(">d", struct.pack(">q", int(bits)))
    return float(number) if math.isfinite(number) else str(number)


def position(text: str) -> int | float | str | None:
    """Return where a cursor's value stands in its order; None for a null and a time without end."""
    if text == NULL or text.endswith("infinity;"):
        return None
    if text[0] == "m":
        return int(text[1:-1])
    found = shown(text)
    return found if isinstance(found, int | float | str) else None
