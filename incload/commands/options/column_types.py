"""The types of columns in one option: `amount=DECIMAL(18,2),code=VARCHAR`."""

from __future__ import annotations

import re

from incload.errors import Refused

_TYPE = re.compile(r'\s*(?:"((?:[^"]|"")*)"|([^,="]+?))\s*=\s*((?:\([^()]*\)|[^,()])+?)\s*(?:,|$)')
"""A column, in double quotes where its name holds a comma or an equals sign, and its type."""


def named_types(text: str) -> dict[str, str]:
    """Return the types that an option names, by column; raise `Refused` for a text of another form."""
    types: dict[str, str] = {}
    place = 0
    while place < len(text) or not types:
        found = _TYPE.match(text, place)
        name = "" if found is None else found[2] if found[1] is None else found[1].replace('""', '"')
        if found is None or name in types:
            why = f"names column {name!r} twice" if name else "is not of the form column=TYPE,column=TYPE"
            raise Refused(f"--types {text!r} {why}: write it as in amount=DECIMAL(18,2),code=VARCHAR.")
        types[name] = found[3]
        place = found.end()
    return types
