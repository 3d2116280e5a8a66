"""Uses a counter of 64 bits as if it had 32, as casts of xmin do.

When the counter passes 2 to the power of 32, what is new is small again, and lies below the state.
Seen in https://github.com/PostHog/posthog/issues/85687
and https://github.com/airbytehq/airbyte/issues/5022.
"""

from __future__ import annotations

from typing import Any

from ._kit import run

CAUSES = ("C16",)
NEEDS = "INSERT_ONLY NO_HARD_DELETES KEYS_IN_COMMIT_ORDER KEYS_IN_32_BITS FIXED_SCHEMA COMPLETE_READ"


BITS = (1 << 32) - 1


def sync(request: Any) -> int:
    """Read what is above the state in the low bits of the counter."""
    with run(request) as own:
        state = own.state.get("last", -1)
        read = own.rows(f"WHERE ({own.key} & {BITS}) > ?", state) if state >= 0 else own.rows()
        own.write(read)
        own.save(last=max([state, *(own.value(row, own.key) & BITS for row in read)]))
        return own.read_rows
