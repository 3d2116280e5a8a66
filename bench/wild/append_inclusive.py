"""Appends what is at or above the watermark.

The row at the watermark comes again with every sync.
Seen in https://github.com/airbytehq/airbyte/issues/4309
and https://github.com/slingdata-io/sling-cli/issues/36.
"""

from __future__ import annotations

from typing import Any

from ._kit import INSERT, run

CAUSES = ("C03",)
NEEDS = ""
"""None: it is wrong whatever the source does."""


def sync(request: Any) -> int:
    """Append with an inclusive bound."""
    with run(request, keyed=False) as own:
        read = own.since(own.state.get("last"), ">=")
        own.write(read, INSERT)
        own.save(last=own.newest(read, own.state.get("last")))
        return own.read_rows
