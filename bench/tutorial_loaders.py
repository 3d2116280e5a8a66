"""The loaders that tutorials teach, row at a time: what a user of incload would otherwise have written.

They are correct in their own terms and written as one finds them: one connection for each database, a loop, one
statement for each row. They are measured beside the strategies, never used.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

_CREATE = (
    "CREATE TABLE IF NOT EXISTS orders_narrow"
    " (id INTEGER PRIMARY KEY, customer TEXT, status TEXT, amount_cents INTEGER, modified_at INTEGER)"
)
_UPSERT = "INSERT OR REPLACE INTO orders_narrow VALUES (?, ?, ?, ?, ?)"
_SELECT = "SELECT id, customer, status, amount_cents, modified_at FROM orders_narrow"


def watermark(source: Path, target: Path) -> int:
    """Read all rows, sort them in Python, and upsert those newer than the watermark one by one."""
    with closing(sqlite3.connect(source)) as old, closing(sqlite3.connect(target)) as new:
        new.execute(_CREATE)
        new.execute("CREATE TABLE IF NOT EXISTS state (watermark INTEGER)")
        (mark,) = new.execute("SELECT max(watermark) FROM state").fetchone()
        rows = sorted(old.execute(_SELECT).fetchall(), key=lambda row: row[4])
        fresh = [row for row in rows if mark is None or row[4] > mark]
        for row in fresh:
            new.execute(_UPSERT, row)
        if fresh:
            new.execute("INSERT INTO state VALUES (?)", (fresh[-1][4],))
        new.commit()
        return len(fresh)


def row_hash(source: Path, target: Path) -> int:
    """Hash the JSON of each row, look up the hash kept for its id, and upsert what differs one by one."""
    written = 0
    with closing(sqlite3.connect(source)) as old, closing(sqlite3.connect(target)) as new:
        new.execute(_CREATE)
        new.execute("CREATE TABLE IF NOT EXISTS hashes (id INTEGER PRIMARY KEY, hash TEXT)")
        for row in old.execute(_SELECT):
            digest = hashlib.sha256(json.dumps(row).encode()).hexdigest()
            known = new.execute("SELECT hash FROM hashes WHERE id = ?", (row[0],)).fetchone()
            if known is None or known[0] != digest:
                new.execute(_UPSERT, row)
                new.execute("INSERT OR REPLACE INTO hashes VALUES (?, ?)", (row[0], digest))
                written += 1
        new.commit()
    return written
