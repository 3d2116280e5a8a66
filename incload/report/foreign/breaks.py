"""What a scenario breaks, as the CSV holds it: names of assumptions, each with its size in microseconds if it has one.

`INSERT_ONLY LAG_WITHIN=540000000`; a scenario that breaks nothing is `nothing`, because an empty cell says nothing.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from incload.assumptions import Assumption
from incload.errors import Refused

if TYPE_CHECKING:
    from collections.abc import Mapping

NOTHING = "nothing"
"""What stands for a scenario that breaks no assumption."""

_MICROSECOND = timedelta(microseconds=1)


def breaks_text(breaks: Mapping[Assumption, timedelta | None]) -> str:
    """Return what is broken as a text, in the order of the names."""
    parts = [
        each.name if size is None else f"{each.name}={size // _MICROSECOND}"
        for each, size in sorted(breaks.items(), key=lambda item: item[0].name)
    ]
    return " ".join(parts) or NOTHING


def parsed_breaks(text: str) -> dict[Assumption, timedelta | None]:
    """Return what a text says is broken; refuse one that names no assumption, or a size that is no number."""
    found: dict[Assumption, timedelta | None] = {}
    for part in text.split() if text != NOTHING else ():
        name, equals, size = part.partition("=")
        if name not in Assumption.__members__ or (equals and not size.isdecimal()):
            raise Refused(
                f"column breaks of the report holds {part!r}, which is no assumption: run the benchmark again."
            )
        found[Assumption[name]] = timedelta(microseconds=int(size)) if equals else None
    return found
