"""Spans of time on the command line: `90s`, `10m`, `1h`, `7d`, `2w`, or a plain `0`."""

from __future__ import annotations

import re
from datetime import timedelta

from incload.errors import Refused

_UNITS = {"s": 1, "m": 60, "min": 60, "h": 3_600, "d": 86_400, "w": 7 * 86_400}
_SPAN = re.compile(r"(\d+(?:\.\d+)?) ?(s|min|m|h|d|w)?", re.ASCII)


def duration(text: str, option: str) -> timedelta:
    """Return the span that a text says; refuse, in the name of an option, one that says none."""
    match = _SPAN.fullmatch(text.strip().lower())
    if match is None or (match[2] is None and float(match[1])):
        raise Refused(f"{option} {text!r} is no span of time: write a number and s, m, h, d or w, such as 90s or 1h.")
    try:
        return timedelta(seconds=float(match[1]) * _UNITS[match[2] or "s"])
    except OverflowError:
        raise Refused(f"{option} {text!r} is longer than any history: give a shorter one.") from None
