"""The names of columns on the command line: several in one option, any name among them."""

from __future__ import annotations

import re

from incload.errors import Refused

_NAME = re.compile(r'\s*(?:"((?:[^"]|"")*)"|([^,]*?))\s*(?:,|$)')
"""One name and the comma behind it: in double quotes, or without a comma and without outer spaces."""


def named(option: str, text: str, noun: str = "column") -> tuple[str, ...]:
    """Return the columns, or what else `noun` is, that an option names, separated by commas.

    As in CSV, a name that holds a comma or begins or ends with a space stands in double quotes, and a double quote in
    such a name twice. Raises `Refused` for an empty name.
    """
    names: list[str] = []
    place = 0
    while place <= len(text):
        found = _NAME.match(text, place)
        assert found is not None  # noqa: S101 - the second form takes anything up to a comma
        names.append(found[2] if found[1] is None else found[1].replace('""', '"'))
        place = found.end() + (0 if found[0].endswith(",") else 1)
    if not all(names):
        raise Refused(f"{option} {text!r} names an empty {noun}: give names of {noun}s, separated by commas.")
    return tuple(names)
