"""Loads two shards into one table by the ids that each shard gave.

Each shard counts for itself, so that rows of two shards meet under one key.
No public thread about a batch loader is known; it is reasoned.
"""

from __future__ import annotations

from typing import Any

from ._kit import run

CAUSES = ("X11",)
NEEDS = ""
"""None: it is wrong whatever the source does."""


def sync(request: Any) -> int:
    """Upsert the rows of both shards, the even and the odd ones, under the number that each has in its own shard."""
    with run(request) as own:
        place, rows = own.names.index(own.key), own.rows(f"ORDER BY {own.key}")
        for shard in (rows[::2], rows[1::2]):
            local = [rows[number][place] for number in range(len(shard))]
            own.write((*row[:place], key, *row[place + 1 :]) for row, key in zip(shard, local, strict=True))
        return own.read_rows
