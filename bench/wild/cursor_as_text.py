"""Compares cursor values as text, and the text leaves out the leading zero of the hour.

As text, 9:59 comes after 10:00, as 9 comes after 10; from ten o'clock on nothing is new.
Seen in https://github.com/drt-hub/drt/issues/44
and https://github.com/twentyhq/twenty/issues/24551.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from ._kit import BY_CURSOR, run

CAUSES = ("C11",)
NEEDS = f"{BY_CURSOR} UNIQUE_CURSOR TEXT_IN_ORDER"


EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def as_text(cursor: int | None) -> str | None:
    """Write a time as some drivers and most logs do."""
    if cursor is None:
        return None
    time = EPOCH + timedelta(microseconds=cursor)
    return f"{time:%Y-%m-%d} {time.hour}:{time:%M:%S.%f}"


def sync(request: Any) -> int:
    """Upsert what comes after the state as text."""
    with run(request) as own:
        state = own.state.get("last", "")
        read = [row for row in own.rows() if not state or (as_text(own.value(row, own.cursor)) or "") > state]
        own.write(read)
        own.save(last=max([state, *(as_text(own.value(row, own.cursor)) or "" for row in read)]))
        return own.read_rows
