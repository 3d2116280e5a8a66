"""Changes the cursor column from the timestamp to the id, and keeps the state file.

The state holds a timestamp, every id is below it, and from then on no row is new.
Seen in https://github.com/PostHog/posthog/issues/97524
and https://github.com/logstash-plugins/logstash-input-jdbc/issues/119.
"""

from __future__ import annotations

from typing import Any

from ._kit import run

CAUSES = ("C12",)
NEEDS = ""
"""None: it is wrong whatever the source does."""


CHANGED = 3
"""The sync from which on the configuration names another cursor."""


def sync(request: Any) -> int:
    """Upsert what is above the state, whatever it was a state of."""
    with run(request) as own:
        cursor, shown = (own.cursor, own.at) if request.number < CHANGED else (own.key, own.key)
        read = own.rows(f"WHERE {shown} > ?", own.state.get("last", 0))
        own.write(read)
        own.save(last=max([own.state.get("last", 0), *(own.value(row, cursor) or 0 for row in read)]))
        return own.read_rows
