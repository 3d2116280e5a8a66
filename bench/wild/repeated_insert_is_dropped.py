"""Deletes an interval and inserts it again, where the engine drops an insert that it has seen before.

A rerun deletes the rows, sends the same block again, and the block is taken for a retry that has succeeded already.
Seen in https://github.com/bruin-data/bruin/issues/2396
and https://github.com/bruin-data/bruin/issues/2401.
"""

from __future__ import annotations

import hashlib
from typing import Any

from ._kit import BY_CURSOR, run

CAUSES = ("C48",)
NEEDS = f"{BY_CURSOR} UNIQUE_CURSOR RUN_COMPLETES ONE_WRITER"


def sync(request: Any) -> int:
    """Replace the rows above the watermark; the target remembers the blocks that it has taken."""
    with run(request) as own:
        own.target.execute("CREATE TABLE IF NOT EXISTS blocks (digest TEXT PRIMARY KEY)")
        read = own.since(own.state.get("last"))
        block = hashlib.sha256(repr(read).encode()).hexdigest()
        with own.transaction():
            for row in read:
                own.delete(f"{own.key} = ?", own.value(row, own.key))
            if not own.target.execute("SELECT 1 FROM blocks WHERE digest = ?", (block,)).fetchall():
                own.target.execute("INSERT INTO blocks VALUES (?)", (block,))
                own.write(read)
        own.between()
        own.save(last=own.newest(read, own.state.get("last")))
        return own.read_rows
