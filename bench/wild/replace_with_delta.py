"""Reads what is new, and writes it in place of the table.

The write mode of a full load with the read mode of an incremental one: after the second sync nothing is left but the
news.
Seen in https://github.com/ardent-data/weevr/issues/184
and https://github.com/ardent-data/weevr/issues/193.
"""

from __future__ import annotations

from typing import Any

from ._kit import run

CAUSES = ("C47",)
NEEDS = ""
"""None: it is wrong whatever the source does."""


def sync(request: Any) -> int:
    """Empty the target and write what is above the watermark."""
    with run(request) as own:
        read = own.since(own.state.get("last"))
        with own.transaction():
            own.delete("1 = 1")
            own.write(read)
        own.save(last=own.newest(read, own.state.get("last")))
        return own.read_rows
