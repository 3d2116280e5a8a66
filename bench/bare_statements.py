"""The floor: the one statement of SQLite that copies a change, alone, under settings that bear on it.

No load of one file into another can take less. It is measured with the strategies, never used.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

_COLUMNS = "id, customer, status, amount_cents, modified_at"
_CREATE = (
    "CREATE TABLE IF NOT EXISTS main.orders_narrow"
    " (id INTEGER PRIMARY KEY, customer TEXT, status TEXT, amount_cents INTEGER, modified_at INTEGER)"
)
_MERGE = "ON CONFLICT (id) DO UPDATE SET " + ", ".join(f"{name} = excluded.{name}" for name in _COLUMNS.split(", ")[1:])


@dataclass(frozen=True, slots=True)
class Setting:
    """How SQLite writes.

    Attributes:
        id: For the report.
        page_bytes: The size of a page of a new target.
        cache_kib: How much of the target may stay in memory.
        journal: Its journal mode; only `OFF` does not survive that the process dies.
        synchronous: Whether it waits for the disk; with `OFF` a power cut may destroy the target.
    """

    id: str
    page_bytes: int = 16_384
    cache_kib: int = 16_384
    journal: str = "DELETE"
    synchronous: str = "FULL"

    def load(self, source: Path, target: Path) -> int:
        """Copy what is newer than the watermark in one statement; return how many rows that were."""
        with closing(sqlite3.connect(target, isolation_level=None)) as both:
            both.execute(f"PRAGMA page_size = {self.page_bytes}")
            both.execute(f"PRAGMA cache_size = -{self.cache_kib}")
            both.execute(f"PRAGMA synchronous = {self.synchronous}")
            both.execute(f"PRAGMA journal_mode = {self.journal}")
            both.execute("ATTACH ? AS source", (str(source),))
            both.execute("BEGIN IMMEDIATE")
            both.execute(_CREATE)
            both.execute("CREATE TABLE IF NOT EXISTS main.state (watermark INTEGER)")
            (mark,) = both.execute("SELECT max(watermark) FROM main.state").fetchone()
            since = "WHERE true" if mark is None else f"WHERE modified_at > {int(mark)}"
            read = f"SELECT {_COLUMNS} FROM source.orders_narrow {since}"  # noqa: S608 - our own names and a number
            written = both.execute(f"INSERT INTO main.orders_narrow {read} {'' if mark is None else _MERGE}").rowcount
            if written:
                both.execute("INSERT INTO main.state SELECT max(modified_at) FROM source.orders_narrow")
            both.execute("COMMIT")
            return written


BARE = Setting("bare_statement")
"""As the load of this project sets SQLite."""
SETTINGS = (
    BARE,
    *(Setting(f"pages_of_{kib}_kib", kib * 1024) for kib in (1, 2, 4, 8, 32, 64)),
    Setting("cache_of_128_mib", cache_kib=131_072),
    Setting("write_ahead_log", journal="WAL"),
    Setting("not_waiting_for_the_disk", synchronous="OFF"),
    Setting("no_journal", journal="OFF"),
    Setting("neither", journal="OFF", synchronous="OFF"),
)
"""What is tried with the statement, one thing at a time."""
