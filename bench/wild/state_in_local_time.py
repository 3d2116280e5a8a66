"""Keeps the watermark as text in the session's zone, and reads it as UTC.

East of Greenwich the watermark is hours ahead after each sync, and nothing is new until then; west of it, hours are
read again.
Seen in https://github.com/airbytehq/airbyte/issues/83800
and https://github.com/datazip-inc/olake/issues/867.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from ._kit import BY_CURSOR, run

CAUSES = ("C09",)
NEEDS = f"{BY_CURSOR} UNIQUE_CURSOR UTC_SESSION"


EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def sync(request: Any) -> int:
    """Upsert what is above the text of the watermark."""
    with run(request) as own:
        text = own.state.get("last")
        state = None if text is None else (datetime.fromisoformat(text + "Z") - EPOCH) // timedelta(microseconds=1)
        read = own.since(state)
        own.write(read)
        newest = own.newest(read)
        if newest is not None:
            local = (EPOCH + timedelta(microseconds=newest)).astimezone(request.now.tzinfo)
            own.save(last=local.replace(tzinfo=None).isoformat(timespec="microseconds"))
        return own.read_rows
