"""A TOML document as Python's parser reads it, and the line of what that parser, or its reader, cannot hold."""

from __future__ import annotations

import re
import tomllib
from bisect import bisect_left
from typing import Any

_PLACE = re.compile(r" \(at line (?P<line>\d+), column (?P<column>\d+)\)$")
"""How the parser ends what it says; at the end of a document it names no line."""
_DEEPEST = 50
"""How many tables and lists may stand inside each other; no option of a load has more than two."""


class Unreadable(Exception):  # noqa: N818 - it is caught where the file's name is known
    """Valid TOML that cannot be read; the text is the line, and what is wrong with it."""


def place_of(error: tomllib.TOMLDecodeError, text: str) -> tuple[int, str]:
    """Return on which line a document is no TOML, and what is wrong there."""
    found = _PLACE.search(str(error))
    if found:
        return int(found["line"]), f"{str(error)[: found.start()]} (column {found['column']})"
    return len(text.rstrip("\n").split("\n")), str(error)


def parsed(text: str) -> dict[str, Any]:
    """Return what a document says.

    Raises:
        tomllib.TOMLDecodeError: For what is no TOML.
        Unreadable: For a value that is nested too deeply, and a number of too many digits.
    """
    try:
        return _parsed(text)
    except RecursionError:
        raise Unreadable(f"{_line(text, RecursionError)}: a value is nested too deeply: write it flat.") from None
    except tomllib.TOMLDecodeError:
        raise
    except ValueError:  # of Python's bound on the digits of a number
        raise Unreadable(f"{_line(text, ValueError)}: a number has too many digits: write a shorter one.") from None


def _parsed(text: str) -> dict[str, Any]:
    document = tomllib.loads(text)
    level: list[Any] = [document]
    for _ in range(_DEEPEST):
        level = [inner for each in level for inner in (each.values() if isinstance(each, dict) else each)]
        level = [each for each in level if isinstance(each, dict | list)]
    if level:
        raise RecursionError
    return document


def _line(text: str, fault: type[Exception]) -> int:
    """Return the first line with which the lines before it fail in this way; without it they are valid, or cut off."""
    lines = text.split("\n")
    return bisect_left(range(1, len(lines)), True, key=lambda number: _fails(lines[:number], fault)) + 1  # noqa: FBT003


def _fails(lines: list[str], fault: type[Exception]) -> bool:
    try:
        _parsed("\n".join(lines))
    except tomllib.TOMLDecodeError:
        return False
    except (RecursionError, ValueError) as error:
        return isinstance(error, fault)
    return False
