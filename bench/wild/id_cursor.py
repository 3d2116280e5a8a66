"""Reads the ids above the largest that it has seen.

Ids are given out before their transactions commit; one that commits late lies below the state.
Seen in https://github.com/confluentinc/kafka-connect-jdbc/issues/908
and https://github.com/confluentinc/kafka-connect-jdbc/issues/1015.
"""

from __future__ import annotations

from typing import Any

from ._kit import run

CAUSES = ("C18",)
NEEDS = "INSERT_ONLY NO_HARD_DELETES KEYS_IN_COMMIT_ORDER FIXED_SCHEMA COMPLETE_READ"


def sync(request: Any) -> int:
    """Append the ids above the state."""
    with run(request) as own:
        state = own.state.get("last", -1)
        read = own.rows(f"WHERE {own.key} > ?", state)
        own.write(read)
        own.save(last=max([state, *(own.value(row, own.key) for row in read)]))
        return own.read_rows
