"""Copies the table, and then notes from where to follow its changes.

What commits between the copy and the note is in neither.
Seen in https://github.com/estuary/connectors/issues/53
and https://github.com/MaterializeInc/materialize/issues/14211.
"""

from __future__ import annotations

from typing import Any

from ._kit import BY_CURSOR, run

CAUSES = ("C36",)
NEEDS = f"{BY_CURSOR} UNIQUE_CURSOR ONE_SNAPSHOT"


def sync(request: Any) -> int:
    """Copy everything and note the position; from then on follow from there."""
    with run(request) as own:
        state = own.state.get("position")
        read = own.since(state)
        own.write(read)
        newest = own.newest(read, state)
        if own.is_first:
            own.between()
            newest = own.largest(own.source, own.at)
        own.save(position=newest)
        return own.read_rows
