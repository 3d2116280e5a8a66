"""Lists the keys after it has read the rows, and deletes what left the list before it inserts.

A row that is read, and deleted before the keys are listed, was in no list: it is not missed, and then inserted.
Seen in https://github.com/microsoft/Dynamics-365-FastTrack-Implementation-Assets/issues/118.
"""

from __future__ import annotations

from typing import Any

from ._kit import run

CAUSES = ("C32",)
NEEDS = (
    "LAG_WITHIN CURSOR_MOVES_ON_UPDATE CURSOR_PRESENT CURSOR_NOT_IN_FUTURE UNIQUE_CURSOR FIXED_SCHEMA COMPLETE_READ"
    " NO_DELETE_DURING_SYNC"
)


def sync(request: Any) -> int:
    """Read rows, list keys, delete, insert."""
    with run(request) as own:
        read = own.since(own.state.get("last"))
        own.between()
        keys = [key for (key,) in own.source.execute(f"SELECT {own.key} FROM {own.table}").fetchall()]
        with own.transaction():
            for key in set(own.state.get("keys", [])).difference(keys):
                own.delete(f"{own.key} = ?", key)
            own.write(read)
        own.save(last=own.newest(read, own.state.get("last")), keys=keys)
        return own.read_rows
